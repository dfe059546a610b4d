package check_test

import (
	"bytes"
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/check"
	"semblance/scenarios/player"
	"semblance/scenarios/script"
	"semblance/simulator"
	"semblance/simulator/signature"
)

// contrary is a correct receiver that gives another response to one request, which it recognizes by its number.
type contrary struct {
	right http.Handler

	mu     sync.Mutex
	seen   []string // what identifies each request
	number int      // of the contradicted request, from 0; -1: none
	answer func(http.ResponseWriter)
	after  func(http.ResponseWriter, *http.Request) // changes the right responses; may be nil
}

// key identifies a request, as the receiver and as the sender see it.
func key(method, signed string, body []byte) string {
	return method + "\n" + signed + "\n" + string(body)
}

func (c *contrary) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	c.mu.Lock()
	number := len(c.seen)
	c.seen = append(c.seen, key(r.Method, r.Header.Get(signature.HeaderName), body))
	c.mu.Unlock()
	switch {
	case number == c.number:
		c.answer(w)
	case c.after != nil:
		c.after(w, r)
		c.right.ServeHTTP(w, r)
	default:
		c.right.ServeHTTP(w, r)
	}
}

func (c *contrary) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.seen)
}

// play runs one check at a receiver that contradicts one request.
func (c *contrary) play(t testing.TB, id string, edit func(*check.Options)) *scenarios.CheckResult {
	t.Helper()
	c.right = correct(t)
	server := httptest.NewUnstartedServer(c)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of responses that begin twice
	server.Start()
	defer server.Close()
	r := run(t, server.URL, edit, id)
	for i := range r.Checks {
		if r.Checks[i].ID == id {
			return &r.Checks[i]
		}
	}
	t.Fatalf("no result of %s", id)
	return nil
}

// For each step of each check, a receiver that gives the opposite response to one request of the step does not pass the check.
// A new check is proved as soon as its file exists.
func TestContradictions(t *testing.T) {
	t.Parallel()
	cases := load(t)
	each(len(cases), func(i int) {
		c := cases[i]
		if c.ID == scenarios.ControlID || c.Group == "leaks" { // TestBadReceivers and TestLeaks contradict them
			return
		}
		clean := &contrary{number: -1}
		passed := clean.play(t, c.ID, nil)
		if passed.Outcome == scenarios.Skipped {
			return // without the effects
		}
		if passed.Outcome != scenarios.Passed {
			t.Errorf("%s is %s: %s", c.ID, passed.Outcome, passed.Reason)
		}
		bites := false
		for s := range passed.Trial.Steps {
			if step := &passed.Trial.Steps[s]; len(step.Exchanges) > 0 {
				bites = contradictStep(t, c, passed, s, clean.seen) || bites
			}
		}
		if !bites && !effects(c) {
			t.Errorf("no response fails %s", c.ID)
		}
	})
}

// contradictStep gives every response to the first request of a step that is not as required. It reports whether there is one.
func contradictStep(t testing.TB, c *check.Case, passed *scenarios.CheckResult, s int, seen []string) (bites bool) {
	x := &passed.Trial.Steps[s].Exchanges[0]
	number := -1
	for i, k := range seen {
		if k == key(x.Attempt.Request.Method, x.Attempt.Request.Header(signature.HeaderName), x.Attempt.Request.Body) {
			number = i
			break
		}
	}
	if number < 0 { // no complete request reached the receiver
		return false
	}
	for _, status := range []int{200, 302, 400, 500} {
		trial := passed.Trial
		trial.Steps = append([]scenarios.TrialStep{}, trial.Steps...)
		step := &trial.Steps[s]
		step.Exchanges = append([]scenarios.Exchange{}, step.Exchanges...)
		step.Exchanges[0].Attempt.Response = simulator.Response{Status: status}
		want := scenarios.JudgeCheck(c.Check, trial).Outcome
		if want == scenarios.Passed {
			continue
		}
		bites = true
		got := (&contrary{number: number, answer: func(w http.ResponseWriter) { w.WriteHeader(status) }}).play(t, c.ID, nil)
		if got.Outcome != want {
			t.Errorf("%s with %d to step %s (%s) is %s, want %s: %s", c.ID, status, step.Path, step.Title, got.Outcome, want, got.Reason)
		}
		if len(got.Findings) > 0 && got.Findings[0].Step.Path != step.Path && !strings.Contains(step.Path, ".") { // others run beside it
			t.Errorf("%s with %d to step %s finds step %s", c.ID, status, step.Path, got.Findings[0].Step.Path)
		}
	}
	return bites
}

// For each check that requires effects, a receiver with other effects does not pass it.
func TestContradictedEffects(t *testing.T) {
	t.Parallel()
	cases := load(t)
	each(len(cases), func(i int) {
		c := cases[i]
		if !effects(c) || c.ID == scenarios.ControlID {
			return
		}
		receiver := &contrary{number: -1}
		got := receiver.play(t, c.ID, func(o *check.Options) {
			o.Hook = func(context.Context, string, bool, time.Duration) error { return nil }
			o.Player.Effects = player.CountWith(func(context.Context, string) (int, error) {
				if receiver.count() <= 2 { // the control
					return 1, nil
				}
				return 2, nil
			})
		})
		if got.Outcome == scenarios.Passed || got.Outcome == scenarios.Skipped && c.ID != "DLV-05" {
			t.Errorf("%s is %s with two effects of every event: %s", c.ID, got.Outcome, got.Reason)
		}
	})
}

// Each forbidden text in a response is found.
func TestLeaks(t *testing.T) {
	t.Parallel()
	header := func(name, value string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) { w.Header().Set(name, value) }
	}
	secret := simulator.DefaultSecret.Reveal()
	for _, test := range []struct {
		id      string
		after   func(http.ResponseWriter, *http.Request)
		outcome scenarios.Outcome
	}{
		{"LEAK-01", header("X-Debug", secret), scenarios.Failed},
		{"LEAK-01", header("X-Debug", strings.TrimPrefix(secret, "whsec_")), scenarios.Failed},
		{"LEAK-03", header("X-Debug", "Traceback (most recent call last)"), scenarios.Warned},
		{"LEAK-03", header("X-Debug", "at f (/srv/node_modules/x.js:1:2)"), scenarios.Warned},
		{"LEAK-04", header("Server", "nginx/1.2.3"), scenarios.Remarked},
		{"LEAK-04", header("X-Powered-By", "Express"), scenarios.Remarked},
		{"LEAK-05", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 70<<10)) }, scenarios.Warned},
		{"LEAK-05", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.Copy(w, r.Body)
		}, scenarios.Warned},
	} {
		if got := (&contrary{number: -1, after: test.after}).play(t, test.id, nil); got.Outcome != test.outcome {
			t.Errorf("%s is %s, want %s", test.id, got.Outcome, test.outcome)
		}
	}
}

// effects reports whether a step of the check requires effects.
func effects(c *check.Case) bool {
	for step := range c.Scenario.All() {
		common := script.Of(step)
		if common.Effect != "" || slices.ContainsFunc(common.Levels, func(l script.Level) bool { return l.Effect != "" }) {
			return true
		}
	}
	return false
}
