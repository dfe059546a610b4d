package export

import (
	"encoding/json"
	"io"

	"semblance/schemas"
)

// bundle is a compound schema document, which embeds each schema with its $id.
type bundle struct {
	Schema      string                     `json:"$schema"`
	ID          string                     `json:"$id"`
	Title       string                     `json:"title"`
	Description string                     `json:"description"`
	OneOf       []reference                `json:"oneOf"`
	Defs        map[string]json.RawMessage `json:"$defs"`
}

// Schemas writes the JSON Schemas of all payloads as one document of draft 2020-12. A value is valid if it is a valid
// payload of any type. Each schema keeps its $id, semblance:payload/TYPE, for references.
func Schemas(w io.Writer) error {
	b := bundle{
		Schema:      "https://json-schema.org/draft/2020-12/schema",
		ID:          "semblance:payload",
		Title:       "Any webhook payload",
		Description: introduction,
		Defs:        map[string]json.RawMessage{},
	}
	for _, t := range schemas.AllWithRetired() {
		b.OneOf = append(b.OneOf, reference{"semblance:payload/" + t.Name})
		b.Defs[t.Name] = t.PayloadSchema()
	}
	return writeJSON(w, b)
}
