package fault

import "strings"

// malformed breaks the syntax of the signature header. Each form makes a parser fail at another place.
type malformed struct {
	noFault
	form string
}

func (f malformed) afterSigning(o *Outgoing) error {
	value := o.signature()
	t, rest, _ := strings.Cut(value, ",")
	switch f.form {
	case "text":
		o.setSignature("not a signature")
	case "empty":
		o.setSignature("")
	case "no-t":
		o.setSignature(rest)
	case "no-v1":
		o.setSignature(t)
	case "bad-t":
		o.setSignature("t=yesterday," + rest)
	case "odd-hex":
		o.setSignature(value[:len(value)-1])
	}
	return nil
}
