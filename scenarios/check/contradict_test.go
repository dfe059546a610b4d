package check_test

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/check"
	"semblance/scenarios/player"
	"semblance/scenarios/script"
	"semblance/simulator"
	"semblance/simulator/signature"
)

// contrary is a correct receiver that gives another response to some requests, which it recognizes by their number.
type contrary struct {
	right  http.Handler
	counts bool // effects are counted

	mu      sync.Mutex
	seen    []string // what identifies each request
	numbers []int    // of the contradicted requests, from 0
	answer  http.HandlerFunc
	after   http.HandlerFunc // changes the right responses; may be nil
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
	case slices.Contains(c.numbers, number):
		c.answer(w, r)
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
	reference := correct(t)
	c.right = reference
	server := httptest.NewUnstartedServer(c)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of responses that begin twice
	server.Start()
	defer server.Close()
	r := run(t, server.URL, func(o *check.Options) {
		if c.counts {
			o.Hook = func(context.Context, string, bool, time.Duration) error { return nil }
			o.Player.Effects = player.CountWith(func(_ context.Context, id string) (int, error) {
				record, _ := reference.Record(id)
				return record.Changes, nil
			})
		}
		if edit != nil {
			edit(o)
		}
	}, id)
	for i := range r.Checks {
		if r.Checks[i].ID == id {
			return &r.Checks[i]
		}
	}
	t.Fatalf("no result of %s", id)
	return nil
}

