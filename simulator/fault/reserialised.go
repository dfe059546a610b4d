package fault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// reserialised writes the same JSON anew under the old signature, as a proxy or a framework does that parses the body
// and passes it on: a receiver that verifies what it parsed instead of what came is found out by the reverse.
type reserialised struct {
	harmless
	style string
}

func (f reserialised) afterSigning(d *Draft) error {
	var anew []byte
	var err error
	switch f.style {
	case "indented":
		var b bytes.Buffer
		err = json.Indent(&b, d.Body, "", "  ")
		anew = b.Bytes()
	case "compact":
		anew, err = compact(d.Body)
	default:
		anew, err = spaced(d.Body)
	}
	if err != nil {
		return errors.New("the fault signature=reserialised needs a body that is JSON")
	}
	if bytes.Equal(anew, d.Body) {
		return fmt.Errorf("the fault signature=reserialised changes nothing: the body is %s already; choose another style", f.style)
	}
	d.Body = anew
	return nil
}

func compact(body []byte) ([]byte, error) {
	var b bytes.Buffer
	err := json.Compact(&b, body)
	return b.Bytes(), err
}

// spaced puts a space after every comma and colon outside strings.
func spaced(body []byte) ([]byte, error) {
	tight, err := compact(body)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(tight)+len(tight)/8)
	inString, escaped := false, false
	for _, c := range tight {
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
