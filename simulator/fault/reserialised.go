package fault

import (
	"bytes"
	"errors"
	"fmt"

	"semblance/simulator/body"
)

// reserialised encodes the same JSON with other white space, under the signature of the original, as a proxy or framework
// does that parses and forwards the body. With a body that the receiver's own encoder would produce, it also catches
// receivers that verify re-encoded JSON instead of the raw body.
type reserialised struct {
	noFault
	style string
}

func (f reserialised) afterSigning(o *Outgoing) error {
	written, err := body.Write(o.Body, body.Style(f.style))
	if err != nil {
		return errors.New("the fault signature=reserialised needs a JSON body")
	}
	if bytes.Equal(written, o.Body) {
		return fmt.Errorf("the fault signature=reserialised changes nothing: the body is already %s; choose another style", f.style)
	}
	o.Body = written
	return nil
}
