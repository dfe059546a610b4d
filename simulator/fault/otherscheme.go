package fault

import "strings"

// otherScheme puts the right signature under another scheme's name: a receiver that takes any scheme could be made to
// take a weaker one.
type otherScheme struct {
	harmless
	scheme string
}

func (f otherScheme) afterSigning(d *Draft) error {
	d.setSignature(strings.ReplaceAll(d.signature(), ",v1=", ","+f.scheme+"="))
	return nil
}
