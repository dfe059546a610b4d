package fault

import (
	"bytes"
	"errors"
)

// tampered changes one character of the body after signing. It prefers the last digit of the last id, so that the payload
// still matches its schema and only the signature reveals the change.
type tampered struct{ noFault }

func (tampered) afterSigning(o *Outgoing) error {
	i := lastID(o.Body)
	if i < 0 {
		i = bytes.LastIndexAny(o.Body, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
	}
	if i < 0 {
		return errors.New("the fault signature=tampered needs a body with a letter or digit to change")
	}
	o.Body[i] = substitute(o.Body[i])
	return nil
}

// lastID returns the index of the last digit of the last quoted 24-digit hexadecimal id, or -1.
func lastID(body []byte) int {
	digits := 0
	for i := len(body) - 1; i >= 0; i-- {
		c := body[i]
		switch {
		case c == '"' && digits == 24 && i+25 < len(body) && body[i+25] == '"':
			return i + 24
		case c >= '0' && c <= '9' || c >= 'a' && c <= 'f':
			digits++
		default:
			digits = 0
		}
	}
	return -1
}

// substitute returns another character of the same class: digit, hexadecimal letter or letter.
func substitute(c byte) byte {
	switch {
	case c == '9':
		return '0'
	case c == 'f':
		return 'a'
	case c == 'z' || c == 'Z':
		return c - 25
	default:
		return c + 1
	}
}
