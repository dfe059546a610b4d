package player

import (
	"context"
	"fmt"
	"slices"

	"semblance/fixtures"
	"semblance/scenarios"
	"semblance/scenarios/script"
	"semblance/schemas"
	"semblance/schemas/human"
	"semblance/simulator/apifault"
	"semblance/simulator/clock"
)

// API is the provider's GraphQL API, over the records of the scenarios that are played.
type API interface {
	URL() string
	Token() string

	// Save stores the present state of records, which the API shows from then on. A record has the id that ids gives for its
	// own, if any. It returns a number between the requests that were made before and those that will be made.
	Save(ctx context.Context, records []*fixtures.Record, ids map[string]string) (int64, error)

	// Requests returns the requests since a number that Save returned, or all for 0, and a channel that is closed after the
	// next change.
	Requests(ctx context.Context, since int64) ([]APIRequest, <-chan struct{}, error)

	// Mutate sets the function that performs mutations from now on. Its errors say why one is refused.
	Mutate(perform func(Mutation) ([]schemas.Event, error))

	// Fault injects a fault into the following calls, and returns a function that removes it. The seed decides which calls a
	// share chooses.
	Fault(plan apifault.Plan, seed uint64) (remove func(), err error)
}

// APIRequest is a request to the provider's API.
type APIRequest struct {
	Fields   []string // the root fields
	IDs      []string // the ids in their arguments
	Mutation bool
}

// share makes the records of the clinics available to the API: all of those that exist, and later those that change. The
// caller holds the lock.
func (c *clinics) share(clinic *fixtures.Clinic) {
	if c.api == nil {
		return
	}
	clinic.Track()
	_, c.apiErr = c.api.Save(context.Background(), clinic.All(), nil)
}

// save stores the records that have changed, and notes that events name records. The caller holds the lock.
func (c *clinics) save(clinic *fixtures.Clinic, events ...schemas.Event) {
	if c.api == nil {
		return
	}
	since, err := c.api.Save(context.Background(), clinic.Changed(), nil)
	if err != nil {
		c.apiErr = err
	}
	for _, e := range events {
		for _, i := range e.Identifiers {
			c.named[i.Value] = since
		}
	}
}

// sinceEvent returns the number of [API.Save] before the last event that named a record, or 0.
func (c *clinics) sinceEvent(id string) (int64, error) {
	c.records.mu.Lock()
	defer c.records.mu.Unlock()
	return c.named[id], c.apiErr
}

// checkAPI returns an error if a scenario needs the API and there is none.
func (o *Options) checkAPI(scenario *script.Scenario) error {
	if o.API != nil || o.DryRun {
		return nil
	}
	for step := range scenario.All() {
		if script.NeedsAPI(step) {
			return fmt.Errorf("%s: the step needs the provider's API; write `api: true` in the scenario, or play it with --api PORT", script.Of(step).Pos)
		}
	}
	return nil
}

// queried plans a queried step.
func (r *run) queried(step *script.Queried, f frame) task {
	return func(ctx context.Context, b *branch) {
		q := apiQuery{api: r.options.API, step: step, title: "calls of " + step.Mutation}
		if step.Record != nil {
			id, err := step.Record.Resolve(b.values(f))
			if err == nil {
				q.since, err = r.clinics.sinceEvent(id)
			}
			if err != nil {
				r.fail(step.Path, f.round, err)
				return
			}
			q.id, q.title = id, fmt.Sprintf("queries for %s %s", step.About, id)
		}
		started, startedAt := clock.Now(), r.elapsed()
		n, others, err := q.count(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			r.fail(step.Path, f.round, err)
			return
		}
		probe := scenarios.Probe{Request: q.title, Tries: 1, Took: clock.Since(started)}
		var verdict scenarios.Verdict
		expected, fulfilled := q.expected(n)
		if !fulfilled {
			verdict.Add(scenarios.Failure{Part: scenarios.PartQuery, Expected: expected, Got: fmt.Sprintf("%s, and %s", human.Count(n, "request"), human.Count(others, "other request"))})
		}
		r.recorder.Probe(step.Path, scenarios.Evidence{Round: f.round.String(), StartedAt: startedAt, Probe: &probe, Expected: expected, Verdict: verdict})
	}
}

// apiQuery is a queried step with its values.
type apiQuery struct {
	api   API
	step  *script.Queried
	id    string // of the record; "" for a mutation
	since int64
	title string
}

// expected describes the expectation, and reports whether n requests fulfil it.
func (q *apiQuery) expected(n int) (text string, fulfilled bool) {
	within := " within " + human.Duration(q.step.Within)
	if q.step.Times < 0 {
		return "a request to the provider's API" + within, n > 0
	}
	return human.Count(q.step.Times, "request") + " to the provider's API" + within, n == q.step.Times
}

// count waits for the requests and returns their number, and that of the others.
func (q *apiQuery) count(ctx context.Context) (n, others int, err error) {
	wait, cancel := context.WithTimeout(ctx, q.step.Within)
	defer cancel()
	for {
		requests, more, err := q.api.Requests(ctx, q.since)
		if err != nil {
			return 0, 0, err
		}
		n = 0
		for i := range requests {
			if q.matches(&requests[i]) {
				n++
			}
		}
		others = len(requests) - n
		if q.step.Times < 0 && n > 0 || q.step.Times >= 0 && n > q.step.Times {
			return n, others, nil
		}
		select {
		case <-more:
		case <-wait.Done():
			return n, others, nil
		}
	}
}

func (q *apiQuery) matches(r *APIRequest) bool {
	if q.id == "" {
		return r.Mutation && slices.Contains(r.Fields, q.step.Mutation)
	}
	return !r.Mutation && slices.Contains(r.IDs, q.id)
}
