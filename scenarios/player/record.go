package player

import (
	"context"

	"semblance/scenarios"
	"semblance/scenarios/script"
	"semblance/schemas/pointer"
	"semblance/schemas/validate"
	"semblance/simulator"
)

// attempt sends a prepared request on the connections of a sender.
func (b *branch) attempt(ctx context.Context, on sender, request simulator.Request, number int) simulator.Attempt {
	t := b.run.trial
	if t != nil && request.Kind == simulator.KindEvent {
		request.Kind = simulator.KindCheck
	}
	a := simulator.Attempt{SubscriptionID: b.run.subscriptionID, Number: number, StartedAt: b.now(), Request: request}
	if t != nil && t.options.Pace != nil {
		if err := t.options.Pace(ctx); err != nil {
			t.cancel(err)
			a.Response = simulator.Response{Failure: simulator.FailureCanceled, Detail: err.Error()}
			return a
		}
	}
	a.Response = on.Send(ctx, request)
	if t != nil && t.options.Sent != nil {
		t.options.Sent(&a)
	}
	return a
}

// record judges an attempt, passes it to the recorder and writes it to the transcript.
// x is the exchange of a trial without the attempt, or nil.
func (b *branch) record(path string, e scenarios.Evidence, expected expected, x *Exchange) {
	r := b.run
	if r.options.DryRun {
		expected = anything()
	}
	r.recognize(&e.Attempt.Response)
	e.Verdict, e.Expected = expected.judge(e.Attempt), expected.String()
	b.responses.add(e.Attempt)
	r.collect(path, e.Attempt, expected.levels)
	if r.trial != nil && x != nil {
		x.Round, x.Copy, x.Attempt, x.Required = e.Round, e.Copy, *e.Attempt, expected.levels
		r.trial.add(r.stepAt[path], x)
	}
	r.recorder.Attempt(path, e, expected.expect)
	if b.track == nil {
		return
	}
	a := *e.Attempt
	if !r.options.ShowSecrets {
		a = a.Redacted()
	}
	line := Line{Scenario: r.scenario.Name, Step: path, Round: e.Round, Copy: e.Copy, Attempt: a.Number, Request: a.Request}
	if !r.options.DryRun {
		line.Response = &a.Response
	}
	b.track.write(&line)
}

// capture reads captures from a response. A missing value fails the step, and steps that need it are skipped.
func (b *branch) capture(path string, round rounds, captures []script.Capture, response *simulator.Response) {
	if len(captures) == 0 || response.Failure != "" || b.run.options.DryRun {
		return
	}
	document, err := validate.Parse(response.Body)
	for _, c := range captures {
		var value any
		if err == nil {
			value, err = pointer.Lookup(document, c.Pointer)
		}
		if err != nil {
			b.run.recorder.FailWith(path, round.String(), response.Body, scenarios.Failure{
				Part: scenarios.PartCapture, Name: c.Name, Pointer: c.Pointer, Expected: "a value in the response", Got: "nothing: " + err.Error(),
			})
			return
		}
		b.scope.values[c.Name] = value
	}
}
