package openapi

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Schema is the part of JSON Schema that documents use. The api tag of a field sets some of it, separated by commas:
// id (an ObjectId), null (null is allowed, too), min=N, max=N, above=N, default=N, minItems=N, maxItems=N.
type Schema struct {
	Ref                  string   `json:"$ref,omitempty"`
	Type                 any      `json:"type,omitempty"` // a name or a list of names
	Description          string   `json:"description,omitempty"`
	Format               string   `json:"format,omitempty"`
	Pattern              string   `json:"pattern,omitempty"`
	Enum                 []string `json:"enum,omitempty"`
	Minimum              *float64 `json:"minimum,omitempty"`
	ExclusiveMinimum     *float64 `json:"exclusiveMinimum,omitempty"`
	Maximum              *float64 `json:"maximum,omitempty"`
	MinItems             *int     `json:"minItems,omitempty"`
	MaxItems             *int     `json:"maxItems,omitempty"`
	MaxProperties        *int     `json:"maxProperties,omitempty"`
	Default              any      `json:"default,omitempty"`
	Items                *Schema  `json:"items,omitempty"`
	Required             []string `json:"required,omitempty"`
	Properties           object   `json:"properties,omitempty"`
	AdditionalProperties *Schema  `json:"additionalProperties,omitempty"`
}

// idPattern matches the provider's ids.
const idPattern = "^[0-9a-f]{24}$"

// A builder collects the schemas that other parts of a document refer to.
type builder struct {
	api        API
	source     *Source
	components object
}

// A jsonForm is a type that encodes itself as the JSON of another type.
type jsonForm interface{ JSONForm() any }

// schema returns the schema of a type. Named structs become components.
func (b *builder) schema(t reflect.Type) Schema {
	if known, ok := b.api.Types[t]; ok {
		return known
	}
	switch t.Kind() {
	case reflect.Pointer:
		return b.schema(t.Elem())
	case reflect.Bool:
		return Schema{Type: "boolean"}
	case reflect.Int, reflect.Int64:
		return Schema{Type: "integer"}
	case reflect.Float64:
		return Schema{Type: "number"}
	case reflect.String:
		return Schema{Type: "string", Enum: b.source.enum(t)}
	case reflect.Interface:
		return Schema{}
	case reflect.Map:
		values := b.schema(t.Elem())
		return Schema{Type: "object", AdditionalProperties: &values}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 { // base64
			return Schema{Type: "string"}
		}
		items := b.schema(t.Elem())
		return Schema{Type: "array", Items: &items}
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			return Schema{Type: "string", Format: "date-time"}
		}
		return b.component(t)
	}
	panic(fmt.Sprintf("openapi: no schema for %s", t))
}

// component returns a reference to the schema of a struct, or the schema itself if the type has no simple name.
func (b *builder) component(t reflect.Type) Schema {
	if t.Name() == "" || strings.Contains(t.Name(), "[") {
		return b.structure(t)
	}
	name := componentName(t)
	if !slices.ContainsFunc(b.components, func(m member) bool { return m.name == name }) {
		i := len(b.components)
		b.components = append(b.components, member{name, nil}) // a type may refer to itself
		s := b.structure(t)
		s.Description = b.source.typeComment(t)
		b.components[i].value = s
	}
	return Schema{Ref: "#/components/schemas/" + name}
}

// componentName is the type's name in upper case and without View: Event for eventView.
func componentName(t reflect.Type) string {
	name := strings.TrimSuffix(t.Name(), "View")
	return strings.ToUpper(name[:1]) + name[1:]
}

// structure returns the schema of a struct.
func (b *builder) structure(t reflect.Type) Schema {
	s := Schema{Type: "object"}
	encoded := t
	if form, ok := reflect.Zero(t).Interface().(jsonForm); ok {
		encoded = reflect.TypeOf(form.JSONForm())
	}
	for _, f := range reflect.VisibleFields(encoded) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || name == "" || name == "-" {
			continue
		}
		property := b.schema(f.Type)
		owner := encoded
		if len(f.Index) > 1 {
			owner = encoded.FieldByIndex(f.Index[:len(f.Index)-1]).Type
		}
		property.Description = b.source.fieldComment(f.Name, owner, t)
		property.constrain(f.Tag.Get("api"))
		s.Properties = append(s.Properties, member{name, property})
		if !strings.Contains(options, "omit") {
			s.Required = append(s.Required, name)
		}
	}
	if len(s.Properties) == 0 {
		s.MaxProperties = new(int)
	}
	return s
}

// constrain applies the api tag of a field.
func (s *Schema) constrain(tag string) {
	for word := range strings.SplitSeq(tag, ",") {
		key, text, _ := strings.Cut(word, "=")
		number, err := strconv.ParseFloat(text, 64)
		if text != "" && err != nil {
			panic(fmt.Sprintf("openapi: the tag %q: %v", tag, err))
		}
		count := int(number)
		switch key {
		case "":
		case "id":
			target := s
			if s.Items != nil {
				target = s.Items
			}
			target.Pattern = idPattern
		case "null":
			s.Type = []any{s.Type, "null"}
		case "min":
			s.Minimum = &number
		case "above":
			s.ExclusiveMinimum = &number
		case "max":
			s.Maximum = &number
		case "minItems":
			s.MinItems = &count
		case "maxItems":
			s.MaxItems = &count
		case "default":
			s.Default = number
		default:
			panic(fmt.Sprintf("openapi: unknown word in the tag %q", tag))
		}
	}
}
