package player_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"semblance/scenarios"
	"semblance/scenarios/player"
	"semblance/scenarios/script"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/signature"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

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

func TestPlay(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	result := play(t, player.Options{Target: app.URL + "/webhooks"}, `
name: A visit
cast:
  ada: {kind: patient}
  visit: {kind: booking, patient: ada}
steps:
  - {send: booking.created, about: visit, capture: {job: /job/id}}
  - wait: 1ms
  - do: arrive
    about: visit
    expect: {status: 202, headers: {Content-Type: "application/json*"}, equals: {/job/id: 2}}
  - probe: {get: "${target.origin}/?visit=${visit.id}&job=${job}", until: {status: 200, equals: {/count: 2}}}
  - repeat:
      times: 2
      steps:
        - {send: booking.updated, about: visit}
  - request:
      headers: [[X-Webhook-Signature, "t=${sign.t},v1=${sign.v1},v0=00"]]
      raw: '{"eventType":"none.such"}'
      sign: {over: "${t}.${body}"}
  - request:
      headers: [[X-Webhook-Signature, "t=${sign.t},v1=${sign.v1}"]]
      raw: '{"eventType":"none.such"}'
      sign: {over: "${t}.${body}", t: now-400s}
    expect: {status: 401}
`)
	wantOutcomes(t, result, `
1 passed
2 passed
3 passed
4 passed
5 passed
5.1 passed
6 passed
7 passed`)
	want := "booking.created booking.patientJourney.arrived booking.updated booking.updated none.such"
	if got := strings.Join(app.received(), " "); got != want {
		t.Errorf("the application received %q, want %q", got, want)
	}
	if code := result.ExitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if got := result.Coverage.Covered(); got != 3 {
		t.Errorf("%d event types covered, want 3", got)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	app.respond = func(w http.ResponseWriter, n int) bool {
		if n == 1 {
			fmt.Fprint(w, `{"job":null}`)
		}
		return n == 1
	}
	const text = `
name: Failing
steps:
  - send: booking.created
    expect: {status: [201, 202], body: {type: object, required: [job], properties: {job: {type: object}}}}
    capture: {job: /job/id}
  - {send: booking.updated, expect: {equals: {/job/id: "${job}"}}}
  - {send: booking.deleted}
  - {probe: {get: "${target.origin}/", until: {status: 404}, within: 1ms}}
  - {send: patient.created, needs: reference-receiver}
`
	wantOutcomes(t, play(t, player.Options{Target: app.URL}, text), `
1 failed [status: expected 201 or 202, got 200] [body /job: expected an object, got null] [capture job /job/id: expected a value in the response, got nothing: /job is null]
2 skipped (no capture named job)
3 passed
4 failed [status: expected 404, got 200]
5 skipped (only the reference receiver (semblance listen) supports this)`)
	missing := play(t, player.Options{Target: app.URL}, "name: Missed\nsteps:\n  - {send: booking.created, capture: {x: /x}}\n").Scenarios[0].Steps[0].Evidence[1]
	if !strings.HasPrefix(string(missing.Check.Response), `{"job":`) {
		t.Errorf("the response without the captured value is recorded as %q", missing.Check.Response)
	}

	app.mu.Lock()
	app.types = nil
	app.mu.Unlock()
	result := play(t, player.Options{Target: app.URL, FailFast: true}, text)
	if summary := result.Scenarios[0].Summary(); summary[scenarios.Failed] != 1 || summary[scenarios.NotRun] != 4 {
		t.Errorf("with FailFast: got outcomes\n%s", outcomes(result))
	}
}

func TestCopiesAndRetries(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	result := play(t, player.Options{Target: app.URL}, `
name: Again
steps:
  - {send: booking.created, again: {copies: 2, as: replay, together: true}}
  - {send: booking.updated, again: {copies: 2, as: retry}}
  - {send: invoice.paid, fault: {transport: reset}, deliver: with-retries, expect: {status: 2xx}}
  - {send: invoice.paid, fault: {transport: lost-response}, expect: {response: none}}
  - {send: invoice.paid, fault: {signature: tampered}, expect: {status: 401}}
`)
	wantOutcomes(t, result, "1 passed\n2 passed\n3 passed\n4 passed\n5 passed")
	counts := map[int]int{}
	for _, n := range app.ids {
		counts[n]++
	}
	if counts[3] != 1 || counts[1] != 5 {
		t.Errorf("number of requests by eventId: %v; want one with three (replayed) and five with one", app.ids)
	}
	attempts := result.Scenarios[0].Steps[2].Evidence
	if len(attempts) != 2 || attempts[0].Attempt.Response.Status != 0 || attempts[1].Attempt.Number != 2 || attempts[1].Attempt.Request.Fault != "" {
		t.Errorf("the delivery with retries has %d attempts: %+v", len(attempts), attempts)
	}
}

// everything is a scenario with every kind of step that draws values.
const everything = `
name: Everything
seed: 7
cast:
  ada: {kind: patient}
  bob: {kind: patient}
  visit: {kind: booking, patient: ada}
steps:
  - {send: booking.created, about: visit}
  - shuffle:
      - {send: patient.created, about: ada}
      - {send: patient.created, about: bob}
      - {send: invoice.created}
      - {send: invoice.paid}
  - parallel:
      - {send: booking.updated, again: {copies: 3, as: retry, together: true}}
      - repeat: {times: 3, steps: [{send: lab.created}, {wait: 1ms}]}
      - {do: merge, about: {source: bob, target: ada}}
      - traffic: {events: 40, in-flight: 8}
      - {send: prescription.created, fault: {transport: reset}, deliver: with-retries, expect: {status: 2xx}}
  - traffic: {events: 100, in-flight: 16, types: ["booking.*", "invoice.*"]}
  - {send: booking.deleted, about: visit}
`

// transcript plays a scenario at a fixed time and returns the requests, each with its step and round.
func transcript(t *testing.T, target string, fixed *clock.FixedClock, seed int64, text string) string {
	t.Helper()
	var out bytes.Buffer
	result := play(t, player.Options{
		Target: target, At: noon, Clock: fixed, Transcript: &out, Seed: seed, HasSeed: true, RetryScale: 1e9,
	}, text)
	if code := result.ExitCode(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, outcomes(result))
	}
	var requests strings.Builder
	for decoder := json.NewDecoder(&out); decoder.More(); {
		var line struct {
			Step, Round string
			Request     json.RawMessage
		}
		if err := decoder.Decode(&line); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&requests, "%s#%s %s\n", line.Step, line.Round, line.Request)
	}
	return requests.String()
}

