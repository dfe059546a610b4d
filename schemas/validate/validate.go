// Package validate compiles JSON Schemas and explains in plain words where a JSON document does not match one: payloads
// of events, and responses of receivers.
//
//	s, err := validate.Payload(eventType)                   // semblance:payload/<type>, compiled on first use
//	s, err := validate.Response("ack")                      // semblance:response/<name>
//	s, err := validate.File("schemas/ack.schema.json")      // a user's own
//	for _, v := range s.Validate(body) {
//		fmt.Println(v)                                      // /job/id: expected a string or an integer, got null
//	}
//
// A document comes from another program and may be hostile: [Schema.Validate] bounds its size, depth and numbers before
// parsing, and the work of the validation. A document out of bounds is a [Violation] like any other. Violations are sorted
// by place.
//
// # An empty body
//
// An empty body, or one of white space, counts as null. A schema that allows an empty response therefore allows null
// ({"type": ["null", "object"]}, or {"$ref": "semblance:response/ack"}). Otherwise the violation is "expected an object, got
// an empty body".
//
// # Schemas
//
// The draft is 2020-12 unless $schema names another. The keyword format is asserted, and an unknown format is refused. An
// unknown keyword is refused with the nearest known one (x-… is allowed). A $ref may reach other files of the same folder
// and the schemas of Semblance (semblance:payload/<type>, semblance:response/<name>) only: never the network.
package validate

import (
	"fmt"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"semblance/schemas"
)

// Schema is a compiled JSON Schema. It is safe for concurrent use.
type Schema struct {
	name      string
	compiled  *jsonschema.Schema
	documents documents // its sources, for explaining violations
	budget    *budget
}

// Name returns the name of the schema in messages: semblance:payload/booking.created, or the Name of its [Source].
func (s *Schema) Name() string { return s.name }

// shipped holds the compiled schemas of Semblance: from $id to func() (*Schema, error).
var shipped sync.Map

// Payload returns the schema of the event type's payload.
func Payload(t *schemas.EventType) (*Schema, error) {
	return compiledOnce("semblance:payload/" + t.Name)
}

// Response returns the schema semblance:response/<name>; see [Responses].
func Response(name string) (*Schema, error) {
	if _, err := schemas.ResponseSchema(name); err != nil {
		return nil, err
	}
	return compiledOnce("semblance:response/" + name)
}

func compiledOnce(id string) (*Schema, error) {
	once, ok := shipped.Load(id)
	if !ok {
		once, _ = shipped.LoadOrStore(id, sync.OnceValues(func() (*Schema, error) { return compileShipped(id) }))
	}
	return once.(func() (*Schema, error))()
}

// readShipped returns the schema with the $id semblance:payload/<type> or semblance:response/<name>.
func readShipped(id string) ([]byte, error) {
	path := strings.TrimPrefix(id, "semblance:")
	if name, ok := strings.CutPrefix(path, "payload/"); ok {
		t, err := schemas.Lookup(name)
		if err != nil {
			return nil, err
		}
		return t.PayloadSchema(), nil
	}
	if name, ok := strings.CutPrefix(path, "response/"); ok {
		return schemas.ResponseSchema(name)
	}
	return nil, fmt.Errorf("unknown schema %q; use semblance:payload/<event type> or semblance:response/<name>", id)
}

// Shipped describes a schema of Semblance for responses.
type Shipped struct {
	Name        string // as in semblance:response/<name>
	Title       string
	Description string
}

// Responses returns the schemas for responses, sorted by name.
func Responses() ([]Shipped, error) {
	var list []Shipped
	for _, name := range schemas.ResponseNames() {
		data, err := schemas.ResponseSchema(name)
		if err != nil {
			return nil, err
		}
		v, err := Parse(data)
		if err != nil {
			return nil, fmt.Errorf("schema semblance:response/%s: %w", name, err)
		}
		schema, _ := v.(map[string]any)
		title, _ := schema["title"].(string)
		description, _ := schema["description"].(string)
		list = append(list, Shipped{Name: name, Title: title, Description: description})
	}
	return list, nil
}

// Validate returns the violations of a document, or nil if it is valid. It accepts any bytes: invalid JSON or a document out
// of bounds is one violation. An empty document counts as null.
func (s *Schema) Validate(data []byte) []Violation {
	if isEmpty(data) {
		return s.validate(nil, "an empty body")
	}
	v, err := Parse(data)
	if err != nil {
		return []Violation{outOfBounds(err)}
	}
	return s.validate(v, "")
}

// ValidateValue is Validate for a document from [Parse], or one of the same types: map[string]any, []any, string, bool,
// nil, json.Number and Go's numbers.
func (s *Schema) ValidateValue(v any) []Violation {
	if err := checkValue(v, 0); err != nil {
		return []Violation{outOfBounds(err)}
	}
	return s.validate(v, "")
}
