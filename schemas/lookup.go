package schemas

import (
	"fmt"
	"slices"
	"strings"

	"semblance/schemas/naming"
)

// UnknownError says that no event type has a name, and what may have been meant.
type UnknownError struct {
	Name       string
	Suggestion string // the nearest event type, or ""
	Former     bool   // Name is a former enum name; Suggestion is the string that replaced it
}

// Error names what is unknown and the mend.
func (e *UnknownError) Error() string {
	switch {
	case e.Former:
		return fmt.Sprintf("the enum name %q was dropped by the provider on 2026-06-08; use %q", e.Name, e.Suggestion)
	case e.Suggestion != "":
		return fmt.Sprintf("unknown event type %q; did you mean %q?", e.Name, e.Suggestion)
	default:
		return fmt.Sprintf("unknown event type %q; `semblance events` lists them", e.Name)
	}
}

// Lookup finds an event type by its exact name, the retired one included. The error is an [*UnknownError] that names
// the nearest type, or the new name of a former enum name.
func Lookup(name string) (*EventType, error) {
	if i, ok := slices.BinarySearchFunc(byName[:], name, func(i uint8, name string) int {
		return strings.Compare(table[i].Name, name)
	}); ok {
		return &table[byName[i]], nil
	}
	for i := range table {
		if table[i].FormerEnum == name && name != "" {
			return nil, &UnknownError{Name: name, Suggestion: table[i].Name, Former: true}
		}
	}
	return nil, &UnknownError{Name: name, Suggestion: suggestType(name)}
}

// suggestType returns the event type that was meant: the one nearest in spelling or, when words were left out in the
// middle (booking.arrived), the shortest that has the same words in the same order.
func suggestType(name string) string {
	if parts := strings.Split(name, "."); len(parts) > 1 {
		best := ""
		for i := range table {
			full := table[i].Name
			if hasInOrder(strings.Split(full, "."), parts) && (best == "" || len(full) < len(best)) {
				best = full
			}
		}
		if best != "" {
			return best
		}
	}
	return naming.Nearest(name, names(AllWithRetired()))
}

// hasInOrder reports whether words has all of parts, in their order and with others between them, letter case apart.
func hasInOrder(words, parts []string) bool {
	for _, w := range words {
		if len(parts) > 0 && strings.EqualFold(w, parts[0]) {
			parts = parts[1:]
		}
	}
	return len(parts) == 0
}

// All returns the event types that the provider sends today, in the catalogue's order.
func All() []*EventType {
	return slices.DeleteFunc(AllWithRetired(), (*EventType).Retired)
}

// AllWithRetired returns every event type of the catalogue, also the retired one.
func AllWithRetired() []*EventType {
	all := make([]*EventType, len(table))
	for i := range table {
		all[i] = &table[i]
	}
	return all
}

// Groups returns the groups in the catalogue's order.
func Groups() []Group { return slices.Clone(groups) }

// Kinds returns every record kind that an identifier can name, sorted: an …Id identifier without its Id. The source
// and the target of a merge are patients; outboxId and subscriptionId are the provider's own and no kinds.
func Kinds() []string {
	seen := map[string]bool{}
	for i := range table {
		for _, key := range table[i].Keys() {
			if kind, _, ok := KindOf(key); ok {
				seen[kind] = true
			}
		}
	}
	kinds := make([]string, 0, len(seen))
	for kind := range seen {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return kinds
}

// KindOf returns the record kind that an identifier names and the role it plays in its event: patientId is a patient
// in the role "patient", sourcePatientId a patient in the role "source". ok is false for plain values and for the
// provider's own ids.
func KindOf(identifier string) (kind, role string, ok bool) {
	switch identifier {
	case "outboxId", "subscriptionId":
		return "", "", false
	case "sourcePatientId":
		return "patient", "source", true
	case "targetPatientId":
		return "patient", "target", true
	}
	kind, ok = strings.CutSuffix(identifier, "Id")
	return kind, kind, ok && kind != ""
}

// Keys returns every identifier that the type may carry, in the order of the payload: the required ones, each of OneOf
// with its companions, the optional ones. It allocates nothing: the slice is the catalogue's own, to be read only.
func (t *EventType) Keys() []string { return t.keys }

// Allows reports whether the type may carry the identifier.
func (t *EventType) Allows(identifier string) bool { return slices.Contains(t.keys, identifier) }

// Value returns the description of a plain value of the type, and whether the identifier is one.
func (t *EventType) Value(identifier string) (Value, bool) {
	for _, v := range t.Values {
		if v.Name == identifier {
			return v, true
		}
	}
	return Value{}, false
}

func names(types []*EventType) []string {
	out := make([]string, len(types))
	for i, t := range types {
		out[i] = t.Name
	}
	return out
}