func TestSameSeedAndTimeSameBytes(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	var fixed *clock.FixedClock
	app.now = func() time.Time { return fixed.Now() }
	run := func(seed int64) string {
		fixed = clock.Fixed(noon)
		return transcript(t, app.URL, fixed, seed, everything)
	}
	first := run(7)
	if n := strings.Count(first, "\n"); n != 1+4+4+3+1+40+2+100+1 {
		t.Errorf("the transcript has %d lines:\n%.3000s", n, first)
	}
	for range 3 {
		if again := run(7); again != first {
			t.Fatalf("two plays with the same seed and time differ:\n%s", firstDifference(first, again))
		}
	}
	if run(8) == first {
		t.Error("different seeds send the same bytes")
	}
}

func firstDifference(a, b string) string {
	left, right := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(left), len(right)) {
		if left[i] != right[i] {
			return left[i] + "\n" + right[i]
		}
	}
	return "one is longer"
}

func TestStepsAreIndependent(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	app.now = func() time.Time { return noon }
	scenario := func(second string) string {
		return transcript(t, app.URL, nil, 1, "name: Edited\nsteps:\n  - {send: booking.created}\n  - "+second+"\n  - {send: invoice.created}\n")
	}
	one, two := strings.Split(scenario("{send: booking.updated}"), "\n"), strings.Split(scenario("{send: patient.created}"), "\n")
	if one[0] != two[0] || one[2] != two[2] {
		t.Errorf("a different second step changed the first or the third:\n%s\n%s", strings.Join(one, "\n"), strings.Join(two, "\n"))
	}
}

