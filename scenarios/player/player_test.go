package player_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"semblance/scenarios"
	"semblance/scenarios/player"
	"semblance/simulator/delivery"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

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
	if !strings.HasPrefix(string(missing.Probe.Response), `{"job":`) {
		t.Errorf("the response without the captured value is recorded as %q", missing.Probe.Response)
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

// A scenario with a step that a public address must not get is not started.
func TestRestrictedSteps(t *testing.T) {
	t.Parallel()
	p, err := player.New(player.Options{Target: "http://192.0.2.1/webhooks", Delivery: delivery.Options{Dial: noDial(t)}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, step := range []string{
		"{traffic: {events: 1}}", "{send: booking.created, fault: {signature: tampered}, expect: {status: 4xx}}", "{request: {method: DELETE}}",
		"{repeat: {times: 2, steps: [{parallel: [{request: {}}]}]}}",
	} {
		err := p.Play(t.Context(), parse(t, "name: Restricted\nsteps:\n  - "+step+"\n"))
		if err == nil || !strings.Contains(err.Error(), "--allow-public") {
			t.Errorf("%s to a public address: got %v", step, err)
		}
	}
}

// noDial returns a dialer that fails the test.
func noDial(t *testing.T) func(context.Context, string, string) (net.Conn, error) {
	return func(_ context.Context, _, address string) (net.Conn, error) {
		t.Errorf("connected to %s", address)
		return nil, errors.New("not in a test")
	}
}

// A public address gets at most 100 requests, however the scenarios of a run produce them.
func TestPublicTargetIsCounted(t *testing.T) {
	t.Parallel()
	for name, texts := range map[string][]string{
		"repeat in repeat": {"{repeat: {times: 100, steps: [{repeat: {times: 100, steps: [{send: booking.created, expect: {response: any}}]}}]}}"},
		"copies":           {"{send: booking.created, again: {copies: 100, together: true}, expect: {response: any}}"},
		"two scenarios": {"{repeat: {times: 60, steps: [{send: booking.created, expect: {response: any}}]}}",
			"{repeat: {times: 60, steps: [{send: booking.created, expect: {response: any}}]}}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := newApplication(t)
			var requests atomic.Int32
			count := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				app.Config.Handler.ServeHTTP(w, r)
			}))
			defer count.Close()
			p, err := player.New(player.Options{Target: "http://192.0.2.1/", Delivery: delivery.Options{
				Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
					return new(net.Dialer).DialContext(ctx, network, count.Listener.Addr().String())
				},
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			for _, text := range texts {
				if err := p.Play(t.Context(), parse(t, "name: Many\nsteps:\n  - "+text+"\n")); err != nil {
					t.Fatal(err)
				}
			}
			if n := requests.Load(); n != delivery.MaxPublic {
				t.Errorf("the receiver got %d requests, want %d", n, delivery.MaxPublic)
			}
		})
	}
}

// A request step or a probe to another URL than the target is refused when it connects.
func TestOtherPublicURLs(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	p, err := player.New(player.Options{Target: app.URL, Delivery: delivery.Options{Dial: noDial(t)}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	err = p.Play(t.Context(), parse(t, `
name: Elsewhere
steps:
  - {request: {url: "http://192.0.2.1/", method: DELETE}}
  - {probe: {get: "http://192.0.2.1/", within: 1ms}}
`))
	if err != nil {
		t.Fatal(err)
	}
	if got := outcomes(p.Result()); strings.Count(got, "a hand-made request goes only to loopback and private addresses") != 2 {
		t.Errorf("got outcomes\n%s", got)
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
