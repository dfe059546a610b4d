package openapi

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// A Schema is a JSON Schema.
type Schema = map[string]any

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
		return maps.Clone(known)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return b.schema(t.Elem())
	case reflect.Bool:
		return Schema{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return Schema{"type": "integer"}
	case reflect.Float64:
		return Schema{"type": "number"}
	case reflect.String:
		s := Schema{"type": "string"}
		if values := b.source.enums[typeName(t)]; values != nil {
			s["enum"] = values
		}
		return s
	case reflect.Interface:
		return Schema{}
	case reflect.Map:
		return Schema{"type": "object", "additionalProperties": b.schema(t.Elem())}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 { // base64
			return Schema{"type": "string"}
		}
		return Schema{"type": "array", "items": b.schema(t.Elem())}
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			return Schema{"type": "string", "format": "date-time"}
		}
		return b.component(t)
	}
	panic(fmt.Sprintf("openapi: no schema for %s", t))
}

// component returns a reference to the schema of a struct, or the schema itself if the type has no simple name. The name is
// that of the type in upper case and without View: Event for eventView.
func (b *builder) component(t reflect.Type) Schema {
	name := strings.TrimSuffix(t.Name(), "View")
	if name == "" || strings.Contains(name, "[") {
		return b.structure(t)
	}
	name = strings.ToUpper(name[:1]) + name[1:]
	if b.components[name] == nil {
		b.components[name] = Schema{} // a type may refer to itself
		s := b.structure(t)
		s["description"] = sentence(strings.TrimPrefix(b.source.comments[typeName(t)], t.Name()+" is "))
		b.components[name] = s
	}
	return Schema{"$ref": "#/components/schemas/" + name}
}

// structure returns the schema of a struct.
func (b *builder) structure(t reflect.Type) Schema {
	encoded := t
	if form, ok := reflect.Zero(t).Interface().(jsonForm); ok {
		encoded = reflect.TypeOf(form.JSONForm())
	}
	properties, required := map[string]Schema{}, []string{}
	for _, f := range reflect.VisibleFields(encoded) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || name == "" || name == "-" {
			continue
		}
		owner := encoded
		if len(f.Index) > 1 {
			owner = encoded.FieldByIndex(f.Index[:len(f.Index)-1]).Type
		}
		property := b.schema(f.Type)
		if text := cmp.Or(b.source.comments[typeName(owner)+"."+f.Name], b.source.comments[typeName(t)+"."+f.Name]); text != "" {
			property["description"] = sentence(strings.TrimPrefix(text, f.Name+" is "))
		}
		constrain(property, f.Tag.Get("api"))
		properties[name] = property
		if !strings.Contains(options, "omit") {
			required = append(required, name)
		}
	}
	s := Schema{"type": "object"}
	if len(required) > 0 {
		s["required"] = required
	}
	if len(properties) == 0 {
		s["maxProperties"] = 0
	} else {
		s["properties"] = properties
	}
	return s
}

// constrain applies the api tag of a field.
func constrain(s Schema, tag string) {
	for word := range strings.SplitSeq(tag, ",") {
		switch keyword, text, _ := strings.Cut(word, "="); keyword {
		case "":
		case "id":
			if items, ok := s["items"].(Schema); ok {
				s = items
			}
			s["pattern"] = idPattern
		case "null":
			s["type"] = []any{s["type"], "null"}
		default:
			number, err := strconv.ParseFloat(text, 64)
			if err != nil {
				panic(fmt.Sprintf("openapi: the tag %q: %v", tag, err))
			}
			s[keyword] = number
		}
	}
}

// typeName returns the name of a type with its package and without type arguments.
func typeName(t reflect.Type) string {
	name, _, _ := strings.Cut(t.Name(), "[")
	return t.PkgPath() + "." + name
}
