package schemas

import (
	"embed"
	"fmt"
	"strings"

	"semblance/schemas/naming"
)

//go:embed payload/*.schema.json response/*.schema.json
var files embed.FS

const schemaSuffix = ".schema.json"

// PayloadSchema returns the JSON Schema of the type's payload, as schemas/payload/<type>.schema.json holds it. Its $id is
// "semblance:payload/<type>".
func (t *EventType) PayloadSchema() []byte {
	data, err := files.ReadFile("payload/" + t.Name + schemaSuffix)
	if err != nil { // the test of the generator holds table and files together
		panic("schemas: " + err.Error())
	}
	return data
}

// ResponseSchema returns the JSON Schema of that name in schemas/response/. Its $id is "semblance:response/<name>".
func ResponseSchema(name string) ([]byte, error) {
	data, err := files.ReadFile("response/" + name + schemaSuffix)
	if err == nil {
		return data, nil
	}
	known := ResponseNames()
	if near := naming.Nearest(name, known); near != "" {
		return nil, fmt.Errorf("unknown response schema %q; did you mean %q?", name, near)
	}
	return nil, fmt.Errorf("unknown response schema %q; there are %s", name, strings.Join(known, ", "))
}

// ResponseNames returns the names of the response schemas, sorted.
func ResponseNames() []string {
	entries, err := files.ReadDir("response")
	if err != nil { // it is embedded
		panic("schemas: " + err.Error())
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), schemaSuffix)
	}
	return names
}