func TestSelection(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	const text = `
name: Choose
cast:
  visit: {kind: booking}
steps:
  - {do: arrive, about: visit}
  - repeat:
      times: 2
      steps:
        - {send: booking.updated, about: visit, tags: [update]}
        - {send: booking.created}
  - {do: start-consultation, about: visit, name: the-end, tags: [end]}
  - {send: patient.created}
`
	for _, test := range []struct {
		name   string
		choose player.Selection
		want   string
	}{
		{"until a path", player.Selection{Until: "2.1"}, "booking.patientJourney.arrived booking.updated"},
		{"until a name", player.Selection{Until: "the-end"}, "booking.patientJourney.arrived booking.updated booking.created booking.updated booking.created booking.patientJourney.inConsultation"},
		{"only", player.Selection{Only: "3"}, "booking.patientJourney.inConsultation"},
		{"tags", player.Selection{Tags: []string{"update", "end"}}, "booking.updated booking.updated booking.patientJourney.inConsultation"},
	} {
		t.Run(test.name, func(t *testing.T) {
			app.mu.Lock()
			app.types = nil
			app.mu.Unlock()
			result := play(t, player.Options{Target: app.URL, Select: test.choose}, text)
			if got := strings.Join(app.received(), " "); got != test.want {
				t.Errorf("received %q, want %q\n%s", got, test.want, outcomes(result))
			}
			if code := result.ExitCode(); code != 0 {
				t.Errorf("exit code %d", code)
			}
		})
	}
	p, err := player.New(player.Options{Target: app.URL, Select: player.Selection{Only: "the-nd"}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Play(t.Context(), parse(t, text)); err == nil || !strings.Contains(err.Error(), `did you mean "the-end"?`) {
		t.Errorf("unknown step: got %v", err)
	}
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	ctx, cancel := context.WithCancel(t.Context())
	app.respond = func(_ http.ResponseWriter, n int) bool {
		if n == 20 {
			cancel()
		}
		return false
	}
	p, err := player.New(player.Options{Target: app.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Play(ctx, parse(t, "name: Long\nsteps:\n  - {send: booking.created}\n  - traffic: {events: 1000000}\n  - {send: booking.deleted}\n")); err != nil {
		t.Fatal(err)
	}
	result := p.Result()
	if code := result.ExitCode(); code != scenarios.ExitInterrupted {
		t.Errorf("exit code %d, want 130", code)
	}
	if result.Counts.Attempts < 2 || result.Counts.Failed != 0 {
		t.Errorf("got counts %+v; want some attempts and no failure", result.Counts)
	}
	if step := result.Scenarios[0].Steps[1]; step.Reason != "interrupted" || step.Duration == 0 {
		t.Errorf("the interrupted step has the reason %q and took %v", step.Reason, step.Duration)
	}
	if last := result.Scenarios[0].Steps[2]; last.Outcome != scenarios.NotRun {
		t.Errorf("the step after the interrupt is %s", last.Outcome)
	}
}

func TestInterruptedStepIsSkipped(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	ctx, cancel := context.WithCancel(t.Context())
	p, err := player.New(player.Options{Target: app.URL, Observer: &stepObserver{each: cancel}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Play(ctx, parse(t, "name: Long\nsteps:\n  - parallel: [{send: booking.created}, {wait: 1h}]\n  - {send: booking.deleted}\n")); err != nil {
		t.Fatal(err)
	}
	wantOutcomes(t, p.Result(), `
1 skipped (interrupted)
1.1 passed
1.2 skipped (interrupted)
2 not run`)
}

// After a parallel block the last event is that of the last branch, in the order of the file, that sent one.
func TestLastEventOfParallelBlock(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	result := play(t, player.Options{Target: app.URL, At: noon, DryRun: true}, `
name: Last event
steps:
  - send: patient.created
  - parallel:
      - send: booking.created
      - wait: 1ms
  - request: {headers: [[X-Last, "${request.eventId}"]]}
`)
	steps := result.Scenarios[0].Steps
	got, want := steps[2].Evidence[0].Attempt.Request.EventID, steps[4].Evidence[0].Attempt.Request.Header("X-Last")
	if got != want {
		t.Errorf("the block sent %s, but ${request.eventId} is %s", got, want)
	}
}

func TestRestrictedSteps(t *testing.T) {
	t.Parallel()
	p, err := player.New(player.Options{Target: "http://192.0.2.1/webhooks"})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, step := range []string{"{traffic: {events: 1}}", "{send: booking.created, fault: {signature: tampered}, expect: {status: 4xx}}"} {
		err := p.Play(t.Context(), parse(t, "name: Restricted\nsteps:\n  - "+step+"\n"))
		if err == nil || !strings.Contains(err.Error(), "--allow-public") {
			t.Errorf("%s to a public address: got %v", step, err)
		}
	}
}

func TestFailFastStopsTheRun(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	p, err := player.New(player.Options{Target: app.URL, FailFast: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, text := range []string{"{send: booking.created, expect: {status: 409}}", "{send: booking.updated}"} {
		if err := p.Play(t.Context(), parse(t, "name: One of two\nsteps:\n  - "+text+"\n")); err != nil {
			t.Fatal(err)
		}
	}
	result := p.Result()
	if got := result.Scenarios[1].Outcome(); got != scenarios.NotRun {
		t.Errorf("the scenario after the failure is %s", got)
	}
}

// A response body is judged to its end, far beyond the bound of an excerpt.
func TestLongResponse(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	app.respond = func(w http.ResponseWriter, _ int) bool {
		fmt.Fprintf(w, `{"padding":%q,"job":{"id":7}}`, strings.Repeat("x", 200<<10))
		return true
	}
	wantOutcomes(t, play(t, player.Options{Target: app.URL}, `
name: Long
steps:
  - {send: booking.created, expect: {equals: {/job/id: 7}}, capture: {job: /job/id}}
  - {send: booking.updated, expect: {body: {type: object, required: [job], properties: {job: {type: object}}}}}
`), "1 passed\n2 passed")
}
