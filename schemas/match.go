package schemas

import (
	"fmt"
	"strings"

	"semblance/schemas/naming"
)

// Match returns the event types that a pattern names, in the catalogue's order. A pattern is a full name (also of the
// retired type), a name with * for any run of characters, dots included (** means the same), or group:KEY. A pattern
// that names nothing is an error with a suggestion.
func Match(pattern string) ([]*EventType, error) {
	if key, ok := strings.CutPrefix(pattern, "group:"); ok {
		return matchGroup(key)
	}
	if !strings.Contains(pattern, "*") {
		t, err := Lookup(pattern)
		if below := pattern + ".*"; err != nil && !strings.Contains(pattern, ".") {
			if _, none := Match(below); none == nil {
				return nil, fmt.Errorf("unknown event type %q; for all that begin so, %q", pattern, below)
			}
		}
		if err != nil {
			return nil, err
		}
		return []*EventType{t}, nil
	}
	var found []*EventType
	for _, t := range All() {
		if naming.Match(pattern, t.Name) {
			found = append(found, t)
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	if near := suggestPattern(pattern); near != "" {
		return nil, fmt.Errorf("no event type matches %q; did you mean %q?", pattern, near)
	}
	return nil, fmt.Errorf("no event type matches %q; `semblance events` lists them", pattern)
}

// suggestPattern mends the first word of a pattern such as bokking.*, if that is its mistake.
func suggestPattern(pattern string) string {
	first, rest, ok := strings.Cut(pattern, ".")
	if !ok || strings.Contains(first, "*") {
		return ""
	}
	var known []string
	for _, t := range All() {
		word, _, _ := strings.Cut(t.Name, ".")
		if len(known) == 0 || known[len(known)-1] != word {
			known = append(known, word)
		}
	}
	near := naming.Nearest(first, known)
	if near == "" || near == first {
		return ""
	}
	mended := near + "." + rest
	if _, err := Match(mended); err != nil {
		return ""
	}
	return mended
}

// MatchAny returns the event types that any of the patterns names, each once, in the catalogue's order.
func MatchAny(patterns []string) ([]*EventType, error) {
	wanted := map[string]bool{}
	for _, p := range patterns {
		found, err := Match(p)
		if err != nil {
			return nil, err
		}
		for _, t := range found {
			wanted[t.Name] = true
		}
	}
	var types []*EventType
	for _, t := range AllWithRetired() {
		if wanted[t.Name] {
			types = append(types, t)
		}
	}
	return types, nil
}

func matchGroup(key string) ([]*EventType, error) {
	var found []*EventType
	for _, t := range All() {
		if t.Group == key {
			found = append(found, t)
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	keys := make([]string, len(groups))
	for i, g := range groups {
		keys[i] = g.Key
	}
	if near := naming.Nearest(key, keys); near != "" {
		return nil, fmt.Errorf("unknown group %q; did you mean %q?", key, near)
	}
	return nil, fmt.Errorf("unknown group %q; the groups are %s", key, strings.Join(keys, ", "))
}
