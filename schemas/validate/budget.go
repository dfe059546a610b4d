package validate

import (
	"errors"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// MaxSteps and MaxRecursiveSteps bound the number of times that a schema and its subschemas are applied to one document.
// A step takes more time and memory the deeper it is: the library copies the place of a failure at every level. So both
// are divided: MaxRecursiveSteps by the depth of the document, MaxSteps also by the square of the schema's. Without these
// bounds a schema of 3 kB can take exponential time, by a chain of definitions that each refer to the next one twice or by
// alternatives that recurse.
const (
	MaxSteps          = 4_000_000
	MaxRecursiveSteps = 400_000
)

var errBudget = errors.New("too many steps")

// maxUncounted is the number of steps of a schema up to which no document within [MaxSize] takes long.
const maxUncounted = 16

// budget counts the steps of a validation. It is registered with the library as an extension that belongs to every
// subschema. The library does not tell an extension which validation it belongs to, so validations that are counted run
// one at a time.
type budget struct {
	complexity complexity // set once, before the schema is shared
	counted    bool       // likewise

	mu   sync.Mutex
	left int
}

func (b *budget) set(c complexity) {
	b.complexity = c
	b.counted = c.recursive || c.steps > maxUncounted
}

// Compile implements [jsonschema.ExtCompiler].
func (b *budget) Compile(jsonschema.CompilerContext, map[string]any) (jsonschema.ExtSchema, error) {
	return b, nil
}

// Validate implements [jsonschema.ExtSchema].
func (b *budget) Validate(jsonschema.ValidationContext, any) error {
	if b.counted {
		if b.left--; b.left < 0 {
			panic(errBudget)
		}
	}
	return nil
}

// limit returns the largest number of steps for a document.
func (b *budget) limit(document any) int {
	if b.complexity.recursive {
		return MaxRecursiveSteps / depthOf(document)
	}
	depth := b.complexity.depth
	return MaxSteps / (depthOf(document) + depth*depth/8)
}

// spend runs f. It panics with errBudget if f takes more than the limit for the document.
func (b *budget) spend(document any, f func() error) error {
	if !b.counted {
		return f()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = b.limit(document)
	return f()
}

// depthOf returns the depth of a document: 1 without objects and arrays.
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
