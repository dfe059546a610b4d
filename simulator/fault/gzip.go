package fault

import (
	"semblance/simulator"
	"semblance/simulator/body"
)

// gzipped compresses the body. By default the signature covers the compressed bytes, because the contract signs the exact
// bytes sent. With signsPlain it covers the original body, as if a proxy had compressed it later.
type gzipped struct {
	noFault
	signsPlain bool
}

func (f gzipped) beforeSigning(o *Outgoing) {
	if !f.signsPlain {
		o.Body = body.Gzip(o.Body)
	}
}

func (f gzipped) afterSigning(o *Outgoing) error {
	if f.signsPlain {
		o.Body = body.Gzip(o.Body)
	}
	o.Headers = append(o.Headers, simulator.Header{Name: "Content-Encoding", Value: "gzip"})
	return nil
}
