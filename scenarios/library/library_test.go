package library_test

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/library"
	"semblance/scenarios/player"
	"semblance/scenarios/script"
	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/delivery"
	"semblance/simulator/receiver"
)

var update = flag.Bool("update", false, "write the steps of every-event-type.yaml from the catalogue")

// start starts a reference receiver, or one that is wrong.
func start(t *testing.T, wrong string) *receiver.Server {
	t.Helper()
	server, err := receiver.Start("127.0.0.1:0", receiver.Options{Secrets: []string{simulator.DefaultSecret.Reveal()}, ActWrong: wrong})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

func play(t *testing.T, target string, scenario *script.Scenario) scenarios.Result {
	t.Helper()
	p, err := player.New(player.Options{Target: target})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Play(t.Context(), scenario); err != nil {
		t.Fatal(err)
	}
	return p.Result()
}

func everyScenario(t *testing.T) []library.Scenario {
	t.Helper()
	all, err := library.Scenarios()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestEveryScenarioPassesAtTheReferenceReceiver(t *testing.T) {
	all := everyScenario(t)
	if len(all) < 20 {
		t.Errorf("the library has %d scenarios, want 20 at the least", len(all))
	}
	for _, scenario := range all {
		t.Run(scenario.Name, func(t *testing.T) {
			t.Parallel()
			if len(scenario.Scenario.Warnings) > 0 {
				t.Errorf("lint warns:\n%v", scenario.Scenario.Warnings)
			}
			if scenario.Scenario.Description == "" {
				t.Error("the description does not say what the scenario teaches")
			}
			target := start(t, "").URL
			for n := range 2 { // the receiver may have seen it before: the records are the same, the eventIds are new
				result := play(t, target, scenario.Scenario)
				if code := result.ExitCode(); code != 0 {
					t.Errorf("play %d: exit code %d\n%s", n+1, code, failures(&result))
				}
				for _, step := range result.Scenarios[0].Steps {
					if step.Outcome != scenarios.Passed {
						t.Errorf("play %d: step %s (%s) is %s: %s", n+1, step.Path, step.Title, step.Outcome, step.Reason)
					}
				}
			}
		})
	}
}

func TestEveryEventTypeIsThere(t *testing.T) {
	var want []string
	for _, eventType := range schemas.All() {
		want = append(want, eventType.Name)
	}
	if *update {
		writeEveryEventType(t, want)
		return
	}
	for _, scenario := range everyScenario(t) {
		if scenario.Name != "every-event-type" {
			continue
		}
		var sent []string
		for step := range scenario.Scenario.All() {
			sent = append(sent, step.(*script.Send).Type.Name)
		}
		if strings.Join(sent, " ") != strings.Join(want, " ") {
			t.Errorf("the scenario sends\n%v\nand the catalogue has\n%v", sent, want)
		}
		return
	}
	t.Error("there is no scenario every-event-type")
}

// writeEveryEventType replaces the steps of every-event-type.yaml.
func writeEveryEventType(t *testing.T, names []string) {
	t.Helper()
	const file = "every-event-type.yaml"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := strings.Cut(string(data), "\nsteps:\n")
	text += "\nsteps:\n  - send: " + strings.Join(names, "\n  - send: ") + "\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// finders names, for each mistake that a receiver can make, a scenario that shows it.
var finders = map[string]string{
	"semble-header":        "first-visit",
	"sha256-prefix":        "first-visit",
	"body-only":            "first-visit",
	"reserialise":          "raw-bytes",
	"plain-comparison":     "secret-rotation",
	"other-fields":         "first-visit",
	"changed-keys-text":    "pathway-metadata",
	"unknown-type-error":   "tomorrows-events",
	"record-fields":        "first-visit",
	"all-identifiers":      "no-show",
	"known-identifiers":    "tomorrows-events",
	"no-metadata":          "every-event-type",
	"blocker-availability": "blockers",
	"merged-patient":       "patient-merge",
	"seen-first":           "first-visit",
	"stable-event-id":      "duplicates",
	"slow":                 "no-show",
}

// TestWrongReceiversAreFound plays a scenario at each wrong receiver: it must fail, and pass at the right one.
func TestWrongReceiversAreFound(t *testing.T) {
	for _, wrong := range receiver.Wrongs() {
		t.Run(wrong.Name, func(t *testing.T) {
			t.Parallel()
			name, ok := finders[wrong.Name]
			if !ok {
				t.Fatalf("no scenario is named that fails at a receiver which %s", wrong.Summary)
			}
			scenario, err := script.Load(script.Files{Scenarios: library.Files()}, name)
			if err != nil {
				t.Fatal(err)
			}
			p, err := player.New(player.Options{Target: start(t, wrong.Name).URL, FailFast: true, Delivery: delivery.Options{Timeout: time.Second}})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			if err := p.Play(t.Context(), scenario); err != nil {
				t.Fatal(err)
			}
			result := p.Result()
			if code := result.ExitCode(); code == 0 {
				t.Errorf("%s passes at a receiver which %s", name, wrong.Summary)
			}
			t.Logf("%s says: %s", name, failures(&result))
		})
	}
}

func failures(r *scenarios.Result) string {
	var b strings.Builder
	for _, step := range r.Scenarios[0].Steps {
		for _, e := range step.Evidence {
			for _, f := range e.Verdict.Failures {
				b.WriteString(step.Path + " " + step.Title + ": " + f.String() + "\n")
			}
		}
	}
	return b.String()
}
