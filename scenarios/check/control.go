package check

import (
	"context"
	"maps"
	"slices"
	"time"

	"semblance/scenarios"
	"semblance/schemas/human"
	"semblance/schemas/naming"
	"semblance/simulator"
	"semblance/simulator/clock"
)

// rateLimited is the reason for a check that met a rate limit twice.
const rateLimited = "the receiver limits the rate of requests; --pace 5/s sends more slowly"

// limited reports whether a response was 429, or 503 with Retry-After, where that was not required.
func (r *run) limited(t *scenarios.Trial) bool {
	return anyExchange(t, func(x *scenarios.Exchange) bool {
		return limitedResponse(&x.Attempt.Response) && !slices.ContainsFunc(x.Required, func(r scenarios.Requirement) bool { return r.Names(x.Attempt.Response.Status) }) ||
			x.Twin != nil && limitedResponse(&x.Twin.Response)
	})
}

func limitedResponse(response *simulator.Response) bool {
	return response.Failure == "" && (response.Status == 429 || response.Status == 503 && response.Header("Retry-After") != "")
}

// longestPause bounds the wait for a rate limit, which is as long as the receiver asks.
const longestPause = 30 * time.Second

// pause waits once in a run for a rate limit, and from then on one request at a time is sent.
func (r *run) pause(ctx context.Context, t *scenarios.Trial) {
	r.mu.Lock()
	if r.waited != nil {
		waited := r.waited
		r.mu.Unlock()
		select {
		case <-waited:
		case <-ctx.Done():
		}
		return
	}
	r.waited = make(chan struct{})
	r.mu.Unlock()
	defer close(r.waited)
	wait := r.options.Pause
	anyExchange(t, func(x *scenarios.Exchange) bool {
		wait = max(wait, x.Attempt.Response.RetryAfter)
		return false
	})
	_ = clock.Sleep(ctx, min(wait, longestPause))
	r.gate.narrow(ctx, r.places)
	r.places = 1
}

// confirmed sends the control until it is accepted, at most three times, and returns the first exchange. If all fail, the
// receiver is lost, and the run ends.
func (r *run) confirmed(ctx context.Context) *scenarios.Exchange {
	r.confirm.Lock()
	defer r.confirm.Unlock()
	if r.why(ctx) != "" { // another check has found out
		return r.refused
	}
	var first *scenarios.Exchange
	suspects := r.underWay()
	for range 3 {
		t := r.try(ctx, r.control, &visitor{gate: r.gate, free: true})
		x := t.first()
		if x == nil {
			return first
		}
		if first == nil {
			first = x
		}
		if x.Attempt.Response.OK() {
			r.controls = append(r.controls, *x)
			return first
		}
		if limitedResponse(&x.Attempt.Response) {
			r.pause(ctx, &t.Trial)
		}
		if r.why(ctx) != "" {
			return first
		}
		if limitedResponse(&x.Attempt.Response) && r.stillLimited(ctx) {
			r.end(rateLimited)
			return first
		}
	}
	r.lost(first, suspects)
	return first
}

func (r *run) stillLimited(ctx context.Context) bool {
	t := r.try(ctx, r.control, &visitor{gate: r.gate, free: true})
	x := t.first()
	return x != nil && limitedResponse(&x.Attempt.Response)
}

// underWay returns the checks because of which the receiver may be lost: those with a request or a control under way.
func (r *run) underWay() []*Case {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.options.Checks), func(c *Case) bool { return r.running[c] == nil || !r.running[c].suspect() })
}

// lost ends the run: the receiver does not accept valid events any more.
func (r *run) lost(control *scenarios.Exchange, suspects []*Case) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.suspects, r.refused = suspects, control
	r.ended = "the receiver was lost: three valid events in a row were not accepted (" + scenarios.DescribeResponse(&control.Attempt.Response) + ")"
	ids := naming.List(suspects, func(c *Case) string { return c.ID })
	if len(ids) > 0 {
		r.ended += " while " + human.And(ids) + " ran"
	}
}

// regained waits for a receiver that was lost, and reports whether it has returned. Then the checks that were under way run again,
// each alone, and the run goes on.
func (r *run) regained(ctx context.Context) bool {
	suspects, refused, reason := r.suspects, r.refused, r.ended
	if !r.returned(ctx) {
		return false
	}
	maps.DeleteFunc(r.done, func(_ string, result *scenarios.CheckResult) bool { return result.Reason == reason })
	found := false
	for _, c := range suspects {
		if r.why(ctx) != "" && !r.returned(ctx) {
			return false
		}
		result := r.judge(ctx, c, true)
		if x := r.confirmed(ctx); result.Trial.Control == nil && x != nil {
			result.Trial.Control = x
			result = r.judged(c, result.Trial)
		}
		r.put(result)
		found = found || result.Outcome == scenarios.Failed
	}
	if !found && len(suspects) > 0 {
		trial := r.resultOf(scenarios.ControlID).Trial
		trial.Control = refused
		control := r.judged(r.control, trial)
		control.Outcome, control.Also = scenarios.Unsteady, reason+"; then it returned, and no check loses it alone"
		control.Fixes = "Find out why the receiver stopped at that time: its log may say."
		r.put(control)
	}
	return r.why(ctx) == "" || r.returned(ctx)
}

// returned waits until a receiver that was lost accepts a valid event again. If it does so in time, the run goes on.
func (r *run) returned(ctx context.Context) bool {
	r.mu.Lock()
	lost := r.suspects != nil
	r.suspects = nil
	r.mu.Unlock()
	if !lost {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, r.options.Return)
	defer cancel()
	for {
		t := r.try(ctx, r.control, &visitor{gate: r.gate, free: true})
		if x := t.first(); x != nil && x.Attempt.Response.OK() {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.ended = ""
			return true
		}
		if clock.Sleep(ctx, returnEvery) != nil {
			return false
		}
	}
}

// returnEvery is the time between two valid events to a receiver that was lost.
const returnEvery = 250 * time.Millisecond
