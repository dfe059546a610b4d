package validate

import (
	"maps"
	"slices"
	"strings"

	"semblance/schemas/pointer"
)

// openAPIOnly are keywords that OpenAPI adds to JSON Schema. They do not restrict a value.
var openAPIOnly = []string{"discriminator", "xml", "externalDocs"}

// openAPIVersion returns the version of an OpenAPI document, such as "3.0.3", or "" for anything else.
func openAPIVersion(v any) string {
	document, ok := v.(map[string]any)
	if !ok {
		return ""
	}
	version, _ := document["openapi"].(string)
	return version
}

// checkOpenAPI returns the problems of the schemas of an OpenAPI document. In a document of version 3.0 it first rewrites
// what means something else there.
func checkOpenAPI(v any, version string) []Problem {
	schemas, _ := pointer.Pointer{"components", "schemas"}.Lookup(v)
	named, ok := schemas.(map[string]any)
	if !ok {
		return []Problem{{"", "the OpenAPI document has no components/schemas"}}
	}
	c := &checker{openAPI: true}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		if strings.HasPrefix(version, "3.0") {
			named[name] = modernized(named[name])
		}
		c.schema("/components/schemas/"+pointer.Escape(name), named[name])
	}
	return c.problems
}

// modernized returns a schema of OpenAPI 3.0 as JSON Schema: nullable becomes the type null, and an exclusive limit its
// number.
func modernized(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = modernized(v[i])
		}
	case map[string]any:
		for name, member := range v {
			if name != "enum" && name != "default" && name != "example" && name != "const" {
				v[name] = modernized(member)
			}
		}
		for exclusive, limit := range map[string]string{"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"} {
			if is, ok := v[exclusive].(bool); ok {
				delete(v, exclusive)
				if bound, has := v[limit]; is && has {
					v[exclusive] = bound
					delete(v, limit)
				}
			}
		}
		nullable, ok := v["nullable"].(bool)
		if !ok {
			return v
		}
		delete(v, "nullable")
		name, typed := v["type"].(string)
		switch {
		case !nullable:
		case typed:
			v["type"] = []any{name, "null"}
			if list, ok := v["enum"].([]any); ok && !slices.Contains(list, any(nil)) {
				v["enum"] = append(list, nil)
			}
		case v["$ref"] != nil || v["allOf"] != nil || v["anyOf"] != nil || v["oneOf"] != nil:
			return map[string]any{"anyOf": []any{v, map[string]any{"type": "null"}}}
		}
	}
	return v
}
