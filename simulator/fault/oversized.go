package fault

import "bytes"

// oversized appends spaces to the body, which JSON allows: the request is valid and correctly signed, but larger than a
// receiver should read.
type oversized struct {
	noFault
	size int
}

func (f oversized) beforeSigning(o *Outgoing) {
	if padding := f.size - len(o.Body); padding > 0 {
		o.Body = append(o.Body, bytes.Repeat([]byte{' '}, padding)...)
	}
}
