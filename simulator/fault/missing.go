package fault

import (
	"slices"

	"semblance/simulator"
	"semblance/simulator/signature"
)

// missing leaves out the signature headers, as in a request from a stranger who knows the URL.
type missing struct {
	noFault
	header string
}

func (f missing) afterSigning(o *Outgoing) error {
	o.Headers = slices.DeleteFunc(o.Headers, func(h simulator.Header) bool {
		return h.Name == signature.HeaderName && f.header != "timestamp" ||
			h.Name == signature.TimestampName && f.header != "signature"
	})
	return nil
}
