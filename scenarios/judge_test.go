package scenarios_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"semblance/scenarios"
	"semblance/schemas/validate"
	"semblance/simulator"
)

func answered(status int, body string) *simulator.Attempt {
	return &simulator.Attempt{Response: simulator.Response{
		Status: status, Body: []byte(body), Size: int64(len(body)),
		Headers: []simulator.Header{{Name: "Content-Type", Value: "application/json; charset=utf-8"}, {Name: "X-Seen", Value: "1"}, {Name: "x-seen", Value: "2"}},
		Timings: simulator.Timings{Total: 20 * time.Millisecond},
	}}
}

func unanswered(failure simulator.Failure) *simulator.Attempt {
	return &simulator.Attempt{Response: simulator.Response{Failure: failure, Timings: simulator.Timings{Total: time.Second}}}
}

func compile(t testing.TB, schema string) *validate.Schema {
	t.Helper()
	s, err := validate.Compile(validate.Source{Name: "test", JSON: []byte(schema)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func statuses(t testing.TB, text string) scenarios.Statuses {
	t.Helper()
	set, err := scenarios.ParseStatuses(text)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestJudge(t *testing.T) {
	t.Parallel()
	job := `{"job":{"id":"a/b","tries":1.0,"~":[1,{"x":null}]}}`
	equals := func(pointer string, value any) scenarios.Expect {
		return scenarios.Expect{Equals: []scenarios.Equal{{Pointer: pointer, Value: value}}}
	}
	header := func(name, pattern string) scenarios.Expect {
		return scenarios.Expect{Headers: []scenarios.HeaderPattern{{Name: name, Pattern: pattern}}}
	}
	none := scenarios.Expect{Response: scenarios.ResponseNone, Within: 2 * time.Second}
	for name, test := range map[string]struct {
		expect  scenarios.Expect
		attempt *simulator.Attempt
		want    string // the failures, joined; "" passes
	}{
		"default, 2xx":              {scenarios.Default(), answered(204, ""), ""},
		"default, redirect":         {scenarios.Default(), answered(302, ""), "status: expected 2xx, got 302"},
		"default, connection error": {scenarios.Default(), unanswered(simulator.FailureRefused), "response: expected a response with status 2xx within 10 s, got refused"},
		"status list":               {scenarios.Expect{Status: statuses(t, "200,202")}, answered(201, ""), "status: expected 200 or 202, got 201"},
		"any status":                {scenarios.Expect{}, answered(500, ""), ""},
		"too late":                  {scenarios.Expect{Within: time.Millisecond}, answered(200, ""), "within: expected at most 1 ms, got 20 ms"},
		"hardly too late":           {scenarios.Expect{Within: 20*time.Millisecond - time.Microsecond}, answered(200, ""), "within: expected at most 20 ms, got more than 20 ms"},
		"header pattern":            {header("content-type", "application/json*"), answered(200, ""), ""},
		"one of several headers":    {header("X-Seen", "2"), answered(200, ""), ""},
		"wrong header":              {header("X-Seen", "3"), answered(200, ""), "header X-Seen: expected 3, got 1 and 2"},
		"missing header":            {header("X-Job", "*"), answered(200, ""), "header X-Job: expected *, got no such header"},
		"none, reset":               {none, unanswered(simulator.FailureReset), ""},
		"none, lost":                {none, unanswered(simulator.FailureLost), ""},
		"none, time-out":            {none, unanswered(simulator.FailureTimeout), ""},
		"none, late time-out":       {scenarios.Expect{Response: scenarios.ResponseNone, Within: time.Millisecond}, unanswered(simulator.FailureTimeout), ""},
		"none, late reset":          {scenarios.Expect{Response: scenarios.ResponseNone, Within: time.Millisecond}, unanswered(simulator.FailureReset), "within: expected at most 1 ms, got 1 s"},
		"none, receiver not up":     {none, unanswered(simulator.FailureRefused), "response: expected a request without a response, got refused"},
		"none, response":            {none, answered(200, ""), "response: expected no response, got status 200"},
		"any, receiver not up":      {scenarios.Expect{Response: scenarios.ResponseAny}, unanswered(simulator.FailureRefused), ""},
		"equals, escaped pointer":   {equals("/job/~0/1/x", nil), answered(200, job), ""},
		"equals, number by value":   {equals("/job/tries", json.Number("1")), answered(200, job), ""},
		"equals, other value":       {equals("/job/id", "c"), answered(200, job), `equals /job/id: expected "c", got "a/b"`},
		"equals, spacing":           {equals("", "a  b"), answered(200, `"a b"`), `equals: expected "a  b", got "a b"`},
		"equals, missing member":    {equals("/job/name", "c"), answered(200, job), `equals /job/name: expected "c", got nothing: /job has no "name"`},
		"equals, missing item":      {equals("/job/~0/2", "c"), answered(200, job), `equals /job/~0/2: expected "c", got nothing: /job/~0 has 2 items`},
		"equals, whole body":        {equals("", []any{json.Number("1")}), answered(200, `[1]`), ""},
		"equals, no body":           {equals("/a", "c"), answered(204, ""), "body: expected a JSON body, got no body"},
		"equals, not JSON":          {equals("/a", "c"), answered(200, "<p>"), "body: expected a JSON body, got <p> "},
		"no body":                   {scenarios.Expect{NoBody: true}, answered(204, ""), ""},
		"unexpected body":           {scenarios.Expect{NoBody: true}, answered(200, "ok\n"), "body: expected no body, got 3 bytes: ok"},
		"schema":                    {scenarios.Expect{Body: compile(t, `{"type":"object","required":["job"]}`)}, answered(200, job), ""},
		"schema violation":          {scenarios.Expect{Body: compile(t, `{"properties":{"job":{"type":"string"}}}`)}, answered(200, job), "body /job: expected a string, got an object"},
		"huge number":               {scenarios.Expect{Body: compile(t, `{"type":"integer","minimum":3}`)}, answered(200, "1e10000000"), "body: expected "},
		"truncated body":            {scenarios.Expect{Body: compile(t, `{"type":"object"}`)}, truncated(answered(200, "{")), "body: expected a body of at most 1 byte, got 1 byte: {"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verdict := scenarios.Judge(test.expect, test.attempt)
			lines := make([]string, len(verdict.Failures))
			for i, f := range verdict.Failures {
				lines[i] = f.String()
			}
			got := strings.Join(lines, "; ")
			if test.want == "" && got != "" || !strings.HasPrefix(got, test.want) {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func truncated(a *simulator.Attempt) *simulator.Attempt {
	a.Response.Truncated = true
	return a
}

func TestParseStatuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"2xx": "2xx", "200": "200", "200, 202": "200 or 202", "5XX,404": "5xx or 404", "any": "any"} {
		if got, err := scenarios.ParseStatuses(text); err != nil || got.String() != want {
			t.Errorf("%s: got %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "2x", "600", "099", "20", "2xxx", "+20", "200,", "200;202", "2x0"} {
		if got, err := scenarios.ParseStatuses(text); err == nil {
			t.Errorf("ParseStatuses(%q) = %s, want an error", text, got)
		}
	}
}
