package validate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func TestReferences(t *testing.T) {
	files := fstest.MapFS{
		"ack.schema.json":   {Data: []byte(`{"type":"object","required":["ok"],"properties":{"ok":{"$ref":"sub/flag.json"}}}`)},
		"sub/flag.json":     {Data: []byte(`{"$ref":"../defs.json#/$defs/flag"}`)},
		"defs.json":         {Data: []byte(`{"$defs":{"flag":{"const":true}}}`)},
		"with space.json":   {Data: []byte(`{"type":"null"}`)},
		"bad.json":          {Data: []byte(`{"typ":"null"}`)},
		"garbage.json":      {Data: []byte(`<html>`)},
		"loop.json":         {Data: []byte(`{"$ref":"loop.json"}`)},
		"sub/identity.json": {Data: []byte(`{"$id":"https://example.com/identity.json","$ref":"#/$defs/a","$defs":{"a":{"type":"string"}}}`)},
	}
	tests := []struct {
		schema, path string
		body, want   string // the violations, or the error
	}{
		{`{"$ref":"ack.schema.json"}`, "", `{"ok":true}`, ""},
		{`{"$ref":"ack.schema.json"}`, "", `{"ok":1}`, "/ok: expected true, got the number 1"},
		{`{"$ref":"flag.json"}`, "sub/here.json", `1`, "the document: expected true, got the number 1"},
		{`{"$ref":"with space.json"}`, "", `1`, "the document: expected null, got the number 1"},
		{`{"$ref":"sub/identity.json"}`, "", `1`, "the document: expected a string, got the number 1"},
		{`{"$ref":"semblance:response/queued"}`, "", `{}`, `the document: expected the property "job", got an empty object`},
		{`{"properties":{"event":{"$ref":"semblance:payload/patient.created"}}}`, "", `{"event":7}`, "/event: expected an object, got the number 7"},
		{`{"$ref":"missing.json"}`, "", "", `schema test: $ref "missing.json": file does not exist`},
		{`{"$ref":"../outside.json"}`, "", "", `schema test: $ref "../outside.json": a reference may reach files of the same folder and below only`},
		{`{"$ref":"ack.schema.json#/$defs/none"}`, "", "", `schema test: $ref "ack.schema.json#/$defs/none" has no target`},
		{`{"$ref":"#/$defs/none"}`, "", "", `schema test: $ref "#/$defs/none" has no target`},
		{`{"$ref":"bad.json"}`, "", "", `schema test: $ref leads to bad.json: /typ: unknown keyword "typ"; did you mean "type"?`},
		{`{"$ref":"garbage.json"}`, "", "", `schema test: $ref leads to garbage.json: expected JSON, got text that begins "<html>"`},
		{`{"$ref":"loop.json"}`, "", "", `schema test: a $ref leads back to itself`},
		{`{"$ref":"#"}`, "", "", `schema test: a $ref leads back to itself`},
		{`{"$ref":"file:///etc/passwd"}`, "", "", `schema test: $ref "file:///etc/passwd": a reference may reach files of the same folder, semblance:payload/… and semblance:response/… only`},
		{`{"$ref":"http://127.0.0.1:1/x.json"}`, "", "", `schema test: $ref "http://127.0.0.1:1/x.json": a reference may reach files of the same folder, semblance:payload/… and semblance:response/… only`},
		{`{"$ref":"semblance:payload/booking.craeted"}`, "", "", `schema test: unknown event type "booking.craeted"; did you mean "booking.created"?`},
		{`{"$ref":"semblance:teapot"}`, "", "", `schema test: unknown schema "semblance:teapot"; use semblance:payload/<event type> or semblance:response/<name>`},
		{`{"$id":"?"}`, "", "", `schema test: /$id: the URL "?" does not resolve to itself; write one such as ack.json, without an empty query`},
		{`{"$schema":"https://example.com/my-draft"}`, "", "", `schema test: $ref "https://example.com/my-draft": a reference may reach files of the same folder, semblance:payload/… and semblance:response/… only`},
	}
	for _, test := range tests {
		s, err := Compile(Source{Name: "test", JSON: []byte(test.schema), Files: files, Path: test.path})
		if err != nil {
			if err.Error() != test.want {
				t.Errorf("%s:\n%v\nwant\n%s", test.schema, err, test.want)
			}
			continue
		}
		if got := lines(s.Validate([]byte(test.body))); got != test.want {
			t.Errorf("%s at %s:\n%s\nwant\n%s", test.schema, test.body, got, test.want)
		}
	}
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "secret.json")
	write := func(name, content string) string {
		t.Helper()
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return name
	}
	write(outside, `{"type":"null"}`)
	write(filepath.Join(dir, "flag.json"), `{"type":"boolean"}`)
	good := write(filepath.Join(dir, "ack.json"), `{"type":"object","properties":{"ok":{"$ref":"flag.json"}},"required":["ok"]}`)
	s, err := File(good)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := lines(s.Validate([]byte(`{"ok":1}`))), "/ok: expected true or false, got the number 1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if _, err := File(filepath.Join(dir, "none.json")); err == nil || !strings.HasSuffix(err.Error(), "none.json: no such file or directory") {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := File(write(filepath.Join(dir, "large.json"), strings.Repeat(" ", 2*MaxSize))); err == nil || !strings.HasSuffix(err.Error(), "large.json: larger than 1 MiB") {
		t.Errorf("a large file: %v", err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link.json")); err == nil {
		linked := write(filepath.Join(dir, "linked.json"), `{"$ref":"link.json"}`)
		if _, err := File(linked); err == nil || !strings.Contains(err.Error(), `$ref "link.json": it leaves the folder`) {
			t.Errorf("a link that leads out of the folder: %v", err)
		}
		if _, err := File(filepath.Join(dir, "link.json")); err != nil {
			t.Errorf("a link that the user names: %v", err)
		}
	}
}

