package validate

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"semblance/schemas"
)

var update = flag.Bool("update", false, "write the golden files anew")

func mustCompile(t testing.TB, schema string) *Schema {
	t.Helper()
	s, err := Compile(Source{Name: "test", JSON: []byte(schema)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func payload(t testing.TB, name string) *Schema {
	t.Helper()
	e, err := schemas.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Payload(e)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const id = `"692597070fe21cfa5e6a010f"`

func envelope(eventType, identifiers, more string) string {
	return fmt.Sprintf(`{"subscriptionId":%s,"eventId":%s,"eventType":%q,"identifiers":{%s}%s}`, id, id, eventType, identifiers, more)
}

func TestResponses(t *testing.T) {
	tests := []struct {
		name, body string
		want       string // the violations, "" for none
	}{
		{"ack", ``, ""},
		{"ack", " \r\n", ""},
		{"ack", `{"ok":true}`, ""},
		{"ack", `"received"`, ""},
		{"ack", `OK`, `the document: expected JSON, got text that begins "OK"`},
		{"ack", `<html></html>`, `the document: expected JSON, got text that begins "<html></html>"`},
		{"queued", `{"status":"queued","job":{"id":"j-1","url":"/jobs/j-1"},"more":1}`, ""},
		{"queued", `{"job":{"id":17}}`, ""},
		{"queued", ``, "the document: expected an object, got an empty body"},
		{"queued", `{"status":"done","job":{"id":""}}`, "/job/id: expected at least 1 character, got 0 characters: \"\"\n/status: expected one of \"queued\", \"accepted\", \"pending\", got the string \"done\""},
		{"problem", `{"type":"https://example.com/probs/out-of-credit","title":"No credit","status":403,"balance":30}`, ""},
		{"problem", `{"type":"about:blank"}`, ""},
		{"problem", `{}`, "the document: expected at least one of the properties type, title, detail, got an empty object"},
		{"problem", `{"title":"x","status":"403"}`, `/status: expected an integer, got the string "403"`},
		{"problem", `{"title":"x","status":42}`, "/status: expected a number of at least 100, got the number 42"},
	}
	for _, test := range tests {
		s, err := Response(test.name)
		if err != nil {
			t.Fatal(err)
		}
		if got := lines(s.Validate([]byte(test.body))); got != test.want {
			t.Errorf("%s at %q:\n%s\nwant\n%s", test.name, test.body, got, test.want)
		}
		if why := s.AcceptsAnything(); why != "" {
			t.Errorf("%s is blamed: %s", test.name, why)
		}
	}
	list, err := Responses()
	if err != nil || len(list) != 3 {
		t.Fatalf("Responses() = %v, %v", list, err)
	}
	for _, r := range list {
		if _, err := Response(r.Name); err != nil || r.Title == "" || r.Description == "" {
			t.Errorf("the listed %+v: %v", r, err)
		}
	}
	if _, err := Response("quued"); err == nil || !strings.Contains(err.Error(), `did you mean "queued"`) {
		t.Errorf("an unknown response schema: %v", err)
	}
}

func lines(violations []Violation) string {
	text := make([]string, len(violations))
	for i, v := range violations {
		text[i] = v.String()
	}
	return strings.Join(text, "\n")
}

// TestWords shows what each keyword says when it is violated, in testdata/words.golden.
func TestWords(t *testing.T) {
	data, err := os.ReadFile("testdata/words.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Schema   json.RawMessage
		Document json.RawMessage
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, c := range cases {
		s := mustCompile(t, string(c.Schema))
		violations := s.Validate(c.Document)
		if violations == nil {
			t.Errorf("%s at %s: no violation", c.Schema, c.Document)
		}
		fmt.Fprintf(&b, "%s  at  %s\n", c.Schema, c.Document)
		for _, v := range violations {
			fmt.Fprintf(&b, "    %s  (%s)\n", v, v.Keyword)
		}
	}
	golden(t, "words.golden", b.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; with -update it is written anew:\n%s", file, got)
	}
}

// TestTheOrderIsStable repeats a validation with many violations; the library's own order is random.
func TestTheOrderIsStable(t *testing.T) {
	s := payload(t, "availability.blocker.created")
	body := []byte(`{"z":1,"y":2,"eventType":5,"identifiers":{"patientId":1,"doctorId":2,"q":3,"p":4}}`)
	want := lines(s.Validate(body))
	for range 50 {
		if got := lines(s.Validate(body)); got != want {
			t.Fatalf("first\n%s\nthen\n%s", want, got)
		}
	}
	items := mustCompile(t, `{"type":"array","items":{"type":"string"}}`).Validate([]byte(`["",1,"",2,"","","","","","",3]`))
	if len(items) != 3 || items[1].Pointer != "/3" || items[2].Pointer != "/10" {
		t.Errorf("indexes are not in their order: %v", items)
	}
}

func TestManyViolationsAreCut(t *testing.T) {
	s := mustCompile(t, `{"items":{"type":"string"}}`)
	violations := s.Validate([]byte("[" + strings.Repeat("1,", 5000) + "1]"))
	if len(violations) != MaxViolations {
		t.Fatalf("%d violations, want %d", len(violations), MaxViolations)
	}
	if last := violations[len(violations)-1].Got; last != "4902 more" {
		t.Errorf("the last says %q", last)
	}
}

func TestValidateValue(t *testing.T) {
	s := mustCompile(t, `{"type":"object","required":["n"],"properties":{"n":{"type":"integer"}}}`)
	for _, good := range []any{map[string]any{"n": 1}, map[string]any{"n": json.Number("1")}, map[string]any{"n": 1.0}} {
		if v := s.ValidateValue(good); v != nil {
			t.Errorf("%v: %v", good, v)
		}
	}
	var deep any = "x"
	for range MaxDepth + 1 {
		deep = []any{deep}
	}
	tests := []struct {
		value any
		want  string
	}{
		{map[string]any{"n": "1"}, `/n: expected an integer, got the string "1"`},
		{nil, "the document: expected an object, got null"},
		{map[string]string{"n": "1"}, "the document: expected a JSON value, got a Go value of type map[string]string"},
		{map[string]any{"n": json.Number("1e10000000")}, `the document: expected numbers with exponents from -400 to 400, got "1e10000000"`},
		{map[string]any{"n": deep}, "the document: expected at most 64 nested objects and arrays, got more"},
	}
	for _, test := range tests {
		if got := lines(s.ValidateValue(test.value)); got != test.want {
			t.Errorf("%v:\n%s\nwant\n%s", test.value, got, test.want)
		}
	}
}

func TestAcceptsAnything(t *testing.T) {
	lax := []string{
		`true`, `{}`, `{"title":"x"}`, `{"properties":{"ok":{"const":true}}}`, `{"items":{"type":"string"}}`, `{"minimum":3}`,
		`{"type":["null","boolean","object","array","number","string"]}`, `{"$ref":"#/$defs/a","$defs":{"a":{}}}`,
		`{"anyOf":[{"type":"object"},{}]}`, `{"allOf":[{"properties":{"a":{}}}]}`, `{"additionalProperties":false}`,
	}
	for _, schema := range lax {
		if why := mustCompile(t, schema).AcceptsAnything(); why == "" {
			t.Errorf("%s passes for a schema that asks for something", schema)
		}
	}
	strict := []string{
		`false`, `{"type":"object"}`, `{"required":["ok"],"properties":{}}`, `{"const":1}`, `{"enum":[1]}`, `{"not":{"type":"null"}}`,
		`{"anyOf":[{"type":"object"},{"type":"null"}]}`, `{"allOf":[{},{"type":"object"}]}`, `{"$ref":"#/$defs/a","$defs":{"a":{"type":"string"}}}`,
		`{"$ref":"semblance:response/ack"}`, `{"if":{"type":"object"},"else":{"type":"null"}}`,
	}
	for _, schema := range strict {
		if why := mustCompile(t, schema).AcceptsAnything(); why != "" {
			t.Errorf("%s is blamed: it %s", schema, why)
		}
	}
	why := mustCompile(t, `{"properties":{"ok":{}}}`).AcceptsAnything()
	if !strings.Contains(why, "has `properties` (ok) without `type: object` and `required`") {
		t.Errorf("the classic is explained so: %s", why)
	}
}

func BenchmarkValidatePayload(b *testing.B) {
	s := payload(b, "booking.created")
	body := []byte(envelope("booking.created", `"bookingId":`+id+`,"patientId":`+id, ""))
	b.ReportAllocs()
	for b.Loop() {
		if v := s.Validate(body); v != nil {
			b.Fatal(v)
		}
	}
}

func BenchmarkCompilePayload(b *testing.B) {
	for b.Loop() {
		if _, err := compileShipped("semblance:payload/booking.created"); err != nil {
			b.Fatal(err)
		}
	}
}
