package validate

import (
	"errors"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// MaxSteps bounds how many times a recursive schema may be applied within one document. Without it, alternatives that
// recurse (a tree whose every node is tried as each of two kinds) cost twice as much with each level of the document.
const MaxSteps = 500_000

var errBudget = errors.New("the budget is used up")

// budget counts the steps of one validation by a recursive schema. It hooks into the library as an extension that belongs
// to every subschema. The library tells an extension nothing about the validation that it is part of, so there is one
// at a time.
type budget struct {
	mu   sync.Mutex
	on   bool // set once, before the schema is shared
	left int
}

// Compile implements [jsonschema.ExtCompiler].
func (b *budget) Compile(jsonschema.CompilerContext, map[string]any) (jsonschema.ExtSchema, error) {
	return b, nil
}

// Validate implements [jsonschema.ExtSchema].
func (b *budget) Validate(jsonschema.ValidationContext, any) error {
	if b.on {
		if b.left--; b.left < 0 {
			panic(errBudget)
		}
	}
	return nil
}

// spend runs f, with the budget renewed if the schema needs one.
func (b *budget) spend(f func() error) error {
	if !b.on {
		return f()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = MaxSteps
	return f()
}