func TestCompileSaysEveryProblem(t *testing.T) {
	tests := []struct{ schema, want string }{
		{`{"propertes":{},"type":"strin","required":"x"}`, `schema test: /propertes: unknown keyword "propertes"; did you mean "properties"?; /required: expected an array of strings, got the string "x"; /type: unknown type "strin"; did you mean "string"?`},
		{`{"items":[{"minLenght":1}]}`, `schema test: /items/0/minLenght: unknown keyword "minLenght"; did you mean "minLength"?`},
		{`{"properties":{"a/b":{"format":"emial"}}}`, `schema test: /properties/a~1b/format: unknown format "emial"; did you mean "email"?`},
		{`{"pattern":"(?=x)"}`, "schema test: /pattern: the pattern \"(?=x)\" does not compile: invalid or unsupported Perl syntax: `(?=` (patterns are RE2, without look-ahead and look-behind)"},
		{`{"patternProperties":{"[":{}}}`, "schema test: /patternProperties/[: the pattern \"[\" does not compile: missing closing ]: `[`"},
		{`{"minLength":-1,"maxLength":1.5,"minimum":"1","multipleOf":0,"uniqueItems":1}`, `schema test: /maxLength: expected a whole number, 0 or more, got the number 1.5; /minLength: expected a whole number, 0 or more, got the number -1; /minimum: expected a number, got the string "1"; /multipleOf: expected a number above 0, got the number 0; /uniqueItems: expected true or false, got the number 1`},
		{`{"properties":[],"anyOf":[],"enum":[],"type":[]}`, `schema test: /anyOf: expected an array of schemas, got an empty array; /enum: expected an array of the values that are allowed, got an empty array; /properties: expected an object, got an empty array; /type: expected a type or an array of types, got an empty array`},
		{`{"properties":{"a":"string"},"dependentRequired":{"a":"b"}}`, `schema test: /dependentRequired/a: expected an array of strings, got the string "b"; /properties/a: expected a schema (an object, true or false), got the string "string"`},
		{`"string"`, `schema test: expected a schema (an object, true or false), got the string "string"`},
		{``, `schema test: expected JSON, got nothing (an empty body)`},
		{`{"type":"object"`, `schema test: expected JSON, got a document that is cut off: "{\"type\":\"object\""`},
		{`{"minimum":1e10000000}`, `schema test: expected numbers with exponents from -400 to 400, got "1e10000000"`},
		{strings.Repeat(`{"not":`, 200) + "{}" + strings.Repeat("}", 200), `schema test: expected at most 64 nested objects and arrays, got more`},
	}
	for _, test := range tests {
		_, err := Compile(Source{Name: "test", JSON: []byte(test.schema)})
		if err == nil || err.Error() != test.want {
			t.Errorf("%.200s:\n%v\nwant\n%s", test.schema, err, test.want)
		}
	}
}

func TestWhatASchemaMaySay(t *testing.T) {
	for _, schema := range []string{
		`true`, `{}`, `{"x-note":"ours"}`, `{"format":"int32"}`, `{"const":{"propertes":1}}`, `{"examples":[{"typ":1}]}`,
		`{"$schema":"http://json-schema.org/draft-07/schema#","definitions":{"a":{}},"items":[{},{}],"additionalItems":false,"dependencies":{"a":["b"],"c":{}}}`,
		`{"$schema":"http://json-schema.org/draft-04/schema#","id":"http://example.com/a","minimum":1,"exclusiveMinimum":true}`,
		`{"$schema":"https://json-schema.org/draft/2019-09/schema","$recursiveAnchor":true,"items":{"$recursiveRef":"#"}}`,
		`{"$defs":{"node":{"type":"object","properties":{"next":{"$ref":"#/$defs/node"}}}},"$ref":"#/$defs/node"}`,
	} {
		if _, err := Compile(Source{Name: "test", JSON: []byte(schema)}); err != nil {
			t.Errorf("%s: %v", schema, err)
		}
	}
}
