package scenarios_test

import (
	"testing"
	"time"

	"semblance/scenarios"
	"semblance/schemas/validate"
	"semblance/simulator"
)

// FuzzJudge checks that Judge returns the same verdict of bounded size for the same response, whatever it is.
func FuzzJudge(f *testing.F) {
	schema := compile(f, `{"type":"object","required":["job"],"properties":{"job":{"type":"object","minProperties":1},"n":{"type":"integer","minimum":3,"multipleOf":2}},"additionalProperties":{"uniqueItems":true}}`)
	f.Add(200, "application/json", []byte(`{"job":{"id":"a"},"n":4}`), "/job/id", "", false)
	f.Add(200, "", []byte(`{"n":1e10000000}`), "/n", "", false)
	f.Add(200, "", []byte(`{"n":1E+0000000000000000000000000001,"a":[1,1.0,1e0]}`), "/a/0", "", true)
	f.Add(503, "text/html", []byte("<html>"), "", "", false)
	f.Add(0, "", []byte(nil), "/a~0b~1c/01", "reset", false)
	f.Add(200, "\x00", []byte("[[[[[[[[[[[[[[[[[[[["), "no pointer", "", true)
	f.Add(344, "0", []byte("0"), "", "", false)
	f.Fuzz(func(t *testing.T, status int, header string, body []byte, pointer, failure string, cut bool) {
		var body2 any
		if parsed, err := validate.Parse(body); err == nil {
			body2 = parsed
		}
		expect := scenarios.Expect{
			Status: scenarios.Statuses{{Low: 200, High: 299}}, Within: time.Second, Body: schema,
			Headers: []scenarios.HeaderPattern{{Name: "Content-Type", Pattern: "application/*json*"}},
			Equals:  []scenarios.Equal{{Pointer: pointer, Value: "a"}, {Pointer: "", Value: body2}},
		}
		attempt := &simulator.Attempt{Response: simulator.Response{
			Status: status, Body: body, Size: int64(len(body)), Truncated: cut, Failure: simulator.Failure(failure),
			Headers: []simulator.Header{{Name: "content-type", Value: header}},
		}}
		verdict := scenarios.Judge(expect, attempt)
		again := scenarios.Judge(expect, attempt)
		if len(verdict.Failures) != len(again.Failures) || verdict.Omitted != again.Omitted {
			t.Errorf("two different verdicts: %v, %v", verdict, again)
		}
		if len(verdict.Failures) > scenarios.MaxFailuresPerAttempt {
			t.Errorf("the verdict lists %d failures", len(verdict.Failures))
		}
		for i, failed := range verdict.Failures {
			if failed != again.Failures[i] {
				t.Errorf("two different failures: %v, %v", failed, again.Failures[i])
			}
			if len(failed.String()) > 4000+len(pointer) {
				t.Errorf("a failure of %d bytes", len(failed.String()))
			}
			if failed.Part == scenarios.PartEquals && failed.Pointer == "" && pointer != "" && body2 != nil {
				t.Errorf("a body is not equal to itself: %s", failed)
			}
		}
	})
}
