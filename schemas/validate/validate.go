// Package validate compiles JSON Schemas and says, in words that a person understands, where a JSON document departs from
// one: the payloads that Semblance sends, and what receivers answer.
//
//	s, err := validate.Payload(eventType)                   // semblance:payload/<type>, compiled on first use
//	s, err := validate.Response("ack")                      // semblance:response/<name>
//	s, err := validate.File("schemas/ack.schema.json")      // a user's own
//	for _, v := range s.Validate(body) {
//		fmt.Println(v)                                      // /job/id: expected a string or an integer, got null
//	}
//
// A document comes from somebody else's program, so nothing in it may hurt: [Schema.Validate] bounds its size, depth and
// numbers before anything looks at it, and what is out of bounds is a [Violation] like any other. Violations come in a
// stable order, sorted by where they are.
//
// # An empty body
//
// A body without bytes, or of white space alone, counts as null. So a schema that allows an empty answer allows null
// ({"type": ["null", "object"]}, or {"$ref": "semblance:response/ack"}), and one that does not is answered with
// "expected an object, got an empty body".
//
// # What a schema may say
//
// Draft 2020-12 unless $schema names another. The keyword format is asserted, because an expectation that nothing checks
// is no expectation; a format that is not known is refused. An unknown keyword is refused with the nearest known one
// (x-… is free). A $ref reaches other files of the same folder and the schemas that come with Semblance
// (semblance:payload/<type>, semblance:response/<name>), and nothing else: never the network.
package validate

import (
	"fmt"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"semblance/schemas"
)

// Schema is a compiled JSON Schema. Its methods may be called from several goroutines.
type Schema struct {
	name      string
	compiled  *jsonschema.Schema
	documents documents // what it was compiled from, for the words of a violation
	budget    *budget
}

// Name is what the schema is called in messages: semblance:payload/booking.created, or the Name of its [Source].
func (s *Schema) Name() string { return s.name }

// shipped keeps the schemas that come with Semblance once they are compiled: from $id to func() (*Schema, error).
var shipped sync.Map

// Payload returns the schema of the event type's payload.
func Payload(t *schemas.EventType) (*Schema, error) {
	return compiledOnce("semblance:payload/" + t.Name)
}

// Response returns the schema semblance:response/<name>, one of those that [Responses] lists.
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
	return nil, fmt.Errorf("%q names no schema: there are semblance:payload/<event type> and semblance:response/<name>", id)
}

// Shipped describes one of the schemas for answers that come with Semblance.
type Shipped struct {
	Name        string // as in semblance:response/<name>
	Title       string
	Description string
}

// Responses lists the schemas for answers, by name.
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

// Validate reports where the document departs from the schema; nil means nowhere. It takes any bytes: what is no JSON
// or out of bounds is one violation. An empty document counts as null.
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

// ValidateValue is Validate for a document that [Parse] has read already, or one made of the same types:
// map[string]any, []any, string, bool, nil, json.Number and Go's own numbers.
func (s *Schema) ValidateValue(v any) []Violation {
	if err := checkValue(v, 0); err != nil {
		return []Violation{outOfBounds(err)}
	}
	return s.validate(v, "")
}