// responses are the responses that a receiver gives in place of the right one.
var responses = []struct {
	name     string
	response simulator.Response
	answer   http.HandlerFunc
}{
	{"200", simulator.Response{Status: 200}, status(200, "")},
	{"302", simulator.Response{Status: 302}, status(302, "")},
	{"400", simulator.Response{Status: 400}, status(400, "")},
	{"500", simulator.Response{Status: 500}, status(500, "")},
	{"429", simulator.Response{Status: 429}, status(429, "")},
	{"none", simulator.Response{Failure: simulator.FailureTimeout}, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
}

// impatient is a connection for which the time limit is reached as soon as the receiver closes it without a response to the
// last request.
type impatient struct {
	net.Conn
	answered atomic.Bool
}

func (c *impatient) Write(data []byte) (int, error) {
	c.answered.Store(false) // the connection may have been used before
	return c.Conn.Write(data)
}

func (c *impatient) Read(data []byte) (int, error) {
	n, err := c.Conn.Read(data)
	if n > 0 {
		c.answered.Store(true)
	}
	if err != nil && !c.answered.Load() {
		err = os.ErrDeadlineExceeded
	}
	return n, err
}

func dialImpatiently(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	return &impatient{Conn: conn}, err
}

// For each step of each check, a receiver that gives another response to one request of the step does not pass the check, unless
// the response is right too. A new check is proved as soon as its file exists.
func TestContradictions(t *testing.T) {
	t.Parallel()
	cases := load(t)
	rows := make([]string, len(cases))
	each(len(cases), func(i int) { rows[i] = contradicted(t, cases[i]) })
	golden(t, "testdata/contradictions.md", "| check | 200 | 302 | 400 | 500 | 429 | none | effect |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n"+strings.Join(rows, ""))
}

// contradicted returns the row of a check: its outcomes with each response to each of its steps.
func contradicted(t *testing.T, c *check.Case) string {
	if c.ID == scenarios.ControlID || c.Group == "leaks" { // TestBadReceivers and TestLeaks contradict them
		return ""
	}
	clean := &contrary{counts: len(c.Scenario.Check.Needs) > 0}
	passed := clean.play(t, c.ID, nil)
	if passed.Outcome != scenarios.Passed && c.ID != "DLV-05" { // that needs the provider's API
		t.Errorf("%s is %s: %s", c.ID, passed.Outcome, passed.Reason)
	}
	steps := len(passed.Trial.Steps)
	outcomes := make([]string, len(responses)*steps)
	each(len(outcomes), func(i int) { outcomes[i] = contradictStep(t, c, passed, i%steps, clean.seen, i/steps) })
	cells := make([]string, len(responses)+1)
	for i := range responses {
		different := slices.Sorted(slices.Values(outcomes[i*steps : (i+1)*steps]))
		different = slices.DeleteFunc(slices.Compact(different), func(outcome string) bool { return outcome == "" })
		cells[i] = cmp.Or(strings.Join(different, " or "), "–")
	}
	cells[len(responses)] = contradictEffects(t, c)
	if strings.Trim(strings.Join(cells, ""), "–") == "" && c.ID != "DLV-05" {
		t.Errorf("nothing fails %s", c.ID)
	}
	return "| " + c.ID + " | " + strings.Join(cells, " | ") + " |\n"
}

// contradictStep gives a response to the first request of a step. It returns the outcome, or "" if the response is right.
func contradictStep(t testing.TB, c *check.Case, passed *scenarios.CheckResult, s int, seen []string, i int) string {
	if len(passed.Trial.Steps[s].Exchanges) == 0 {
		return ""
	}
	number := func(a *simulator.Attempt, from int) int {
		want := key(a.Request.Method, a.Request.Header(signature.HeaderName), a.Request.Body)
		for i := from; i < len(seen); i++ {
			if seen[i] == want {
				return i
			}
		}
		return -1
	}
	first, last := number(&passed.Trial.Steps[s].Exchanges[0].Attempt, 0), 0
	if first < 0 { // no complete request reached the receiver
		return ""
	}
	for _, step := range passed.Trial.Steps {
		for _, x := range step.Exchanges {
			if last = max(last, number(&x.Attempt, last+1)); x.Twin != nil { // a replay comes after its original
				last = max(last, number(x.Twin, last+1))
			}
		}
	}
	trial := passed.Trial
	trial.Steps = slices.Clone(trial.Steps)
	step := &trial.Steps[s]
	step.Exchanges = slices.Clone(step.Exchanges)
	step.Exchanges[0].Attempt.Response = responses[i].response
	want := scenarios.JudgeCheck(c.Check, trial).Outcome
	numbers := []int{first}
	if status := responses[i].response.Status; status == http.StatusTooManyRequests && passed.Trial.Steps[s].Exchanges[0].Attempt.Response.Status != 0 &&
		!slices.ContainsFunc(step.Exchanges[0].Required, func(r scenarios.Requirement) bool { return r.Names(status) }) {
		// the check is tried once more, after two controls, and gets the same
		numbers, want = append(numbers, first+last-1), scenarios.Inconclusive
	}
	if want == scenarios.Passed {
		return ""
	}
	got := (&contrary{numbers: numbers, answer: responses[i].answer, counts: len(c.Scenario.Check.Needs) > 0}).play(t, c.ID, func(o *check.Options) { o.Player.Delivery.Dial = dialImpatiently })
	if got.Outcome != want {
		t.Errorf("%s with %s to step %s (%s) is %s, want %s: %s", c.ID, responses[i].name, step.Path, step.Title, got.Outcome, want, got.Reason)
	}
	if len(got.Findings) > 0 && got.Findings[0].Step.Path != step.Path && !strings.Contains(step.Path, ".") { // others run beside it
		t.Errorf("%s with %s to step %s finds step %s", c.ID, responses[i].name, step.Path, got.Findings[0].Step.Path)
	}
	return string(got.Outcome)
}

// contradictEffects returns the outcome of a check at a receiver where every event takes effect twice, or "" if the check requires
// no effect.
func contradictEffects(t testing.TB, c *check.Case) string {
	if !effects(c) || c.ID == "DLV-05" {
		return "–"
	}
	receiver := &contrary{}
	got := receiver.play(t, c.ID, func(o *check.Options) {
		o.Hook = func(context.Context, string, bool, time.Duration) error { return nil }
		o.Player.Effects = player.CountWith(func(context.Context, string) (int, error) {
			if receiver.count() <= 2 { // the control
				return 1, nil
			}
			return 2, nil
		})
	})
	if got.Outcome == scenarios.Passed || got.Outcome == scenarios.Skipped {
		t.Errorf("%s is %s with two effects of every event: %s", c.ID, got.Outcome, got.Reason)
	}
	return string(got.Outcome)
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
		if got := (&contrary{after: test.after}).play(t, test.id, nil); got.Outcome != test.outcome {
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
