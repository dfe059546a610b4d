package scenarios

import (
	"fmt"

	"semblance/schemas"
)

// Coverage lists the event types of a run and how often each was covered. An attempt covers its event type if it had no
// fault and got a response: only then has the receiver handled the event.
type Coverage struct {
	Types []TypeCount // in the order of the catalogue
}

// TypeCount is the number of attempts that covered an event type.
type TypeCount struct {
	Type  *schemas.EventType
	Count int64
}

// Covered returns the number of event types that were covered.
func (c *Coverage) Covered() int { return len(c.Types) - len(c.Missing()) }

// Percent returns the percentage of event types that were covered, or 100 without types.
func (c *Coverage) Percent() float64 {
	if len(c.Types) == 0 {
		return 100
	}
	return 100 * float64(c.Covered()) / float64(len(c.Types))
}

// Missing returns the names of the event types that were not covered, in the order of the catalogue.
func (c *Coverage) Missing() []string {
	missing := []string{}
	for _, t := range c.Types {
		if t.Count == 0 {
			missing = append(missing, t.Type.Name)
		}
	}
	return missing
}

// String returns the coverage in a few words: "2 of 7 event types (29 %)".
func (c *Coverage) String() string {
	return fmt.Sprintf("%d of %d event types (%.0f %%)", c.Covered(), len(c.Types), c.Percent())
}
