package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// object is a JSON object with a fixed order of members, so that a change of the catalogue changes few lines.
type object []member

type member struct {
	key   string
	value any
}

func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		value, err := encode(m.value)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%q:%s", m.key, value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// encode is json.Marshal without escapes for HTML.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// payloadSchema returns the JSON Schema of the payload of an event type. It allows no unknown members and expresses which
// identifiers exclude or require each other.
func payloadSchema(e eventType) ([]byte, error) {
	identifiers, err := identifiersSchema(e)
	if err != nil {
		return nil, fmt.Errorf("event type %s: %w", e.Name, err)
	}
	properties := object{
		{"subscriptionId", object{
			{"description", "The subscription that receives the event."},
			{"$ref", "#/$defs/id"},
		}},
		{"eventId", object{
			{"description", "A unique id for this delivery attempt."},
			{"$ref", "#/$defs/id"},
		}},
		{"eventType", object{{"const", e.Name}}},
		{"identifiers", identifiers},
	}
	required := []string{"subscriptionId", "eventId", "eventType", "identifiers"}
	if len(e.Metadata) > 0 {
		properties = append(properties, member{"metadata", metadataSchema(e)})
		required = append(required, "metadata")
	}
	encoded, err := encode(object{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"$id", "semblance:payload/" + e.Name},
		{"title", e.Name},
		{"description", description(e)},
		{"type", "object"},
		{"properties", properties},
		{"required", required},
		{"additionalProperties", false},
		{"$defs", object{{"id", object{
			{"description", "A MongoDB ObjectId: 24 lowercase hexadecimal digits."},
			{"type", "string"},
			{"pattern", "^[0-9a-f]{24}$"},
		}}}},
	})
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = json.Indent(&b, encoded, "", "  ")
	b.WriteByte('\n')
	return b.Bytes(), err
}

func description(e eventType) string {
	text := strings.TrimSuffix(e.Summary, ".") + "."
	switch e.Evidence {
	case "inferred":
		text += " The name is documented by the provider, the identifiers are inferred."
	case "retired":
		text += " Retired: the provider's reference no longer lists it."
	}
	return text
}

// identifiersSchema returns the schema of the identifiers object. Exactly one identifier of oneOf is required; those of
// optionalWith require it with dependentRequired.
func identifiersSchema(e eventType) (object, error) {
	var properties object
	dependent := object{}
	add := func(keys []string, note string) error {
		for _, key := range keys {
			schema, err := identifierSchema(e, key, note)
			if err != nil {
				return err
			}
			properties = append(properties, member{key, schema})
		}
		return nil
	}
	if err := add(e.Required, ""); err != nil {
		return nil, err
	}
	var alternatives []object
	for _, one := range e.OneOf {
		if err := add([]string{one}, ""); err != nil {
			return nil, err
		}
		with := e.OptionalWith[one]
		if err := add(with, fmt.Sprintf("Only together with %s, and absent if the record has none.", one)); err != nil {
			return nil, err
		}
		for _, key := range with {
			dependent = append(dependent, member{key, []string{one}})
		}
		alternatives = append(alternatives, object{{"required", []string{one}}})
	}
	if err := add(e.Optional, "Absent if the record has none."); err != nil {
		return nil, err
	}
	schema := object{
		{"description", "Strings only. An identifier whose record does not exist is absent, never null and never empty."},
		{"type", "object"},
		{"properties", properties},
	}
	if len(e.Required) > 0 {
		schema = append(schema, member{"required", e.Required})
	}
	if len(alternatives) > 0 {
		schema = append(schema, member{"oneOf", alternatives})
	}
	if len(dependent) > 0 {
		schema = append(schema, member{"dependentRequired", dependent})
	}
	return append(schema, member{"additionalProperties", false}), nil
}

// jsonStringsPattern matches the text of a JSON array of at least one string, in ECMA-262 and in RE2.
const (
	jsonStringsPattern = `^\s*\[\s*` + jsonString + `(\s*,\s*` + jsonString + `)*\s*\]\s*$`
	jsonString         = `"([^"\\]|\\.)*"`
)

func identifierSchema(e eventType, key, note string) (object, error) {
	i := slices.IndexFunc(e.Values, func(v entry[value]) bool { return v.key == key })
	var v value
	if i >= 0 {
		v = e.Values[i].value
	}
	if v.JSONArrayOf == "string" {
		note = strings.TrimSpace("A JSON array of strings, encoded as one string. " + note)
	}
	var schema object
	if note != "" {
		schema = object{{"description", note}}
	}
	switch {
	case i < 0, v.Format == "objectId":
		return append(schema, member{"$ref", "#/$defs/id"}), nil
	case len(v.Enum) > 0:
		return append(schema, member{"enum", v.Enum}), nil
	case v.Format == "date-time":
		return append(schema, member{"type", "string"}, member{"format", "date-time"}), nil
	case v.JSONArrayOf == "string":
		return append(schema,
			member{"type", "string"},
			member{"pattern", jsonStringsPattern}, // many validators ignore the content keywords
			member{"contentMediaType", "application/json"},
			member{"contentSchema", object{{"type", "array"}, {"minItems", 1}, {"items", object{{"type", "string"}}}}},
		), nil
	}
	return nil, fmt.Errorf("value %s has neither enum nor a known format", key)
}

func metadataSchema(e eventType) object {
	var properties object
	var required []string
	for _, m := range e.Metadata {
		properties = append(properties, member{m.key, object{{"type", m.value.Type}}})
		if !m.value.Optional {
			required = append(required, m.key)
		}
	}
	return object{
		{"description", "Native types, unlike the identifiers."},
		{"type", "object"},
		{"properties", properties},
		{"required", required},
		{"additionalProperties", false},
	}
}
