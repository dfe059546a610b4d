package validate

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"semblance/schemas/naming"
	"semblance/schemas/pointer"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// form is the form of a keyword's value.
type form int

const (
	anything      form = iota
	text               // a string
	pattern            // a regular expression
	format             // the name of a format
	identity           // the URL of a schema
	number             // a number
	positive           // a number above 0
	count              // a whole number, 0 or more
	boolean            // true or false
	limit              // a number; in draft 4, true or false
	list               // an array
	names              // an array of strings
	types              // a type, or an array of them
	schema             // a schema
	schemaList         // an array of schemas
	schemaMap          // an object of schemas
	schemaOrList       // a schema or an array of them (items before 2020-12)
	patternMap         // an object of schemas by regular expression
	namesMap           // an object of arrays of strings
	schemaOrNames      // an object whose members are schemas or arrays of strings (dependencies)
)

type keyword struct {
	name string
	form form
}

// keywords lists the keywords of the drafts 4 to 2020-12.
var keywords = [...]keyword{
	{"$schema", text}, {"$id", identity}, {"id", identity}, {"$ref", text}, {"$anchor", text}, {"$dynamicRef", text},
	{"$dynamicAnchor", text}, {"$recursiveRef", text}, {"$recursiveAnchor", boolean}, {"$vocabulary", anything},
	{"$comment", text}, {"$defs", schemaMap}, {"definitions", schemaMap},
	{"type", types}, {"enum", list}, {"const", anything},
	{"multipleOf", positive}, {"minimum", number}, {"maximum", number}, {"exclusiveMinimum", limit}, {"exclusiveMaximum", limit},
	{"minLength", count}, {"maxLength", count}, {"pattern", pattern}, {"format", format},
	{"contentEncoding", text}, {"contentMediaType", text}, {"contentSchema", schema},
	{"items", schemaOrList}, {"prefixItems", schemaList}, {"additionalItems", schema}, {"unevaluatedItems", schema},
	{"contains", schema}, {"minContains", count}, {"maxContains", count},
	{"minItems", count}, {"maxItems", count}, {"uniqueItems", boolean},
	{"properties", schemaMap}, {"patternProperties", patternMap}, {"additionalProperties", schema},
	{"unevaluatedProperties", schema}, {"propertyNames", schema}, {"required", names},
	{"minProperties", count}, {"maxProperties", count},
	{"dependentRequired", namesMap}, {"dependentSchemas", schemaMap}, {"dependencies", schemaOrNames},
	{"allOf", schemaList}, {"anyOf", schemaList}, {"oneOf", schemaList}, {"not", schema},
	{"if", schema}, {"then", schema}, {"else", schema},
	{"title", text}, {"description", text}, {"default", anything}, {"examples", anything}, {"example", anything},
	{"deprecated", boolean}, {"readOnly", boolean}, {"writeOnly", boolean},
}

// typeNames are the types of JSON Schema.
var typeNames = [...]string{"string", "integer", "number", "boolean", "object", "array", "null"}

// remarks lists formats of OpenAPI that cannot be checked. They are allowed in schemas from there.
var remarks = [...]string{"int32", "int64", "float", "double", "byte", "binary", "password"}

// checkSchema returns the problems of a schema before the library compiles it. The library accepts unknown keywords
// silently, and its messages are hard to read.
func checkSchema(v any) []Problem {
	c := &checker{}
	c.schema("", v)
	return c.problems
}

type checker struct {
	problems []Problem
	openAPI  bool // the schema belongs to an OpenAPI document
}

func (c *checker) add(at, format string, arguments ...any) {
	c.problems = append(c.problems, Problem{at, fmt.Sprintf(format, arguments...)})
}

func (c *checker) schema(at string, v any) {
	switch v := v.(type) {
	case bool:
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			c.keyword(at, name, v[name])
		}
	default:
		c.add(at, "expected a schema (an object, true or false), got %s", describe(v))
	}
}

