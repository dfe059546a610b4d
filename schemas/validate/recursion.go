package validate

import "github.com/santhosh-tekuri/jsonschema/v5"

// isRecursive reports whether the schema can lead back to itself, so that the work of a validation grows with the depth
// of the document and not with the size of the schema.
func isRecursive(root *jsonschema.Schema) bool {
	const (
		open = 1 // below it right now
		done = 2
	)
	state := map[*jsonschema.Schema]int{}
	var visit func(*jsonschema.Schema) bool
	visit = func(s *jsonschema.Schema) bool {
		switch {
		case s == nil || state[s] == done:
			return false
		case state[s] == open || s.RecursiveRef != nil || s.DynamicRef != nil: // where these lead is known only later
			return true
		}
		state[s] = open
		for _, below := range subschemas(s) {
			if visit(below) {
				return true
			}
		}
		state[s] = done
		return false
	}
	return visit(root)
}

func subschemas(s *jsonschema.Schema) []*jsonschema.Schema {
	all := []*jsonschema.Schema{
		s.Ref, s.Not, s.If, s.Then, s.Else, s.PropertyNames, s.UnevaluatedProperties, s.Items2020, s.Contains,
		s.UnevaluatedItems, s.ContentSchema,
	}
	for _, list := range [][]*jsonschema.Schema{s.AllOf, s.AnyOf, s.OneOf, s.PrefixItems} {
		all = append(all, list...)
	}
	for _, below := range s.Properties {
		all = append(all, below)
	}
	for _, below := range s.PatternProperties {
		all = append(all, below)
	}
	for _, below := range s.DependentSchemas {
		all = append(all, below)
	}
	for _, below := range s.Dependencies {
		if below, ok := below.(*jsonschema.Schema); ok {
			all = append(all, below)
		}
	}
	for _, below := range []any{s.AdditionalProperties, s.AdditionalItems, s.Items} {
		switch below := below.(type) {
		case *jsonschema.Schema:
			all = append(all, below)
		case []*jsonschema.Schema:
			all = append(all, below...)
		}
	}
	return all
}
