package player

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/script"
	"semblance/simulator"
	"semblance/simulator/delivery"
)

func TestParseEffects(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"http://localhost:3000/effects", "contains ${id}"},
		{"localhost:3000/effects/${id}", "an http or https URL, or exec:COMMAND"},
		{"ftp://localhost/${id}", "an http or https URL"},
		{"exec:", "contains ${id}"},
		{"exec:${id}", "names it"},
		{"http://localhost:3000/effects/${id}", ""},
		{"http://localhost:3000/effects?of=${id} #/changes", ""},
		{"exec:./effects ${id}", ""},
	} {
		e, err := ParseEffects(test.text, delivery.Options{})
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v, want %q", test.text, err, test.want)
		}
		e.Close()
	}
}

func TestCountEffects(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status           int
		body, after, err string
		count            int
	}{
		{404, "not found", "", "", 0},
		{200, "3", "", "", 3},
		{200, "[]", "", "", 0},
		{200, `[{"a":1},{"a":2}]`, "", "", 2},
		{200, `{"count":4}`, "", "", 4},
		{200, `{"changes":5}`, " #/changes", "", 5},
		{200, `{"changes":[1,2]}`, " #/changes", "", 2},
		{200, `{"changes":5}`, "", `got an object without count, {"changes":5}; a pointer names another place: PROBE #/changes`, 0},
		{200, `{"a":"b","effects":[]}`, "", "PROBE #/effects", 0},
		{200, `{"count":null}`, "", "got null", 0},
		{200, `{"changes":5}`, " #/other", `no "other"`, 0},
		{200, "1.5", "", "got 1.5", 0},
		{200, "-1", "", "got -1", 0},
		{200, "<html>", "", "expected a number", 0},
		{500, "oh no", "", "status 500", 0},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/of/507f1f77bcf86cd799439011" {
				t.Errorf("asked %s", r.URL)
			}
			w.WriteHeader(test.status)
			w.Write([]byte(test.body))
		}))
		e, err := ParseEffects(server.URL+"/of/${id}"+test.after, delivery.Options{})
		if err != nil {
			t.Fatal(err)
		}
		n, err := e.Count(t.Context(), "507f1f77bcf86cd799439011")
		if n != test.count || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%d %s%s: %d, %v; want %d, %q", test.status, test.body, test.after, n, err, test.count, test.err)
		}
		e.Close()
		server.Close()
	}
	e, err := ParseEffects("exec:echo 2${id}", delivery.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := e.Count(t.Context(), "1"); n != 21 || err != nil {
		t.Errorf("the command: %d, %v", n, err)
	}
}

// ledger is a receiver that counts effects by record. It recognizes a repetition by the eventId alone, as many do, or not at
// all.
type ledger struct {
	mu       sync.Mutex
	seen     map[string]bool
	effects  map[string]int
	remember bool
	nothing  bool // responds with 200 and does nothing
}

func (l *ledger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.Method == http.MethodGet {
		w.Write([]byte(scenarios.EncodeJSON(map[string]any{"count": l.effects[strings.TrimPrefix(r.URL.Path, "/")]})))
		return
	}
	body := make([]byte, r.ContentLength)
	r.Body.Read(body)
	var id string
	if _, after, ok := strings.Cut(string(body), `"identifiers":{"`); ok {
		id = strings.Split(after, `"`)[2]
	}
	_, after, _ := strings.Cut(string(body), `"eventId":"`)
	eventID, _, _ := strings.Cut(after, `"`)
	if l.nothing || l.remember && l.seen[eventID] {
		return
	}
	l.seen[eventID] = true
	l.effects[id]++
}

