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
		"the default is met by any 2xx":         {scenarios.Default(), answered(204, ""), ""},
		"and not by a redirect":                 {scenarios.Default(), answered(302, ""), "status: expected 2xx, got 302"},
		"no answer":                             {scenarios.Default(), unanswered(simulator.FailureRefused), "response: expected an answer with status 2xx within 10s, got refused"},
		"a list of statuses":                    {scenarios.Expect{Status: statuses(t, "200,202")}, answered(201, ""), "status: expected 200 or 202, got 201"},
		"any status":                            {scenarios.Expect{}, answered(500, ""), ""},
		"too late":                              {scenarios.Expect{Within: time.Millisecond}, answered(200, ""), "within: expected at most 1ms, got 20ms"},
		"a header by pattern":                   {header("content-type", "application/json*"), answered(200, ""), ""},
		"any of several headers":                {header("X-Seen", "2"), answered(200, ""), ""},
		"another header":                        {header("X-Seen", "3"), answered(200, ""), "header X-Seen: expected 3, got 1 and 2"},
		"no header":                             {header("X-Job", "*"), answered(200, ""), "header X-Job: expected *, got no such header"},
		"no answer is met by a reset":           {none, unanswered(simulator.FailureReset), ""},
		"and by a lost one":                     {none, unanswered(simulator.FailureLost), ""},
		"and by silence":                        {none, unanswered(simulator.FailureTimeout), ""},
		"however long it lasts":                 {scenarios.Expect{Response: scenarios.ResponseNone, Within: time.Millisecond}, unanswered(simulator.FailureTimeout), ""},
		"a reset that comes late":               {scenarios.Expect{Response: scenarios.ResponseNone, Within: time.Millisecond}, unanswered(simulator.FailureReset), "within: expected at most 1ms, got 1s"},
		"and not by a receiver that is not up":  {none, unanswered(simulator.FailureRefused), "response: expected no answer to what was sent, got refused"},
		"and not by an answer":                  {none, answered(200, ""), "response: expected no answer, got status 200"},
		"anything":                              {scenarios.Expect{Response: scenarios.ResponseAny}, unanswered(simulator.FailureRefused), ""},
		"equals through escapes":                {equals("/job/~0/1/x", nil), answered(200, job), ""},
		"equals by the value of a number":       {equals("/job/tries", json.Number("1")), answered(200, job), ""},
		"equals a text":                         {equals("/job/id", "c"), answered(200, job), `equals /job/id: expected "c", got "a/b"`},
		"equals what is not there":              {equals("/job/name", "c"), answered(200, job), `equals /job/name: expected "c", got nothing: /job has no "name"`},
		"equals beyond a list":                  {equals("/job/~0/2", "c"), answered(200, job), `equals /job/~0/2: expected "c", got nothing: /job/~0 is a list of 2`},
		"equals the whole":                      {equals("", []any{json.Number("1")}), answered(200, `[1]`), ""},
		"equals of no body":                     {equals("/a", "c"), answered(204, ""), "body: expected a JSON body, got no body"},
		"equals of no JSON":                     {equals("/a", "c"), answered(200, "<p>"), "body: expected a JSON body that can be judged, got <p> "},
		"no body":                               {scenarios.Expect{NoBody: true}, answered(204, ""), ""},
		"a body where none is expected":         {scenarios.Expect{NoBody: true}, answered(200, "ok\n"), "body: expected no body, got 3 bytes: ok"},
		"a body that satisfies its schema":      {scenarios.Expect{Body: compile(t, `{"type":"object","required":["job"]}`)}, answered(200, job), ""},
		"a body that does not":                  {scenarios.Expect{Body: compile(t, `{"properties":{"job":{"type":"string"}}}`)}, answered(200, job), "body /job: expected a string, got an object"},
		"a number that would take for ever":     {scenarios.Expect{Body: compile(t, `{"type":"integer","minimum":3}`)}, answered(200, "1e10000000"), "body: expected "},
		"a body that was cut can not be judged": {scenarios.Expect{Body: compile(t, `{"type":"object"}`)}, cutShort(answered(200, "{")), "body: expected a body of at most 1 bytes, to be judged whole, got 1 byte: {"},
	} {
		t.Run(name, func(t *testing.T) {
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

func cutShort(a *simulator.Attempt) *simulator.Attempt {
	a.Response.Truncated = true
	return a
}