func (c *checker) keyword(at, name string, v any) {
	place := at + "/" + pointer.Escape(name)
	i := slices.IndexFunc(keywords[:], func(k keyword) bool { return k.name == name })
	if i < 0 {
		switch {
		case name == "nullable":
			c.add(place, "nullable is a keyword of OpenAPI 3.0, not of JSON Schema; write type: [string, \"null\"]")
		case c.openAPI && slices.Contains(openAPIOnly, name):
		case !strings.HasPrefix(name, "x-"):
			c.add(place, "%s", naming.Unknown("keyword", name, naming.List(keywords[:], func(k keyword) string { return k.name })))
		}
		return
	}
	if expected := c.value(place, keywords[i].form, v); expected != "" {
		c.add(place, "expected %s, got %s", expected, describe(v))
	}
}

// value checks the value of a keyword. It returns the expected form if v has another one, and adds the problems inside
// the value.
func (c *checker) value(at string, f form, v any) string {
	switch f {
	case text, pattern, format, identity:
		s, ok := v.(string)
		if !ok {
			return "a string"
		}
		c.word(at, f, s)
	case number, positive, count, limit:
		return numeral(f, v)
	case boolean:
		if _, ok := v.(bool); !ok {
			return "true or false"
		}
	case list:
		if items, ok := v.([]any); !ok || len(items) == 0 {
			return "an array of the values that are allowed"
		}
	case names:
		if !isStrings(v) {
			return "an array of strings"
		}
	case types:
		return c.types(at, v)
	case schema:
		c.schema(at, v)
	case schemaList, schemaOrList:
		items, ok := v.([]any)
		switch {
		case ok && len(items) > 0:
			for i, item := range items {
				c.schema(at+"/"+strconv.Itoa(i), item)
			}
		case ok || f == schemaList:
			return "an array of schemas"
		default:
			c.schema(at, v)
		}
	case schemaMap, patternMap, namesMap, schemaOrNames:
		return c.members(at, f, v)
	}
	return ""
}

func (c *checker) word(at string, f form, s string) {
	switch f {
	case pattern:
		if _, err := regexp.Compile(s); err != nil {
			c.add(at, "%s", badPattern(s, err))
		}
	case format:
		if jsonschema.Formats[s] == nil && !slices.Contains(remarks[:], s) {
			c.add(at, "%s", naming.Unknown("format", s, slices.Sorted(maps.Keys(jsonschema.Formats))))
		}
	case identity:
		// The library looks for a schema whose URL changes when it is resolved again until the stack overflows.
		if first, err := resolve(folder+"-", s); err == nil {
			if again, err := resolve(first, "#"); err != nil || again != first {
				c.add(at, "the URL %q does not resolve to itself; write one such as ack.json, without an empty query", s)
			}
		}
	}
}

func badPattern(pattern string, err error) string {
	message := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
	if strings.Contains(pattern, "(?=") || strings.Contains(pattern, "(?!") || strings.Contains(pattern, "(?<") {
		message += " (patterns are RE2, without look-ahead and look-behind)"
	}
	return fmt.Sprintf("the pattern %q does not compile: %s", pattern, message)
}

func (c *checker) types(at string, v any) string {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	if len(list) == 0 {
		return "a type or an array of types"
	}
	for _, item := range list {
		name, ok := item.(string)
		if !ok {
			return "a type or an array of types"
		}
		if !slices.Contains(typeNames[:], name) {
			c.add(at, "%s", naming.Unknown("type", name, typeNames[:]))
		}
	}
	return ""
}

func (c *checker) members(at string, f form, v any) string {
	members, ok := v.(map[string]any)
	if !ok {
		return "an object"
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		place, member := at+"/"+pointer.Escape(name), members[name]
		if f == patternMap {
			c.word(place, pattern, name)
		}
		if _, isList := member.([]any); f == namesMap || f == schemaOrNames && isList {
			if !isStrings(member) {
				c.add(place, "expected an array of strings, got %s", describe(member))
			}
			continue
		}
		c.schema(place, member)
	}
	return ""
}

func isStrings(v any) bool {
	items, ok := v.([]any)
	return ok && !slices.ContainsFunc(items, func(item any) bool { _, ok := item.(string); return !ok })
}

// numeral returns the expected form if v is not such a number.
func numeral(f form, v any) string {
	if _, ok := v.(bool); ok && f == limit {
		return ""
	}
	text, ok := v.(json.Number)
	value, err := text.Float64()
	switch {
	case f == count && (!ok || err != nil || value < 0 || value != float64(int(value))):
		return "a whole number, 0 or more"
	case f == positive && (!ok || value <= 0):
		return "a number above 0"
	case !ok:
		return "a number"
	}
	return ""
}
