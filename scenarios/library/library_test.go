package library_test

import (
	"encoding/json"
	"flag"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
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
	"semblance/simulator/signature"
)

var update = flag.Bool("update", false, "write the steps of every-event-type.yaml from the catalogue")

// start starts a reference receiver, with a mistake if one is named.
func start(t *testing.T, mistake string) *receiver.Server {
	t.Helper()
	server, err := receiver.Start("127.0.0.1:0", receiver.Options{Secrets: []string{simulator.DefaultSecret.Reveal()}, ActWrong: mistake})
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

// play plays scenarios in one run, with new records, as the command does.
func play(t *testing.T, target string, played ...*script.Scenario) scenarios.Result {
	t.Helper()
	p, err := player.New(player.Options{Target: target, FreshSeed: rand.Int64N(1<<40) + 1})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, scenario := range played {
		if err := p.Play(t.Context(), scenario); err != nil {
			t.Fatal(err)
		}
	}
	return p.Result()
}

func load(t *testing.T, name string) *script.Scenario {
	t.Helper()
	scenario, err := script.Load(script.Files{Scenarios: library.Files()}, name)
	if err != nil {
		t.Fatal(err)
	}
	return scenario
}

func TestNames(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(file, ".yaml")
	}
	if !slices.Equal(library.Names(), files) || len(files) == 0 {
		t.Errorf("the library has %v, the folder %v", library.Names(), files)
	}
	if _, err := library.Read("frist-visit"); err == nil || err.Error() != `unknown scenario "frist-visit"; did you mean "first-visit"?` {
		t.Errorf("a misspelt name: %v", err)
	}
}

func TestReferenceReceiverPasses(t *testing.T) {
	t.Parallel()
	all, err := library.Scenarios()
	if err != nil {
		t.Fatal(err)
	}
	for _, scenario := range all {
		t.Run(scenario.Name, func(t *testing.T) {
			t.Parallel()
			if len(scenario.Scenario.Warnings) > 0 {
				t.Errorf("warnings of lint:\n%v", scenario.Scenario.Warnings)
			}
			if scenario.Scenario.Description == "" {
				t.Error("no description")
			}
			target := start(t, "").URL
			for n := range 2 { // the receiver remembers the first play
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

// The request steps of one run have eventIds that the receiver has not accepted before: a receiver that ignores
// duplicates would hide the mistake that the step looks for.
func TestRequestsAreNoDuplicates(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	accepted := map[string]string{} // the body of each accepted eventId
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = signature.Verify(body, r.Header.Get(signature.HeaderName), simulator.DefaultSecret.Reveal(), time.Now(), signature.DefaultTolerance)
		}
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		var event struct{ EventID string }
		if err := json.Unmarshal(body, &event); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		if first, duplicate := accepted[event.EventID]; duplicate {
			t.Errorf("one eventId in\n%s\nand\n%s", first, body)
		}
		accepted[event.EventID] = string(body)
	}))
	defer server.Close()
	result := play(t, server.URL, load(t, "raw-bytes"), load(t, "tomorrows-events"), load(t, "first-visit"))
	if code := result.ExitCode(); code != 0 {
		t.Errorf("exit code %d\n%s", code, failures(&result))
	}
}

func TestEveryEventType(t *testing.T) {
	var want []string
	for _, eventType := range schemas.All() {
		want = append(want, eventType.Name)
	}
	if *update {
		writeEveryEventType(t, want)
		return
	}
	var sent []string
	for step := range load(t, "every-event-type").All() {
		sent = append(sent, step.(*script.Send).Type.Name)
	}
	if !slices.Equal(sent, want) {
		t.Errorf("the scenario sends\n%v\nand the catalogue has\n%v", sent, want)
	}
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

// finders maps mistakes of a receiver to a scenario that finds each. The others are found by the checks of `semblance check`.
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

func TestMistakesAreFound(t *testing.T) {
	t.Parallel()
	for _, wrong := range receiver.Wrongs() {
		name, ok := finders[wrong.Name]
		if !ok {
			continue
		}
		t.Run(wrong.Name, func(t *testing.T) {
			t.Parallel()
			p, err := player.New(player.Options{Target: start(t, wrong.Name).URL, FailFast: true, Delivery: delivery.Options{Timeout: time.Second}})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			if err := p.Play(t.Context(), load(t, name)); err != nil {
				t.Fatal(err)
			}
			result := p.Result()
			if code := result.ExitCode(); code == 0 {
				t.Errorf("%s passes at a receiver that %s", name, wrong.Summary)
			}
			t.Logf("%s: %s", name, failures(&result))
		})
	}
}

func failures(r *scenarios.Result) string {
	var b strings.Builder
	for _, scenario := range r.Scenarios {
		for _, step := range scenario.Steps {
			for _, e := range step.Evidence {
				for _, f := range e.Verdict.Failures {
					b.WriteString(step.Path + " " + step.Title + ": " + f.String() + "\n")
				}
			}
		}
	}
	return b.String()
}
