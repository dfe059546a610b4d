package validate

import (
	"errors"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// MaxSteps bounds how many times a recursive schema and its parts may be applied within one document: so many times,
// divided by the depth of the document, since a step costs the more the deeper it is. Without it, alternatives that
// recurse (a tree whose every node is tried as each of two kinds) cost twice as much with each level.
const MaxSteps = 400_000

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

// spend runs f, with the budget renewed for the document if the schema needs one.
func (b *budget) spend(document any, f func() error) error {
	if !b.on {
		return f()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = MaxSteps / depthOf(document)
	return f()
}

// depthOf is 1 for a document without objects and arrays.
func depthOf(v any) int {
	below := 0
	switch v := v.(type) {
	case map[string]any:
		for _, member := range v {
			below = max(below, depthOf(member))
		}
	case []any:
		for _, item := range v {
			below = max(below, depthOf(item))
		}
	}
	return below + 1
}
