package fault

import (
	"bytes"
	"compress/gzip"

	"semblance/simulator"
)

// gzipped compresses the body. By default the signature covers the compressed bytes, because the contract signs the exact
// bytes sent. With signsPlain it covers the original body, as if a proxy had compressed it later.
type gzipped struct {
	noFault
	signsPlain bool
}

func (f gzipped) beforeSigning(o *Outgoing) {
	if !f.signsPlain {
		o.Body = compress(o.Body)
	}
}

func (f gzipped) afterSigning(o *Outgoing) error {
	if f.signsPlain {
		o.Body = compress(o.Body)
	}
	o.Headers = append(o.Headers, simulator.Header{Name: "Content-Encoding", Value: "gzip"})
	return nil
}

// compress returns body as one gzip member without a name or a time, so that the result is always the same.
func compress(body []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(body) // writing to a buffer cannot fail
	_ = w.Close()
	return b.Bytes()
}
