package fault

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"semblance/simulator/signature"
)

// severalV1 puts wrong signatures beside the right one, as the provider may while a secret is rotated. A receiver
// accepts a request when any of its signatures holds.
type severalV1 struct {
	harmless
	count int
	right string
}

func (f severalV1) afterSigning(d *Draft) error {
	t, right, _ := strings.Cut(d.signature(), ",")
	wrongs := f.count - 1
	if f.right == "none" {
		wrongs = f.count
	}
	parts := []string{t}
	if f.right == "first" {
		parts = append(parts, right)
	}
	for i := range wrongs {
		mac, err := signature.MAC("sha256", "wrong secret "+strconv.Itoa(i+1), fmt.Appendf(nil, "%d.%s", d.Time.Unix(), d.Body))
		if err != nil {
			return fmt.Errorf("sign with a wrong secret: %w", err)
		}
		parts = append(parts, "v1="+hex.EncodeToString(mac))
	}
	if f.right == "last" {
		parts = append(parts, right)
	}
	d.setSignature(strings.Join(parts, ","))
	return nil
}
