package fault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// reserialised encodes the same JSON with other white space, under the signature of the original, as a proxy or framework
// does that parses and forwards the body. With a body that the receiver's own encoder would produce, it also catches
// receivers that verify re-encoded JSON instead of the raw body.
type reserialised struct {
	noFault
	style string
}

func (f reserialised) afterSigning(o *Outgoing) error {
	var body []byte
	var err error
	switch f.style {
	case "indented":
		var b bytes.Buffer
		err = json.Indent(&b, o.Body, "", "  ")
		body = b.Bytes()
	case "compact":
		body, err = compact(o.Body)
	default:
		body, err = spaced(o.Body)
	}
	if err != nil {
		return errors.New("the fault signature=reserialised needs a JSON body")
	}
	if bytes.Equal(body, o.Body) {
		return fmt.Errorf("the fault signature=reserialised changes nothing: the body is already %s; choose another style", f.style)
	}
	o.Body = body
	return nil
}

func compact(body []byte) ([]byte, error) {
	var b bytes.Buffer
	err := json.Compact(&b, body)
	return b.Bytes(), err
}

// spaced puts a space after every comma and colon outside strings.
func spaced(body []byte) ([]byte, error) {
	compacted, err := compact(body)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(compacted)+len(compacted)/8)
	inString, escaped := false, false
	for _, c := range compacted {
		out = append(out, c)
		switch {
		case escaped:
			escaped = false
		case inString && c == '\\':
			escaped = true
		case c == '"':
			inString = !inString
		case !inString && (c == ',' || c == ':'):
			out = append(out, ' ')
		}
	}
	return out, nil
}
