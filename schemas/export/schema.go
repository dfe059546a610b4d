package export

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"semblance/schemas"
	"semblance/schemas/objectid"
)

// schema is a JSON Schema with the keywords that mean the same in AsyncAPI (draft 7) and OpenAPI 3.1 (2020-12). Its
// properties are sorted by name; the examples show the order of the payload.
type schema struct {
	Ref                  string             `json:"$ref,omitempty"`
	Title                string             `json:"title,omitempty"`
	Description          string             `json:"description,omitempty"`
	Deprecated           bool               `json:"deprecated,omitempty"`
	Type                 string             `json:"type,omitempty"`
	Const                string             `json:"const,omitempty"`
	Enum                 []string           `json:"enum,omitempty"`
	Pattern              string             `json:"pattern,omitempty"`
	Format               string             `json:"format,omitempty"`
	ContentMediaType     string             `json:"contentMediaType,omitempty"`
	Properties           map[string]*schema `json:"properties,omitempty"`
	Required             []string           `json:"required,omitempty"`
	AdditionalProperties *bool              `json:"additionalProperties,omitempty"`
	OneOf                []*schema          `json:"oneOf,omitempty"`
}

// componentName returns the name of a payload's schema among the components.
func componentName(t *schemas.EventType) string { return exported(t.Name) }

// components returns the schemas of all payloads and of ids.
func components() map[string]*schema {
	all := map[string]*schema{"Id": {
		Description: "A MongoDB ObjectId: 24 lowercase hexadecimal digits.",
		Type:        "string",
		Pattern:     "^[0-9a-f]{24}$",
	}}
	for _, t := range schemas.AllWithRetired() {
		all[componentName(t)] = payloadSchema(t)
	}
	return all
}

func payloadSchema(t *schemas.EventType) *schema {
	description := summary(t)
	if text := note(t); text != "" {
		description += " " + text
	}
	s := strict(map[string]*schema{
		"subscriptionId": ref("Id"),
		"eventId":        ref("Id"),
		"eventType":      {Type: "string", Const: t.Name},
		"identifiers":    identifiersSchema(t),
	}, "subscriptionId", "eventId", "eventType", "identifiers")
	s.Title, s.Description, s.Deprecated = t.Name, description, t.Retired()
	if len(t.Metadata) > 0 {
		s.Properties["metadata"] = metadataSchema(t)
		s.Required = append(s.Required, "metadata")
	}
	return s
}

func ref(component string) *schema { return &schema{Ref: "#/components/schemas/" + component} }

// strict returns the schema of an object without other properties.
func strict(properties map[string]*schema, required ...string) *schema {
	return &schema{Type: "object", Properties: properties, Required: required, AdditionalProperties: new(bool)}
}

// identifiersSchema returns alternatives as oneOf complete objects, from which code generators make a union.
func identifiersSchema(t *schemas.EventType) *schema {
	var shapes []*schema
	for _, shape := range alternatives(t) {
		properties := map[string]*schema{}
		for _, key := range slices.Concat(shape.required, shape.optional) {
			properties[key] = valueSchema(t, key)
		}
		shapes = append(shapes, strict(properties, shape.required...))
	}
	if len(shapes) == 1 {
		return shapes[0]
	}
	return &schema{OneOf: shapes}
}

func valueSchema(t *schemas.EventType, key string) *schema {
	value, ok := t.Value(key)
	if !ok {
		return ref("Id")
	}
	switch value.Kind {
	case schemas.ValueEnum:
		return &schema{Type: "string", Enum: value.Enum}
	case schemas.ValueDateTime:
		return &schema{Type: "string", Format: "date-time"}
	case schemas.ValueJSONArray:
		return &schema{
			Description:      "A JSON array of strings, encoded as one string.",
			Type:             "string",
			Pattern:          schemas.JSONStringsPattern,
			ContentMediaType: "application/json",
		}
	}
	return ref("Id")
}

func metadataSchema(t *schemas.EventType) *schema {
	properties := map[string]*schema{}
	var required []string
	for _, f := range t.Metadata {
		properties[f.Name] = &schema{Type: f.Type}
		if !f.Optional {
			required = append(required, f.Name)
		}
	}
	return strict(properties, required...)
}

// example is a payload with all optional identifiers. For a type with alternatives it shows the last one, which has the
// most identifiers.
type example struct {
	SubscriptionID string         `json:"subscriptionId"`
	EventID        string         `json:"eventId"`
	EventType      string         `json:"eventType"`
	Identifiers    ordered        `json:"identifiers"`
	Metadata       map[string]any `json:"metadata,omitempty"`
}

func exampleOf(t *schemas.EventType) example {
	at := time.Date(2026, time.January, 31, 9, 30, 0, 0, time.UTC)
	ids := objectid.NewGenerator(1)
	e := example{SubscriptionID: ids.New(at).String(), EventID: ids.New(at).String(), EventType: t.Name}
	shapes := alternatives(t)
	shape := shapes[len(shapes)-1]
	for _, key := range slices.Concat(shape.required, shape.optional) {
		text := ids.New(at).String()
		if value, ok := t.Value(key); ok {
			switch value.Kind {
			case schemas.ValueEnum:
				text = value.Enum[0]
			case schemas.ValueDateTime:
				text = at.Format(time.RFC3339)
			case schemas.ValueJSONArray:
				text = `["stage","owner"]`
			}
		}
		e.Identifiers = append(e.Identifiers, schemas.Identifier{Name: key, Value: text})
	}
	values := map[string]any{"string": "booking.created", "integer": 503, "boolean": true}
	if len(t.Metadata) > 0 {
		e.Metadata = map[string]any{}
	}
	for _, f := range t.Metadata {
		e.Metadata[f.Name] = values[f.Type]
	}
	return e
}

// ordered is a JSON object in the order of the payload.
type ordered []schemas.Identifier

func (o ordered) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, identifier := range o {
		if i > 0 {
			b = append(b, ',')
		}
		value, err := json.Marshal(identifier.Value)
		if err != nil {
			return nil, err
		}
		b = fmt.Appendf(b, "%q:%s", identifier.Name, value)
	}
	return append(b, '}'), nil
}
