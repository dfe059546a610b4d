package fault

import "semblance/simulator/body"

// oversized appends spaces to the body, which JSON allows: the request is valid and correctly signed, but larger than a
// receiver should read.
type oversized struct {
	noFault
	size int
}

func (f oversized) beforeSigning(o *Outgoing) {
	padded := body.Change{Pad: f.size}
	o.Body, _ = padded.Apply(o.Body) // only changes of JSON can fail
}
