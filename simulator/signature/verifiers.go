package signature

import (
	"embed"
	"path"
)

//go:embed testdata/verifiers/verify.*
var verifiers embed.FS

// Source is the source of a whole verifier in a few lines, for a receiver to copy.
type Source struct {
	Language string `json:"language"`
	Code     string `json:"code"`
}

// Sources returns the verifiers of testdata/verifiers, which are tested with [Vectors]: Go, Node and Python.
func Sources() []Source {
	all := []Source{{Language: "Go", Code: "go"}, {Language: "Node", Code: "js"}, {Language: "Python", Code: "py"}}
	for i := range all {
		code, err := verifiers.ReadFile(path.Join("testdata", "verifiers", "verify."+all[i].Code))
		if err != nil {
			panic(err) // it is embedded
		}
		all[i].Code = string(code)
	}
	return all
}
