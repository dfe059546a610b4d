package fault

import "errors"

// tampered changes one digit of the body after it was signed. It takes the last digit of the last id, so that the
// payload stays valid against its schema and only the signature can tell.
type tampered struct{ harmless }

func (tampered) afterSigning(d *Draft) error {
	at := lastID(d.Body)
	if at < 0 {
		at = lastAlphanumeric(d.Body)
	}
	if at < 0 {
		return errors.New("the fault signature=tampered needs a body with a letter or a digit to change")
	}
	d.Body[at] = another(d.Body[at])
	return nil
}

// lastID returns where the last 24 hexadecimal digits in quotes end, or -1.
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

func lastAlphanumeric(body []byte) int {
	for i := len(body) - 1; i >= 0; i-- {
		if c := body[i]; c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			return i
		}
	}
	return -1
}

// another returns another character of the same class: a digit for a digit, a hexadecimal letter for one.
func another(c byte) byte {
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
