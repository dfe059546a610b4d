// Package naming matches names against patterns and suggests the name that a misspelt one meant.
package naming

import (
	"fmt"
	"strings"

	"semblance/schemas/human"
)

// maxListed is the largest number of known names that an error lists when none is near.
const maxListed = 12

// Match reports whether name matches pattern, in which * stands for any characters. It takes at most time proportional
// to the product of the lengths.
func Match(pattern, name string) bool {
	p, n, star, mark := 0, 0, -1, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, n
			p++
		case p < len(pattern) && pattern[p] == name[n]:
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

// List returns the name of each item.
func List[T any](items []T, name func(T) string) []string {
	names := make([]string, len(items))
	for i, item := range items {
		names[i] = name(item)
	}
	return names
}

// Unknown returns the text of an error about a name that is not known, with the nearest known name, or the known names
// if they are few: `unknown fault "tampred"; did you mean "tampered"?`.
func Unknown(what, name string, known []string) string {
	return fmt.Sprintf("unknown %s %q%s", what, human.Excerpt(name, 60), Hint(name, known))
}

// Hint returns the part of [Unknown] after the name: `; did you mean "tampered"?`, or `; use a, b or c`, or "" if no
// name is near and the known names are many.
func Hint(name string, known []string) string {
	if near := Nearest(name, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	if len(known) == 0 || len(known) > maxListed {
		return ""
	}
	return "; use " + human.Or(known)
}

// Nearest returns the known name that is nearest to name, or "" if none is near enough. At most a third of the name may
// differ; case does not count.
func Nearest(name string, known []string) string {
	if len(name) > 100 { // no name is near, and the distance takes quadratic time
		return ""
	}
	lower := strings.ToLower(name)
	best, bestDistance := "", len(name)/3+1
	for _, k := range known {
		if max(len(k)-len(name), len(name)-len(k)) > bestDistance {
			continue // at least this many letters differ
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
