package fault

import (
	"encoding/hex"
	"fmt"

	"semblance/simulator/signature"
)

// bodyOnly signs the body without the timestamp, so that an old request could be sent again under a new time.
type bodyOnly struct{ harmless }

func (bodyOnly) afterSigning(d *Draft) error {
	value := fmt.Sprintf("t=%d", d.Time.Unix())
	for _, secret := range d.Secrets {
		mac, err := signature.MAC("sha256", secret, d.Body)
		if err != nil {
			return fmt.Errorf("sign the body alone: %w", err)
		}
		value += ",v1=" + hex.EncodeToString(mac)
	}
	d.setSignature(value)
	return nil
}
