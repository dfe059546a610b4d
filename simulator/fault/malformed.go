package fault

import "strings"

// malformed breaks the form of the signature's header, one way for each place where parsers give up.
type malformed struct {
	harmless
	form string
}

func (f malformed) afterSigning(d *Draft) error {
	right := d.signature()
	t, rest, _ := strings.Cut(right, ",")
	switch f.form {
	case "text":
		d.setSignature("this is no signature")
	case "empty":
		d.setSignature("")
	case "no-t":
		d.setSignature(rest)
	case "no-v1":
		d.setSignature(t)
	case "bad-t":
		d.setSignature("t=yesterday," + rest)
	case "odd-hex":
		d.setSignature(right[:len(right)-1])
	}
	return nil
}
