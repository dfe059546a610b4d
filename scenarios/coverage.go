package scenarios

import (
	"fmt"

	"semblance/schemas"
)

// Coverage says which event types a run covered, of those that it was asked to. A type is covered when an attempt of it
// that no fault spoiled was answered: only then has the receiver shown what it makes of it.
type Coverage struct {
	Types []TypeCount // the types asked for, in the catalogue's order
}

// TypeCount is how often an event type was sent unspoiled and answered.
type TypeCount struct {
	Type  *schemas.EventType
	Count int64
}

// Covered returns how many of the types were covered.
func (c *Coverage) Covered() int {
	n := 0
	for _, t := range c.Types {
		if t.Count > 0 {
			n++
		}
	}
	return n
}

// Percent returns the covered share of the types, from 0 to 100.
func (c *Coverage) Percent() float64 {
	if len(c.Types) == 0 {
		return 100
	}
	return 100 * float64(c.Covered()) / float64(len(c.Types))
}

// Missing returns the types that were not covered, in the catalogue's order.
func (c *Coverage) Missing() []*schemas.EventType {
	var missing []*schemas.EventType
	for _, t := range c.Types {
		if t.Count == 0 {
			missing = append(missing, t.Type)
		}
	}
	return missing
}

// String returns the coverage in a few words.
func (c *Coverage) String() string {
	return fmt.Sprintf("%d of %d event types (%.0f %%)", c.Covered(), len(c.Types), c.Percent())
}
