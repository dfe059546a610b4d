package schemas

import (
	"fmt"
	"strings"
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
		if Fits(pattern, t.Name) {
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
	near := Suggest(first, known)
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
	if near := Suggest(key, keys); near != "" {
		return nil, fmt.Errorf("unknown group %q; did you mean %q?", key, near)
	}
	return nil, fmt.Errorf("unknown group %q; the groups are %s", key, strings.Join(keys, ", "))
}

// Fits reports whether text fits pattern, in which * is any run of characters. It takes time linear in the product of their
// lengths: each * takes as little as it can, and the last one is widened when a later part does not fit.
func Fits(pattern, text string) bool {
	p, n, star, mark := 0, 0, -1, 0
	for n < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, n
			p++
		case p < len(pattern) && pattern[p] == text[n]:
			p++
			n++
		case star >= 0:
			mark++
			p, n = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// Suggest returns the one of known that is nearest to word, or "" when none is near enough to have been meant: at
// most a third of the word may differ, letter case apart.
func Suggest(word string, known []string) string {
	if len(word) > 100 { // no name is near, and the distance is quadratic
		return ""
	}
	lower := strings.ToLower(word)
	best, bestDistance := "", len(word)/3+1
	for _, k := range known {
		if max(len(k)-len(word), len(word)-len(k)) > bestDistance {
			continue // so many letters are to be added or dropped at least
		}
		if d := distance(lower, strings.ToLower(k)); d < bestDistance || d == 0 {
			best, bestDistance = k, d
		}
	}
	return best
}

// distance is the number of letters to add, drop, replace or swap with their neighbour to turn a into b.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
