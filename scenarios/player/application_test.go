package player_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/player"
	"semblance/scenarios/script"
	"semblance/simulator"
	"semblance/simulator/signature"
)

// application is a receiver that verifies and records events. It responds 202 with a job, unless respond does.
type application struct {
	*httptest.Server
	mu      sync.Mutex
	now     func() time.Time
	types   []string
	ids     map[string]int                          // number of requests with each eventId
	respond func(w http.ResponseWriter, n int) bool // n counts the events; it reports whether it has responded
}

func newApplication(t *testing.T) *application {
	t.Helper()
	a := &application{now: time.Now, ids: map[string]int{}}
	a.Server = httptest.NewServer(a)
	t.Cleanup(a.Close)
	return a
}

func (a *application) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		a.mu.Lock()
		defer a.mu.Unlock()
		json.NewEncoder(w).Encode(map[string]any{"count": len(a.types), "types": a.types})
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if err := signature.Verify(body, r.Header.Get(signature.HeaderName), simulator.DefaultSecret.Reveal(), a.now(), signature.DefaultTolerance); err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	var event struct{ EventID, EventType string }
	if err := json.Unmarshal(body, &event); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	a.types = append(a.types, event.EventType)
	a.ids[event.EventID]++
	n := len(a.types)
	a.mu.Unlock()
	if a.respond != nil && a.respond(w, n) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	fmt.Fprintf(w, `{"job":{"id":%d}}`, n)
}

func (a *application) received() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.types...)
}

func parse(t *testing.T, text string) *script.Scenario {
	t.Helper()
	scenario, err := script.Parse("scenario.yaml", []byte(text))
	if err != nil {
		t.Fatalf("parsing the scenario:\n%v", err)
	}
	return scenario
}

// play plays a scenario and returns its result.
func play(t *testing.T, o player.Options, text string) scenarios.Result {
	t.Helper()
	p, err := player.New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Play(t.Context(), parse(t, text)); err != nil {
		t.Fatal(err)
	}
	return p.Result()
}

// outcomes returns one line for each step: path, outcome, reason and failures.
func outcomes(r scenarios.Result) string {
	var b strings.Builder
	for _, step := range r.Scenarios[0].Steps {
		fmt.Fprintf(&b, "%s %s", step.Path, step.Outcome)
		if step.Reason != "" {
			fmt.Fprintf(&b, " (%s)", step.Reason)
		}
		for _, e := range step.Evidence {
			for _, f := range e.Verdict.Failures {
				fmt.Fprintf(&b, " [%s]", f)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func wantOutcomes(t *testing.T, r scenarios.Result, want string) {
	t.Helper()
	if got := outcomes(r); strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("got outcomes\n%s\nwant\n%s", got, want)
	}
}
