package schemas

import (
	"fmt"

	"semblance/schemas/human"
)

// Describe says in a few words what an identifier of the type holds, such as "the id of the patient".
func (t *EventType) Describe(identifier string) string {
	if v, plain := t.Value(identifier); plain {
		switch v.Kind {
		case ValueEnum:
			return human.Or(v.Enum)
		case ValueDateTime:
			return "a date and time (RFC 3339)"
		case ValueJSONArray:
			return "a JSON array of strings, encoded as one string"
		}
		return "an id"
	}
	kind, role, ok := KindOf(identifier)
	switch {
	case !ok:
		return "an id of the provider's webhook system"
	case kind != role:
		return fmt.Sprintf("the id of a %s, the %s", kind, role)
	}
	return "the id of the " + kind
}
