package validate_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"semblance/schemas/validate"
)

const openAPI30 = `openapi: 3.0.3
info: {title: Receiver, version: "1"}
paths: {}
components:
  schemas:
    Ack:
      type: object
      required: [status, note, at]
      additionalProperties: false
      discriminator: {propertyName: status}
      properties:
        status: {type: string, enum: [accepted, queued]}
        note: {type: string, nullable: true}
        at: {type: string, example: 2026-11-30}
        job: {$ref: '#/components/schemas/Job'}
    Job:
      type: object
      properties:
        id: {type: integer, minimum: 0, exclusiveMinimum: true, x-order: 010}
        parent: {nullable: true, allOf: [{$ref: '#/components/schemas/Job'}]}
`

func TestSchemasInYAML(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"openapi.yaml":    openAPI30,
		"ack.schema.yaml": "type: object\nrequired: [status]\nproperties:\n  status: {const: accepted}\n  day: {const: 2026-11-30}\n  id: {const: \"010\"}\n",
		"uses.json":       `{"type": "object", "properties": {"ack": {"$ref": "openapi.yaml#/components/schemas/Ack"}}}`,
		"nullable.json":   `{"type": "object", "properties": {"a": {"type": "string", "nullable": true}}}`,
		"openapi31.yaml":  "openapi: 3.1.0\ninfo: {title: x, version: '1'}\ncomponents:\n  schemas:\n    A: {type: string, nullable: true}\n",
		"twice.yaml":      "type: object\ntype: string\n",
		"broken.yaml":     "type: [object\n",
		"empty.yaml":      "",
		"bomb.yaml":       "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nenum: [*e,*e,*e,*e,*e,*e]\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct{ schema, body, want string }{
		{"openapi.yaml#/components/schemas/Ack", `{"status":"accepted","note":null,"at":"x","job":{"id":1,"parent":null}}`, ""},
		{"openapi.yaml#/components/schemas/Ack", `{"status":"accepted","note":1,"at":"x"}`, "/note: expected"},
		{"openapi.yaml#/components/schemas/Ack", `{"status":"other","note":null,"at":"x"}`, "/status: expected"},
		{"openapi.yaml#/components/schemas/Ack", `{"status":"queued","note":null,"at":"x","job":{"id":0}}`, "/job/id: expected"},
		{"openapi.yaml#/components/schemas/Ack", `{"status":"queued","note":null,"at":"x","job":{"id":1,"parent":{"id":"x"}}}`, "/job/parent"},
		{"uses.json", `{"ack":{"status":"accepted","note":null}}`, "/ack"},
		{"uses.json", `{"ack":{"status":"accepted","note":null,"at":"x"}}`, ""},
		{"ack.schema.yaml", `{"status":"accepted","day":"2026-11-30","id":"010"}`, ""},
		{"ack.schema.yaml", `{"status":"refused"}`, "/status: expected"},
	} {
		schema, err := validate.File(filepath.Join(folder, test.schema))
		if err != nil {
			t.Errorf("%s: %v", test.schema, err)
			continue
		}
		var got []string
		for _, v := range schema.Validate([]byte(test.body)) {
			got = append(got, v.String())
		}
		if text := strings.Join(got, "; "); test.want == "" && text != "" || !strings.Contains(text, test.want) {
			t.Errorf("%s at %s: %q, want %q", test.body, test.schema, text, test.want)
		}
	}
	for _, test := range []struct{ schema, want string }{
		{"openapi.yaml", "this is an OpenAPI document; name a schema in it, such as"},
		{"openapi.yaml#/components/schemas/None", "has no target"},
		{"nullable.json", `/properties/a/nullable: nullable is a keyword of OpenAPI 3.0, not of JSON Schema; write type: [string, "null"]`},
		{"openapi31.yaml#/components/schemas/A", "nullable is a keyword of OpenAPI 3.0"},
		{"twice.yaml", "line"},
		{"broken.yaml", "line"},
		{"empty.yaml", "the file is empty"},
		{"bomb.yaml", "too large or too deep"},
	} {
		_, err := validate.File(filepath.Join(folder, test.schema))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.schema, err, test.want)
		}
	}
}

func FuzzSchemaInYAML(f *testing.F) {
	f.Add(openAPI30)
	f.Add("type: object\n")
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		name := filepath.Join(folder, "fuzz.yaml")
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Skip()
		}
		if schema, err := validate.File(name); err == nil {
			schema.Validate([]byte(`{"a":1}`))
		}
	})
}