func playEffects(t *testing.T, l *ledger, text string) scenarios.Result {
	t.Helper()
	l.seen, l.effects = map[string]bool{}, map[string]int{}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	scenario, problems := script.Parse("effects.yaml", []byte(text))
	if scenario == nil {
		t.Fatal(problems)
	}
	effects, err := ParseEffects(server.URL+"/${id}", delivery.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer effects.Close()
	effects.settle, effects.within = 1, 200*time.Millisecond
	p, err := New(Options{Target: server.URL, Secret: simulator.DefaultSecret, Effects: effects})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Play(t.Context(), scenario); err != nil {
		t.Fatal(err)
	}
	return p.Result()
}

// Every response is 200, and the probe says what the receiver did.
func TestEffectsAreJudged(t *testing.T) {
	t.Parallel()
	const replay = "name: E\ncast: {v: {kind: booking}}\nsteps:\n  - {send: booking.created, about: v}\n" +
		"  - {send: booking.updated, about: v, again: {copies: 2, as: replay}, effect: once}\n"
	const retry = "name: E\nsteps:\n  - {send: booking.created, again: {copies: 1, as: retry}, effect: once}\n"
	for _, test := range []struct {
		name, text string
		receiver   *ledger
		want       string
	}{
		{"once", replay, &ledger{remember: true}, ""},
		{"twice", replay, &ledger{}, "expected 1 effect, got 3 effects"},
		{"a stable eventId is assumed", retry, &ledger{remember: true}, "expected 1 effect, got 2 effects"},
		{"none was wanted", "name: E\nsteps:\n  - {send: booking.created, effect: none}\n", &ledger{}, "expected no effect, got 1 effect"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			result := playEffects(t, test.receiver, test.text)
			steps := result.Scenarios[0].Steps
			last := &steps[len(steps)-1]
			var got string
			for i := range last.Evidence {
				for _, f := range last.Evidence[i].Verdict.Failures {
					got += f.String()
				}
			}
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if j := result.Judged(); j.Effects != 1 || j.OnlyResponses() {
				t.Errorf("judged %+v", j)
			}
		})
	}
}

// A receiver that does nothing is found out after the time in which an event may take effect.
func TestReceiverThatDoesNothing(t *testing.T) {
	t.Parallel()
	result := playEffects(t, &ledger{nothing: true}, "name: E\nsteps:\n  - {send: booking.created, effect: present}\n")
	if f := result.Scenarios[0].Steps[0].Evidence[1].Verdict.Failures; len(f) != 1 || !strings.Contains(f[0].String(), "expected at least 1 effect, got 0 effects") {
		t.Errorf("failures %v", f)
	}
}

// The effect of an event that is sent again is that of all its requests.
func TestEffectOfResentEvent(t *testing.T) {
	t.Parallel()
	const text = "name: E\nsteps:\n  - {name: first, send: booking.created}\n  - {resend: first, effect: once}\n"
	for _, test := range []struct {
		remember bool
		failures int
	}{{true, 0}, {false, 1}} {
		result := playEffects(t, &ledger{remember: test.remember}, text)
		evidence := result.Scenarios[0].Steps[1].Evidence
		if f := evidence[len(evidence)-1].Verdict.Failures; len(f) != test.failures {
			t.Errorf("a receiver that remembers (%t): %v", test.remember, f)
		}
	}
}

// A probe that fails is named as the cause, with its fix and without the id of a record.
func TestFailedProbe(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(nil)
	gone.Close()
	probe, err := ParseEffects(gone.URL+"/${id}", delivery.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer probe.Close()
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer receiver.Close()
	s, err := script.Parse("effects.yaml", []byte("name: E\nsteps:\n  - {send: booking.created, effect: once}\n"))
	if err != nil {
		t.Fatal(err)
	}
	result, err := PlayAll(t.Context(), Options{Target: receiver.URL, Effects: probe}, []*script.Scenario{s})
	if err != nil {
		t.Fatal(err)
	}
	evidence := result.Scenarios[0].Steps[0].Evidence
	last := &evidence[len(evidence)-1]
	if f := last.Verdict.Failures; len(f) != 1 || f[0].Expected != "the probe to count effects" || !strings.Contains(f[0].Got, "/${id}: nothing listens") {
		t.Errorf("failures %v", f)
	}
	if last.Hint.Fix != "start the probe's server, or correct --probe" {
		t.Errorf("fix %q", last.Hint.Fix)
	}
}
