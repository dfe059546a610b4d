package validate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// AcceptsAnything says why nearly every answer satisfies the schema, in a sentence that can follow "the schema ", or ""
// if it asks for something. Lint warns with it: the classic is `properties` without `type` and `required`, which an
// empty object, a string and null satisfy.
func (s *Schema) AcceptsAnything() string {
	return acceptsAnything(s.compiled, map[*jsonschema.Schema]bool{})
}

func acceptsAnything(s *jsonschema.Schema, seen map[*jsonschema.Schema]bool) string {
	if s.Always != nil {
		if *s.Always {
			return "is true: anything satisfies it"
		}
		return ""
	}
	if seen[s] || strings.HasPrefix(s.Location, "semblance:") { // ours are as wide as they say
		return ""
	}
	seen[s] = true
	if asksForSomething(s, seen) {
		return ""
	}
	if len(s.Types) == len(typeNames) || len(s.Types) == len(typeNames)-1 && !slices.Contains(s.Types, "integer") {
		return "allows every type: anything satisfies it"
	}
	if len(s.Properties) > 0 {
		names := slices.Sorted(maps.Keys(s.Properties))
		return fmt.Sprintf("has `properties` (%s) without `type: object` and `required`: an answer without them, or one that is no object, satisfies it", enumerate(names, 5))
	}
	if s.Items2020 != nil || s.Items != nil || len(s.PrefixItems) > 0 {
		return "has `items` without `type: array`: an answer that is no array satisfies it"
	}
	return "asks for nothing: anything satisfies it"
}

// asksForSomething reports whether a keyword of the schema refuses something whatever the type of the document. Keywords
// that concern one type alone (properties, pattern, minimum) refuse nothing of another type.
func asksForSomething(s *jsonschema.Schema, seen map[*jsonschema.Schema]bool) bool {
	if n := len(s.Types); n > 0 && n < len(typeNames)-1 {
		return true
	}
	if len(s.Constant) > 0 || len(s.Enum) > 0 || s.Not != nil || len(s.Required) > 0 {
		return true
	}
	asks := func(s *jsonschema.Schema) bool { return acceptsAnything(s, maps.Clone(seen)) == "" }
	lax := func(s *jsonschema.Schema) bool { return !asks(s) }
	switch {
	case s.Ref != nil && asks(s.Ref), s.DynamicRef != nil && asks(s.DynamicRef), s.RecursiveRef != nil && asks(s.RecursiveRef):
		return true
	case slices.ContainsFunc(s.AllOf, asks):
		return true
	case len(s.AnyOf) > 0 && !slices.ContainsFunc(s.AnyOf, lax):
		return true
	case len(s.OneOf) > 0 && !slices.ContainsFunc(s.OneOf, lax):
		return true
	case s.If != nil && (s.Then != nil && asks(s.Then) || s.Else != nil && asks(s.Else)):
		return true
	}
	return false
}
