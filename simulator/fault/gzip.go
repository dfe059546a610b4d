package fault

import (
	"bytes"
	"compress/gzip"

	"semblance/simulator"
)

// gzipped compresses the body. The contract signs the exact bytes sent, so by default the signature covers the
// compressed ones; signsPlain is the other reading, of a proxy that compresses what was signed.
type gzipped struct {
	harmless
	signsPlain bool
}

func (f gzipped) beforeSigning(d *Draft) {
	if !f.signsPlain {
		d.Body = compress(d.Body)
	}
}

func (f gzipped) afterSigning(d *Draft) error {
	if f.signsPlain {
		d.Body = compress(d.Body)
	}
	d.Headers = append(d.Headers, simulator.Header{Name: "Content-Encoding", Value: "gzip"})
	return nil
}

// compress writes body as one gzip member without a name or a time, so that the bytes are the same every time. A buffer
// takes everything: there is no error to handle.
func compress(body []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(body)
	_ = w.Close()
	return b.Bytes()
}
