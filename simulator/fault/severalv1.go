package fault

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"semblance/simulator/signature"
)

// severalV1 adds wrong signatures beside the correct one, as the provider may while a secret is rotated. A receiver must
// accept a request if any of its signatures is correct.
type severalV1 struct {
	noFault
	count int
	right string
}

func (f severalV1) afterSigning(o *Outgoing) error {
	t, correct, _ := strings.Cut(o.signature(), ",")
	wrong := f.count - 1
	if f.right == "none" {
		wrong = f.count
	}
	parts := []string{t}
	for i := range wrong {
		parts = append(parts, "v1="+signature.Digest("wrong secret "+strconv.Itoa(i+1), fmt.Appendf(nil, "%d.%s", o.Time.Unix(), o.Body)))
	}
	switch f.right {
	case "first":
		parts = slices.Insert(parts, 1, correct)
	case "last":
		parts = append(parts, correct)
	}
	o.setSignature(strings.Join(parts, ","))
	return nil
}
