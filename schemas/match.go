package schemas

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"semblance/schemas/naming"
)

// Match returns the event types that a pattern selects, in the catalogue's order. A pattern is a full name, a name
// in which * stands for any characters including dots (** means the same), or group:KEY. A retired type is selected by
// its full name only. A pattern that selects nothing is an error with a suggestion.
func Match(pattern string) ([]*EventType, error) {
	if key, ok := strings.CutPrefix(pattern, "group:"); ok {
		return matchGroup(key)
	}
	if !strings.Contains(pattern, "*") {
		return matchName(pattern)
	}
	if found := filter(func(t *EventType) bool { return naming.Match(pattern, t.Name) }); len(found) > 0 {
		return found, nil
	}
	if near := suggestPattern(pattern); near != "" {
		return nil, fmt.Errorf("no event type matches %q; did you mean %q?", pattern, near)
	}
	return nil, fmt.Errorf("no event type matches %q; `semblance events` lists them", pattern)
}

func matchName(name string) ([]*EventType, error) {
	t, err := Lookup(name)
	if err == nil {
		return []*EventType{t}, nil
	}
	if prefix := name + "."; !strings.Contains(name, ".") {
		if found := filter(func(t *EventType) bool { return strings.HasPrefix(t.Name, prefix) }); len(found) > 0 {
			return nil, fmt.Errorf("unknown event type %q; use %q for all types with this prefix", name, prefix+"*")
		}
	}
	return nil, err
}

func matchGroup(key string) ([]*EventType, error) {
	found := filter(func(t *EventType) bool { return t.Group == key })
	if len(found) > 0 {
		return found, nil
	}
	keys := naming.List(groups, func(g Group) string { return g.Key })
	if naming.Nearest(key, keys) == "" {
		return nil, fmt.Errorf("unknown group %q; the groups are %s", key, strings.Join(keys, ", "))
	}
	return nil, errors.New(naming.Unknown("group", key, keys))
}

func filter(keep func(*EventType) bool) []*EventType {
	return slices.DeleteFunc(All(), func(t *EventType) bool { return !keep(t) })
}

// suggestPattern corrects the first word of a pattern such as bokking.*, or returns "".
func suggestPattern(pattern string) string {
	first, rest, ok := strings.Cut(pattern, ".")
	if !ok || strings.Contains(first, "*") {
		return ""
	}
	var known []string
	for _, t := range All() {
		word, _, _ := strings.Cut(t.Name, ".")
		known = append(known, word)
	}
	near := naming.Nearest(first, known)
	if near == "" || near == first {
		return ""
	}
	corrected := near + "." + rest
	if _, err := Match(corrected); err != nil {
		return ""
	}
	return corrected
}

// MatchAny returns the event types that any of the patterns selects, each once, in the catalogue's order. It returns nil
// if there are no patterns.
func MatchAny(patterns []string) ([]*EventType, error) {
	selected := map[*EventType]bool{}
	for _, p := range patterns {
		found, err := Match(p)
		if err != nil {
			return nil, err
		}
		for _, t := range found {
			selected[t] = true
		}
	}
	var types []*EventType
	for _, t := range AllWithRetired() {
		if selected[t] {
			types = append(types, t)
		}
	}
	return types, nil
}
