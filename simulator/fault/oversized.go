package fault

import "bytes"

// oversized fills the body up with spaces, which JSON allows after its end: valid, rightly signed, and more than a
// receiver should be willing to read.
type oversized struct {
	harmless
	size int
}

func (f oversized) beforeSigning(d *Draft) {
	if more := f.size - len(d.Body); more > 0 {
		d.Body = append(d.Body, bytes.Repeat([]byte{' '}, more)...)
	}
}
