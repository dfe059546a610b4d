package report

import (
	"testing"

	"semblance/scenarios"
	"semblance/simulator"
	"semblance/simulator/hint"
)

// Steps that fail by one cause are listed once, with one fix.
func TestCauses(t *testing.T) {
	t.Parallel()
	failed := func(fix string, kind hint.Hint, fault string, status int, failure scenarios.Failure) scenarios.StepResult {
		attempt := &simulator.Attempt{Request: simulator.Request{Fault: fault}, Response: simulator.Response{Status: status}}
		return scenarios.StepResult{
			Step: scenarios.Step{Kind: "send", Fix: fix}, Outcome: scenarios.Failed,
			Evidence: []scenarios.Evidence{{Attempt: attempt, Hint: kind, Verdict: scenarios.Verdict{Failures: []scenarios.Failure{failure}}}},
		}
	}
	status := func(expected, got string) scenarios.Failure {
		return scenarios.Failure{Part: scenarios.PartStatus, Expected: expected, Got: got}
	}
	accepted := hint.Hint{Name: "forgery-accepted", Fix: "verify the signature"}
	unplayed := func(got string) scenarios.Failure {
		return scenarios.Failure{Part: scenarios.PartStep, Expected: "the step to be played", Got: got}
	}
	for _, test := range []struct {
		name  string
		steps []scenarios.StepResult
		fixes []string
	}{
		{"one fix, two ways to expect it", []scenarios.StepResult{
			failed("Check the age.", hint.Hint{}, "", 200, status("4xx", "200")),
			failed("Check the age.", hint.Hint{}, "", 200, status("refused (4xx except 408 and 429)", "200")),
		}, []string{"Check the age."}},
		{"two fixes", []scenarios.StepResult{
			failed("Check the age.", hint.Hint{}, "", 200, status("4xx", "200")),
			failed("Check the body.", hint.Hint{}, "", 200, status("4xx", "200")),
		}, []string{"Check the age.", "Check the body."}},
		{"no signature is needed", []scenarios.StepResult{
			failed("Verify.", accepted, "signature=missing,header=both", 200, status("4xx", "200")),
			failed("Check the age.", hint.Hint{}, "", 200, status("refused", "200")),
			failed("Accept it.", hint.Hint{}, "", 404, status("2xx", "404")),
		}, []string{"Verify.", "Accept it."}},
		{"the probe has no result", []scenarios.StepResult{
			failed("Claim the eventId.", hint.Hint{}, "", 200, unplayed("GET /effects/692597070fe21cfa5e6a010a: status 404")),
			failed("Write by record id.", hint.Hint{}, "", 200, unplayed("GET /effects/692597070fe21cfa5e6a010b: status 404")),
		}, []string{""}},
	} {
		list := causesOf(&scenarios.Result{Scenarios: []scenarios.ScenarioResult{{Steps: test.steps}}})
		if len(list) != len(test.fixes) {
			t.Errorf("%s: %d causes, want %d", test.name, len(list), len(test.fixes))
			continue
		}
		for i, fix := range test.fixes {
			if list[i].fix() != fix {
				t.Errorf("%s: cause %d has the fix %q, want %q", test.name, i, list[i].fix(), fix)
			}
		}
	}
}
