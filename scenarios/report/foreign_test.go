package report

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"semblance/scenarios"
	"semblance/simulator"
)

// foreign is text of others: a new line, C1 control characters, invalid UTF-8 and a bidirectional override.
const foreign = "x\nFORGED \x1b[31m\u009b31m\x9b31m\u202e"

// Text of others cannot forge a line, and nothing in it reaches the terminal that it could interpret.
func TestForeignText(t *testing.T) {
	t.Parallel()
	request := &simulator.Request{EventType: foreign, Method: "POST", URL: "http://127.0.0.1/" + foreign, Proto: "1.1", Fault: foreign,
		Headers: []simulator.Header{{Name: "X-Test", Value: foreign}}}
	response := &simulator.Response{Failure: simulator.FailureReset, Detail: foreign, Headers: []simulator.Header{{Name: foreign, Value: foreign}}}
	verdict := scenarios.Verdict{}
	verdict.Add(scenarios.Failure{Part: scenarios.PartBody, Pointer: foreign, Name: foreign, Expected: foreign, Got: foreign})
	step := scenarios.StepResult{Step: scenarios.Step{Path: "1", Title: foreign, Name: foreign, Description: foreign, File: foreign},
		Outcome: scenarios.Failed, Evidence: []scenarios.Evidence{{Attempt: &simulator.Attempt{Request: *request, Response: *response}, Verdict: verdict}}}
	scenario := scenarios.ScenarioResult{Name: foreign, File: foreign, Steps: []scenarios.StepResult{step}}
	var b bytes.Buffer
	if err := (Terminal{}).Write(&b, scenarios.Result{Target: foreign, Scenarios: []scenarios.ScenarioResult{scenario},
		Counts: scenarios.Counts{ResponsesExpected: 1}}); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		Terminal{}.Title(request), Terminal{}.Response(response, false), RequestText(request), ResponseText(response), b.String(),
	} {
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			if strings.HasPrefix(strings.TrimSpace(line), "FORGED") || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) || r == '\uFFFD' }) {
				t.Errorf("foreign text is printed as %q", line)
			}
		}
	}
}
