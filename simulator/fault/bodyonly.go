package fault

import (
	"encoding/hex"
	"fmt"

	"semblance/simulator/signature"
)

// bodyOnly signs the body without the timestamp, which would allow a replay with a new time.
type bodyOnly struct{ noFault }

func (bodyOnly) afterSigning(o *Outgoing) error {
	value := fmt.Sprintf("t=%d", o.Time.Unix())
	for _, secret := range o.Secrets {
		mac, err := signature.MAC("sha256", secret, o.Body)
		if err != nil {
			return fmt.Errorf("signing the body alone: %w", err)
		}
		value += ",v1=" + hex.EncodeToString(mac)
	}
	o.setSignature(value)
	return nil
}
