package fault

import (
	"fmt"

	"semblance/simulator/signature"
)

// bodyOnly signs the body without the timestamp, which would allow a replay with a new time.
type bodyOnly struct{ noFault }

func (bodyOnly) afterSigning(o *Outgoing) error {
	value := fmt.Sprintf("t=%d", o.Time.Unix())
	for _, secret := range o.Secrets {
		value += ",v1=" + signature.Digest(secret, o.Body)
	}
	o.setSignature(value)
	return nil
}
