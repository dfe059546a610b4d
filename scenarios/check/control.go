package check

import (
	"context"
	"slices"
	"time"

	"semblance/scenarios"
	"semblance/schemas/human"
	"semblance/simulator"
	"semblance/simulator/clock"
)

// rateLimited is the reason for a check that met a rate limit twice.
const rateLimited = "the receiver limits the rate of requests; --pace 5/s sends more slowly"

// limited reports whether a response was 429, or 503 with Retry-After, where that was not required.
func (r *run) limited(t *scenarios.Trial) bool {
	return anyExchange(t, func(x *scenarios.Exchange) bool {
		return limitedResponse(&x.Attempt.Response) && unmet(x) || x.Twin != nil && limitedResponse(&x.Twin.Response)
	})
}

func limitedResponse(response *simulator.Response) bool {
	return response.Failure == "" && (response.Status == 429 || response.Status == 503 && response.Header("Retry-After") != "")
}

// The wait for a rate limit: as long as the receiver asks, within bounds.
const (
	shortestPause = time.Second
	longestPause  = 30 * time.Second
)

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
	wait := shortestPause
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
	var first *scenarios.Exchange
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
	r.end(r.lost(&first.Attempt.Response))
	return first
}

func (r *run) stillLimited(ctx context.Context) bool {
	t := r.try(ctx, r.control, &visitor{gate: r.gate, free: true})
	x := t.first()
	return x != nil && limitedResponse(&x.Attempt.Response)
}

// lost says that the receiver does not accept valid events any more, and which checks were running.
func (r *run) lost(last *simulator.Response) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var ids []string
	for id, running := range r.running {
		if running {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	reason := "the receiver was lost: three valid events in a row were not accepted (" + scenarios.DescribeResponse(last) + ")"
	if len(ids) > MaxInFlight {
		ids = append(ids[:MaxInFlight], "others")
	}
	if len(ids) > 0 {
		reason += " while " + human.And(ids) + " ran"
	}
	return reason
}
