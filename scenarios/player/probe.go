package player

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/script"
	"semblance/schemas/human"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/delivery"
)

// probe plans a probe step. It repeats the request or the command until the reply is as expected, and once more after
// StillAfter.
func (r *run) probe(step *script.Probe, f frame) task {
	return func(ctx context.Context, b *branch) {
		q, err := r.newQuery(step, b.values(f))
		if err != nil {
			r.fail(step.Path, f.round, err)
			return
		}
		started, startedAt := clock.Now(), r.elapsed()
		probe := scenarios.Probe{Request: q.title}
		last, verdict := q.repeat(ctx, step, &probe)
		if verdict.Passed() && step.StillAfter > 0 && clock.Sleep(ctx, step.StillAfter) == nil {
			last, verdict = q.once(ctx, max(step.Within, minTimeout))
			probe.Tries++
			for i := range verdict.Failures {
				verdict.Failures[i].Expected += " still after " + human.Duration(step.StillAfter)
			}
		}
		if ctx.Err() != nil {
			return
		}
		probe.Status, probe.Response, probe.Failure = last.Status, last.Body, last.Detail
		probe.Took = clock.Since(started)
		r.recorder.Probe(step.Path, scenarios.Evidence{
			Round: f.round.String(), StartedAt: startedAt, Probe: &probe, Expected: q.expect.String(), Verdict: verdict,
		})
		if verdict.Passed() {
			b.capture(step.Path, f.round, step.Captures, &last)
		}
	}
}

// query is a probe with its values.
type query struct {
	title  string // for reports
	expect scenarios.Expect
	ask    func(ctx context.Context) (response simulator.Response, failure *scenarios.Failure)
}

func (r *run) newQuery(step *script.Probe, v *values) (q *query, err error) {
	if len(step.Exec) > 0 {
		q, err = r.newCommand(step, v)
	} else {
		q, err = r.newRequest(step, v)
	}
	if err == nil {
		q.expect, err = step.Until.Resolve(v, v.shown())
	}
	return q, err
}

func (r *run) newRequest(step *script.Probe, v *values) (*query, error) {
	res, masked := resolver{values: v}, resolver{values: v.shown()}
	exact := delivery.Exact{Method: step.Method, URL: res.text(&step.URL), Headers: res.headers(step.Headers)}
	title := step.Method + " " + masked.text(&step.URL)
	if err := errors.Join(res.err, masked.err); err != nil {
		return nil, err
	}
	if !r.options.ShowSecrets {
		title = step.Method + " " + simulator.RedactURL(masked.text(&step.URL))
	}
	if step.Body != nil {
		value, err := step.Body.Resolve(v)
		if err != nil {
			return nil, err
		}
		if text, ok := value.(string); ok {
			exact.Body = []byte(text)
		} else {
			exact.Body = []byte(scenarios.EncodeJSON(value))
			exact.SetDefault("Content-Type", "application/json")
		}
	}
	exact.SetDefault("User-Agent", delivery.DefaultUserAgent)
	request, err := r.probes.PrepareExact(exact)
	if err != nil {
		if masked.text(&step.URL) != exact.URL { // the cause quotes the URL
			return nil, fmt.Errorf("invalid request %s", title)
		}
		return nil, fmt.Errorf("invalid request %s: %w", title, err)
	}
	return &query{title: title, ask: func(ctx context.Context) (simulator.Response, *scenarios.Failure) {
		return r.probes.Send(ctx, request), nil
	}}, nil
}

func (r *run) newCommand(step *script.Probe, v *values) (*query, error) {
	if !r.options.AllowExec {
		return nil, errors.New("running a command requires --allow-exec, because the scenario may be someone else's")
	}
	res, masked := resolver{values: v}, resolver{values: v.shown()}
	arguments, shown := make([]string, len(step.Exec)), make([]string, len(step.Exec))
	for i := range step.Exec {
		arguments[i], shown[i] = res.text(&step.Exec[i]), masked.text(&step.Exec[i])
	}
	pattern := "*"
	if step.Until.Output != nil {
		pattern = res.text(step.Until.Output)
	}
	return &query{title: strings.Join(shown, " "), ask: func(ctx context.Context) (simulator.Response, *scenarios.Failure) {
		response, failure := runCommand(ctx, arguments, step.Until.Exit, pattern)
		if failure != nil && failure.Part == scenarios.PartOutput {
			failure.Expected = masked.text(step.Until.Output)
		}
		return response, failure
	}}, errors.Join(res.err, masked.err)
}

// maxProbeBody bounds the response body or output that a probe reads, in bytes.
const maxProbeBody = 1 << 20

// minTimeout is the shortest time-out of the first try. A late response fails too, but it says more than none.
const minTimeout = time.Second

// repeat asks until the reply is as expected or the time is up. If a try is cut short because the time is up, the reply
// before it is the result.
func (q *query) repeat(ctx context.Context, step *script.Probe, probe *scenarios.Probe) (last simulator.Response, verdict scenarios.Verdict) {
	started := clock.Now()
	deadline := started.Add(step.Within)
	timeout := max(step.Within, minTimeout)
	for {
		probe.Tries++
		response, v := q.once(ctx, timeout)
		if v.Passed() || probe.Tries == 1 || response.Failure != simulator.FailureTimeout {
			last, verdict = response, v
		}
		if took := clock.Since(started); verdict.Passed() && took > step.Within {
			verdict.Add(scenarios.TooLate(step.Within, took))
		}
		if verdict.Passed() || clock.Now().Add(step.Every).After(deadline) || clock.Sleep(ctx, step.Every) != nil {
			return last, verdict
		}
		timeout = deadline.Sub(clock.Now())
	}
}

// once asks and judges the reply.
func (q *query) once(ctx context.Context, timeout time.Duration) (simulator.Response, scenarios.Verdict) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	response, failure := q.ask(ctx)
	verdict := scenarios.Judge(q.expect, &simulator.Attempt{Response: response})
	if failure != nil {
		verdict.Add(*failure)
	}
	return response, verdict
}
