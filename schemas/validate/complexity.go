package validate

import "github.com/santhosh-tekuri/jsonschema/v5"

// complexity is what a schema alone says about the work of a validation.
type complexity struct {
	recursive bool    // the schema can lead back to itself, so the depth of the document counts
	steps     float64 // subschemas with every reference followed; it grows exponentially with chains of references
	depth     int     // of subschemas within each other, with references followed
}

// complexityOf measures a schema in time linear in its size.
func complexityOf(root *jsonschema.Schema) complexity {
	recursive := false
	known := map[*jsonschema.Schema]*complexity{}
	var visit func(*jsonschema.Schema) complexity
	visit = func(s *jsonschema.Schema) complexity {
		if s == nil {
			return complexity{}
		}
		if c := known[s]; c != nil {
			recursive = recursive || c.depth == 0 // still being measured
			return *c
		}
		known[s] = &complexity{}
		recursive = recursive || s.RecursiveRef != nil || s.DynamicRef != nil // their target is known only during validation
		sum := complexity{steps: 1}
		for _, below := range subschemas(s) {
			c := visit(below)
			sum.steps, sum.depth = sum.steps+c.steps, max(sum.depth, c.depth)
		}
		sum.depth++
		*known[s] = sum
		return sum
	}
	c := visit(root)
	c.recursive = recursive
	return c
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
