package validate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// AcceptsAnything returns why nearly every response matches the schema, as the rest of a sentence after "the schema ", or ""
// if the schema restricts something. Lint warns with it. The usual case is `properties` without `type` and `required`,
// which an empty object, a string and null match.
func (s *Schema) AcceptsAnything() string {
	return laxness{}.of(s.compiled)
}

// laxness holds the result of AcceptsAnything for each subschema, so that each is examined once. A subschema that is
// still being examined counts as one that restricts something.
type laxness map[*jsonschema.Schema]string

func (known laxness) of(s *jsonschema.Schema) string {
	if reason, ok := known[s]; ok {
		return reason
	}
	known[s] = ""
	known[s] = known.examine(s)
	return known[s]
}

func (known laxness) examine(s *jsonschema.Schema) string {
	if s.Always != nil {
		if *s.Always {
			return "is true: anything matches it"
		}
		return ""
	}
	if strings.HasPrefix(s.Location, "semblance:") { // documented as they are
		return ""
	}
	if known.restricts(s) {
		return ""
	}
	if len(s.Types) == len(typeNames) || len(s.Types) == len(typeNames)-1 && !slices.Contains(s.Types, "integer") {
		return "allows every type: anything matches it"
	}
	if len(s.Properties) > 0 {
		names := slices.Sorted(maps.Keys(s.Properties))
		return fmt.Sprintf("has `properties` (%s) without `type: object` and `required`: a response without them, or one that is not an object, matches it", enumerate(names, 5))
	}
	if s.Items2020 != nil || s.Items != nil || len(s.PrefixItems) > 0 {
		return "has `items` without `type: array`: a response that is not an array matches it"
	}
	return "restricts nothing: anything matches it"
}

// restricts reports whether a keyword of the schema refuses some documents of every type. A keyword for one type only
// (properties, pattern, minimum) accepts all documents of other types.
func (known laxness) restricts(s *jsonschema.Schema) bool {
	if n := len(s.Types); n > 0 && n < len(typeNames)-1 {
		return true
	}
	if len(s.Constant) > 0 || len(s.Enum) > 0 || s.Not != nil || len(s.Required) > 0 {
		return true
	}
	strict := func(s *jsonschema.Schema) bool { return known.of(s) == "" }
	lax := func(s *jsonschema.Schema) bool { return !strict(s) }
	switch {
	case s.Ref != nil && strict(s.Ref), s.DynamicRef != nil && strict(s.DynamicRef), s.RecursiveRef != nil && strict(s.RecursiveRef):
		return true
	case slices.ContainsFunc(s.AllOf, strict):
		return true
	case len(s.AnyOf) > 0 && !slices.ContainsFunc(s.AnyOf, lax):
		return true
	case len(s.OneOf) > 0 && !slices.ContainsFunc(s.OneOf, lax):
		return true
	case s.If != nil && (s.Then != nil && strict(s.Then) || s.Else != nil && strict(s.Else)):
		return true
	}
	return false
}
