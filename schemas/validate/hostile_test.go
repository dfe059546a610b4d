package validate

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// patience is how long any document within or beyond the bounds may take, under the race detector on a slow machine.
const patience = 30 * time.Second

// picky is a schema that calculates with whatever it is given.
const picky = `{
	"anyOf": [{"const": 1}, {"enum": [2, [3]]}, {"multipleOf": 7, "minimum": 1}, {"type": "integer"}, {"uniqueItems": true, "items": {"minimum": 3}},
		{"additionalProperties": {"$ref": "#"}, "items": {"$ref": "#"}}],
	"not": {"const": "x"}
}`

func TestHostileDocuments(t *testing.T) {
	tests := []struct{ name, document, want string }{
		{"huge exponent", `1e10000000`, `expected numbers with exponents from -400 to 400, got "1e10000000"`},
		{"huge exponent below", `{"a":[-1E-99999999999999999999]}`, `expected numbers with exponents from -400 to 400, got "-1E-99999999999999999999"`},
		{"long number", strings.Repeat("9", 1_000_000), "expected numbers of at most 400 characters, got one of 1000000, 99999999999999999999…"},
		{"long fraction", "0." + strings.Repeat("3", 500), "expected numbers of at most 400 characters, got one of 502, 0.333333333333333333…"},
		{"deep arrays", strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000), "expected at most 64 nested objects and arrays, got more"},
		{"deep objects", strings.Repeat(`{"a":`, 100_000), "expected at most 64 nested objects and arrays, got more"},
		{"large", `"` + strings.Repeat("a", 2*MaxSize) + `"`, "expected a document of at most 1048576 bytes, got one of 2097154"},
		{"cut off", `{"a":`, `expected JSON, got a document that is cut off: "{\"a\":"`},
		{"two documents", `{} {}`, "expected one JSON document, got more after its end, at byte 4"},
		{"rubbish after it", `{}}`, "expected one JSON document, got more after its end, at byte 2"},
		{"binary", "\x00\xff\xfe\x1f\x8b", `expected JSON, got text that begins "\x00\xff\xfe\x1f\x8b"`},
		{"byte order mark", "\ufeff{}", `expected JSON, got text that begins "\ufeff{}"`},
		{"comment", `{"a":1,/* */}`, `expected JSON, got a mistake at byte 8 of "{\"a\":1,/* */}"`},
		{"not a number", `NaN`, `expected JSON, got text that begins "NaN"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, s := range []*Schema{mustCompile(t, picky), payload(t, "booking.created")} {
				start := time.Now()
				got := lines(s.Validate([]byte(test.document)))
				if want := "the document: " + test.want; got != want {
					t.Errorf("%.300s\nwant\n%s", got, want)
				}
				if took := time.Since(start); took > patience {
					t.Errorf("it took %v", took)
				}
			}
		})
	}
}

// TestWorstDocuments are within the bounds, and made to cost as much as can be.
func TestWorstDocuments(t *testing.T) {
	numbers := make([]string, 0, 20_000)
	for i := range cap(numbers) {
		numbers = append(numbers, fmt.Sprintf("%de%d", i, i%400))
	}
	tests := []struct{ name, schema, document string }{
		{"many different numbers", `{"uniqueItems":true}`, "[" + strings.Join(numbers, ",") + "]"},
		{"many violations", `{"items":{"type":"string","minLength":2}}`, "[" + strings.Repeat("1,", 50_000) + "1]"},
		{"many surplus properties", `{"additionalProperties":false}`, "{" + manyMembers(50_000) + "}"},
		{"a long string against a pattern", `{"pattern":"^(a+)+$"}`, `"` + strings.Repeat("a", 500_000) + `b"`},
		{"alternatives that recurse", `{"anyOf":[{"items":{"$ref":"#"},"maxItems":0},{"items":{"$ref":"#"},"maxItems":0}]}`, strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth)},
		{"the longest numbers", `{"items":{"multipleOf":0.0001,"minimum":1}}`, "[" + strings.Repeat("1"+strings.Repeat("0", 390)+"e-400,", 1000) + "1]"},
		{"a number that a string encodes", `{"$ref":"semblance:payload/pathway.metadata.updated"}`, envelope("pathway.metadata.updated", `"pathwayId":`+id+`,"patientId":`+id+`,"episodeId":`+id+`,"changedKeys":"[1e10000000]"`, "")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := mustCompile(t, test.schema)
			start := time.Now()
			s.Validate([]byte(test.document)) // any verdict
			if took := time.Since(start); took > patience {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func manyMembers(n int) string {
	members := make([]string, n)
	for i := range members {
		members[i] = fmt.Sprintf(`"m%d":%d`, i, i)
	}
	return strings.Join(members, ",")
}

// TestTheBudget: a schema that recurses through alternatives is given up on, and is as good as new afterwards.
func TestTheBudget(t *testing.T) {
	s := mustCompile(t, `{"anyOf":[{"type":"array","items":{"$ref":"#"}},{"items":{"$ref":"#"},"maxItems":0},{"type":"array","maxItems":1,"items":{"$ref":"#"}}]}`)
	deep := strings.Repeat("[", 60) + "[1,2]" + strings.Repeat("]", 60)
	want := "the document: expected a validation by test, got more than 6,451 steps: the schema is too expensive for this document"
	if got := lines(s.Validate([]byte(deep))); got != want {
		t.Errorf("%.300s\nwant\n%s", got, want)
	}
	if v := s.Validate([]byte(`[[1],[]]`)); v != nil {
		t.Errorf("afterwards a small document has violations: %v", v)
	}
}

// A schema of 3 kB whose 40 definitions each refer to the next one twice takes 2^40 steps. It is refused within the bounds
// of time and memory, on the valid side and on the invalid one.
func TestExponentialSchema(t *testing.T) {
	var defs []string
	for i := range 40 {
		defs = append(defs, fmt.Sprintf(`"d%d":{"allOf":[{"$ref":"#/$defs/d%d"},{"$ref":"#/$defs/d%d"}]}`, i, i+1, i+1))
	}
	for _, last := range []string{`{"type":"object"}`, `{"type":"string"}`, `true`} {
		schema := `{"$ref":"#/$defs/d0","$defs":{` + strings.Join(defs, ",") + `,"d40":` + last + `}}`
		defer debug.SetMemoryLimit(debug.SetMemoryLimit(256 << 20))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		s := mustCompile(t, schema)
		s.AcceptsAnything()
		violations := s.Validate([]byte(`{"a":1}`))
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		if got := lines(violations); !strings.Contains(got, "the schema is too expensive for this document") {
			t.Errorf("%s: %.300s", last, got)
		}
		if allocated := after.TotalAlloc - before.TotalAlloc; took > patience || allocated > 512<<20 {
			t.Errorf("%s: it took %v and %d MiB", last, took, allocated>>20)
		}
	}
}

func TestChangedKeys(t *testing.T) {
	s := payload(t, "pathway.metadata.updated")
	for value, want := range map[string]string{
		`"[\"stage\"]"`:              "",
		`" [ \"a\" , \"b\\\"]\" ] "`: "",
		`"[]"`:                       "/identifiers/changedKeys: expected at least 1 item, got an empty array in the JSON of the string",
		`"[null]"`:                   "/identifiers/changedKeys/0: expected a string, got null in the JSON of the string",
		`"stage"`:                    "/identifiers/changedKeys: expected JSON in the string, got the string \"stage\"",
		`"[1]"`:                      "/identifiers/changedKeys/0: expected a string, got the number 1 in the JSON of the string",
		`["stage"]`:                  "/identifiers/changedKeys: expected a string, got an array of 1 item",
		`"{}"`:                       "/identifiers/changedKeys: expected an array, got an empty object in the JSON of the string",
	} {
		body := envelope("pathway.metadata.updated", `"pathwayId":`+id+`,"patientId":`+id+`,"episodeId":`+id+`,"changedKeys":`+value, "")
		if got := lines(s.Validate([]byte(body))); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", value, got, want)
		}
	}
}

// FuzzValidate: whatever a receiver answers, there is a verdict, the same one twice, and each violation is one line.
func FuzzValidate(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `null`, `1e10000000`, `[1,1.0,"1"]`, `{"a":{"b":[3,{"c":null}]}}`, `"x"`, `[[[[[[]]]]]]`, `{"a":1,"a":2}`,
		`{"a~b/c%d":[false]}`, `{"\n":1}`, `{"\u001b[2J":{"":null}}`, `"\ud800"`, `-0.0e-0`, `{"":{"":""}}`, `[[1,2],[1,2]]`, "\xff", `1 2`, `{"metadata":{},"identifiers":[]}`,
	} {
		f.Add([]byte(seed))
	}
	all := []*Schema{mustCompile(f, picky), payload(f, "availability.blocker.created"), payload(f, "pathway.metadata.updated")}
	f.Fuzz(func(t *testing.T, document []byte) {
		for _, s := range all {
			violations := s.Validate(document)
			for _, v := range violations {
				if v.Expected == "" || v.Got == "" || strings.ContainsAny(v.String(), "\n\r\x1b") {
					t.Fatalf("at %q: %+v", document, v)
				}
			}
			if again := s.Validate(document); lines(again) != lines(violations) {
				t.Fatalf("at %q: first\n%s\nthen\n%s", document, lines(violations), lines(again))
			}
		}
	})
}

// FuzzCompile: whatever a user writes for a schema, it compiles or there is an error, and what compiles judges.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`true`, picky, `{"$ref":"#/$defs/a","$defs":{"a":{"$anchor":"x"}}}`, `{"$ref":"#x"}`, `{"$id":"a:b","$ref":"c"}`, `{"$schema":"http://json-schema.org/draft-04/schema#","exclusiveMinimum":true}`,
		`{"properties":{"a":{"pattern":"("}}}`, `{"type":[]}`, `{"$dynamicRef":"#a","$dynamicAnchor":"a"}`, `{"items":[{}]}`, `{"dependencies":{"a":[1]}}`,
		`{"$vocabulary":{"a:b":true}}`, `{"contentSchema":{},"contentMediaType":"application/json"}`, `{"minContains":0,"contains":false}`, `{"$ref":"semblance:response/ack"}`, `{"multipleOf":1e-400}`,
	} {
		f.Add([]byte(seed), []byte(`{"a":[1,"x"]}`))
	}
	f.Fuzz(func(t *testing.T, schema, document []byte) {
		s, err := Compile(Source{Name: "fuzz", JSON: schema})
		if err != nil {
			if !strings.HasPrefix(err.Error(), "schema fuzz: ") {
				t.Fatalf("%q: the error is %v", schema, err)
			}
			return
		}
		s.AcceptsAnything()
		s.Validate(document)
	})
}
