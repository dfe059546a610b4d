package fault

import (
	"slices"

	"semblance/simulator"
	"semblance/simulator/signature"
)

// missing leaves out the signature's headers: what anybody sends who found the URL.
type missing struct {
	harmless
	header string
}

func (f missing) afterSigning(d *Draft) error {
	d.Headers = slices.DeleteFunc(d.Headers, func(h simulator.Header) bool {
		return h.Name == signature.HeaderName && f.header != "timestamp" ||
			h.Name == signature.TimestampName && f.header != "signature"
	})
	return nil
}
