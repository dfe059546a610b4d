package signature

import (
	"bytes"
	_ "embed"
)

//go:embed testdata/vectors.json
var vectors []byte

// Vectors returns the test vectors: a self-explanatory JSON document of deliveries with valid and invalid signatures, each
// with the expected result and the reason, for verifiers in any language.
func Vectors() []byte { return bytes.Clone(vectors) }
