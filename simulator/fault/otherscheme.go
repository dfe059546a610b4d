package fault

import "strings"

// otherScheme puts the correct signature under the name of another scheme. A receiver that accepts any scheme could be
// attacked through a weak one.
type otherScheme struct {
	noFault
	scheme string
}

func (f otherScheme) afterSigning(o *Outgoing) error {
	o.setSignature(strings.ReplaceAll(o.signature(), ",v1=", ","+f.scheme+"="))
	return nil
}
