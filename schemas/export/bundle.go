package export

import (
	"encoding/json"
	"io"

	"semblance/schemas"
)

// draft is the draft of JSON Schema that the documents use.
const draft = "https://json-schema.org/draft/2020-12/schema"

// Schemas writes the JSON Schemas of all payloads as one compound document of draft 2020-12. A value is valid if it is a valid
// payload of any type. Each schema keeps its $id, semblance:payload/TYPE, for references.
func Schemas(w io.Writer) error {
	var oneOf []object
	defs := map[string]json.RawMessage{}
	for _, t := range schemas.AllWithRetired() {
		oneOf = append(oneOf, object{"$ref": "semblance:payload/" + t.Name})
		defs[t.Name] = t.PayloadSchema()
	}
	return writeJSON(w, object{
		"$schema": draft, "$id": "semblance:payload", "title": "Any webhook payload", "description": introduction, "oneOf": oneOf, "$defs": defs,
	})
}
