package schemas

import (
	"embed"
	"errors"
	"io/fs"
	"strings"

	"semblance/schemas/naming"
)

//go:embed payload/*.schema.json response/*.schema.json scenario.schema.json
var files embed.FS

const schemaSuffix = ".schema.json"

// PayloadSchema returns the JSON Schema of the type's payload, the file payload/TYPE.schema.json. Its $id is
// "semblance:payload/TYPE".
func (t *EventType) PayloadSchema() []byte { return embedded("payload/" + t.Name) }

// ScenarioSchema returns the JSON Schema of the scenario language, for editors. It is generated from the tables of the
// parser in scenarios/script.
func ScenarioSchema() []byte { return embedded("scenario") }

func embedded(name string) []byte {
	data, err := files.ReadFile(name + schemaSuffix)
	if err != nil {
		panic("schemas: " + err.Error()) // a test compares the files with the catalogue
	}
	return data
}

// ResponseSchema returns the JSON Schema with the given name in response/. Its $id is "semblance:response/NAME".
func ResponseSchema(name string) ([]byte, error) {
	data, err := files.ReadFile("response/" + name + schemaSuffix)
	if err != nil {
		return nil, errors.New(naming.Unknown("response schema", name, ResponseNames()))
	}
	return data, nil
}

// ResponseNames returns the names of the response schemas, sorted.
func ResponseNames() []string {
	entries, err := files.ReadDir("response")
	if err != nil {
		panic("schemas: " + err.Error())
	}
	return naming.List(entries, func(e fs.DirEntry) string { return strings.TrimSuffix(e.Name(), schemaSuffix) })
}
