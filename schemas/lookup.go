package schemas

import (
	"fmt"
	"slices"
	"strings"

	"semblance/schemas/naming"
)

// UnknownError is the error for a name that no event type has.
type UnknownError struct {
	Name       string
	Suggestion string // the nearest event type, or ""
	Former     bool   // Name is a former enum name; Suggestion is the string that replaced it, or "" if that is retired
}

// Error returns the unknown name with a suggestion.
func (e *UnknownError) Error() string {
	switch {
	case e.Former && e.Suggestion == "":
		return fmt.Sprintf("the enum name %q was dropped by the provider on 2026-06-08, and its event type is retired", e.Name)
	case e.Former:
		return fmt.Sprintf("the enum name %q was dropped by the provider on 2026-06-08; use %q", e.Name, e.Suggestion)
	case e.Suggestion != "":
		return fmt.Sprintf("unknown event type %q; did you mean %q?", e.Name, e.Suggestion)
	default:
		return fmt.Sprintf("unknown event type %q; `semblance events` lists them", e.Name)
	}
}

// Lookup returns the event type with the given name, which may be a retired one. The error is an [*UnknownError] with
// the nearest name, or the new name for a former enum name.
func Lookup(name string) (*EventType, error) {
	if i, ok := slices.BinarySearchFunc(byName[:], name, func(i uint8, name string) int {
		return strings.Compare(table[i].Name, name)
	}); ok {
		return &table[byName[i]], nil
	}
	for i := range table {
		if table[i].FormerEnum == name && name != "" {
			unknown := &UnknownError{Name: name, Former: true}
			if !table[i].Retired() {
				unknown.Suggestion = table[i].Name
			}
			return nil, unknown
		}
	}
	return nil, &UnknownError{Name: name, Suggestion: suggestType(name)}
}

// suggestType returns the name that was probably meant: the shortest name with the same words in the same order
// (booking.arrived lacks one), else the nearest in spelling. It never suggests a retired type.
func suggestType(name string) string {
	if parts := strings.Split(name, "."); len(parts) > 1 {
		best := ""
		for _, t := range All() {
			if hasInOrder(strings.Split(t.Name, "."), parts) && (best == "" || len(t.Name) < len(best)) {
				best = t.Name
			}
		}
		if best != "" {
			return best
		}
	}
	return naming.Nearest(name, Names(All()))
}

// hasInOrder reports whether words contains all of parts in the same order. Case does not count.
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

// AllWithRetired returns every event type of the catalogue, including retired ones.
func AllWithRetired() []*EventType {
	all := make([]*EventType, len(table))
	for i := range table {
		all[i] = &table[i]
	}
	return all
}

// Groups returns the groups in the catalogue's order.
func Groups() []Group { return slices.Clone(groups) }

// Kinds returns the kinds of records that identifiers name, sorted. See [KindOf].
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

// KindOf returns the kind of record that an identifier names, and the role of the record in the event. Both are the
// identifier without its suffix Id, except that sourcePatientId is a patient in the role "source" and targetPatientId
// one in the role "target". ok is false for plain values and for ids of the provider itself.
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

// Keys returns the identifiers that the type may carry, in the order of the payload: the required ones, each of OneOf
// followed by those that depend on it, the optional ones. The caller must not modify the slice.
func (t *EventType) Keys() []string { return t.keys }

// Allows reports whether the type may carry the identifier.
func (t *EventType) Allows(identifier string) bool { return slices.Contains(t.keys, identifier) }

// Value returns the description of an identifier that is a plain value. ok is false for ids.
func (t *EventType) Value(identifier string) (value Value, ok bool) {
	for _, v := range t.Values {
		if v.Name == identifier {
			return v, true
		}
	}
	return Value{}, false
}

// Names returns the names of event types.
func Names(types []*EventType) []string {
	return naming.List(types, func(t *EventType) string { return t.Name })
}
