package signature

import (
	"bytes"
	_ "embed"
)

//go:embed testdata/vectors.json
var vectors []byte

// Vectors returns the published test vectors, a JSON document that explains itself: deliveries with good and bad
// signatures, each with our verdict and the reason, for verifiers in any language.
func Vectors() []byte { return bytes.Clone(vectors) }
