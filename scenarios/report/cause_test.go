package report

import (
	"strings"
	"testing"

	"semblance/scenarios"
	"semblance/simulator"
	"semblance/simulator/hint"
)

// Steps that fail by one cause are listed once, with one fix.
func TestCauses(t *testing.T) {
	t.Parallel()
	const exact = "exact" // instead of a fault
	failed := func(fix string, kind hint.Hint, fault string, status int, failure scenarios.Failure) scenarios.StepResult {
		request := simulator.Request{Fault: fault}
		if fault == exact {
			request = simulator.Request{Kind: simulator.KindExact}
		}
		attempt := &simulator.Attempt{Request: request, Response: simulator.Response{Status: status}}
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
			failed("Check the age.", hint.Hint{}, exact, 200, status("refused", "200")),
			failed("Verify more.", accepted, "signature=tampered", 200, status("4xx", "200")),
			failed("Respond with 202.", hint.Hint{}, "", 200, status("202", "200")),
			failed("Accept it.", hint.Hint{}, exact, 404, status("2xx", "404")),
		}, []string{"Verify.", "Respond with 202.", "Accept it."}},
		{"forgeries of two kinds", []scenarios.StepResult{
			failed("Verify the raw body.", accepted, "signature=reserialised", 200, status("4xx", "200")),
			failed("Check the age.", accepted, "signature=stale", 200, status("4xx", "200")),
		}, []string{"Verify the raw body.", "Check the age."}},
		{"right signatures are refused", []scenarios.StepResult{
			failed("Verify the raw bytes.", hint.Hint{}, exact, 401, status("2xx", "401")),
			failed("Accept 20 KiB.", hint.Hint{}, exact, 401, status("accepted (2xx)", "401")),
			failed("Accept any v1.", hint.Hint{}, "signature=several-v1", 401, status("2xx", "401")),
		}, []string{"Verify the raw bytes.", "Accept any v1."}},
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

// The page of a run in which everything fails by one cause has one timeline, and the fix a few times.
func TestRedPageIsBounded(t *testing.T) {
	t.Parallel()
	const fix = "Start the database."
	var r scenarios.Result
	for range 30 {
		var scenario scenarios.ScenarioResult
		for range 10 {
			scenario.Steps = append(scenario.Steps, scenarios.StepResult{
				Step: scenarios.Step{Kind: "send", Fix: fix}, Outcome: scenarios.Failed, Evidence: []scenarios.Evidence{{
					Attempt: &simulator.Attempt{Response: simulator.Response{Status: 500}},
					Verdict: scenarios.Verdict{Failures: []scenarios.Failure{{Part: scenarios.PartStatus, Expected: "2xx", Got: "500"}}},
				}},
			})
		}
		r.Scenarios = append(r.Scenarios, scenario)
	}
	var page strings.Builder
	if err := HTML(&page, r); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(page.String(), `aria-label="Timeline of the steps"`); n != 1 {
		t.Errorf("%d timelines, want 1", n)
	}
	if n := strings.Count(page.String(), fix); n > 10 {
		t.Errorf("the fix is there %d times", n)
	}
}
