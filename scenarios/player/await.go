package player

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"semblance/fixtures"
	"semblance/scenarios"
	"semblance/scenarios/script"
	"semblance/schemas"
	"semblance/schemas/human"
	"semblance/schemas/naming"
	"semblance/simulator/clock"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// Mutation is an action of the clinic that an application performs through the provider's API.
type Mutation struct {
	Action         string
	About, Related map[string]string // ids of records, by role
	Values         map[string]string // given values
}

// ErrNoRecord is the cause of an error of a mutation that concerns a record of another clinic.
var ErrNoRecord = errors.New("the records of a traffic step cannot be changed")

// maxCaused is the number of events that may wait for an await step.
const maxCaused = 1000

// caused are the events that mutations have caused and no step has sent.
type caused struct {
	events []schemas.Event
	more   chan struct{} // closed and replaced after every mutation
}

// mutate performs a mutation. Its events wait for await steps.
func (c *clinics) mutate(m Mutation) ([]schemas.Event, error) {
	c.records.mu.Lock()
	defer c.records.mu.Unlock()
	if len(c.caused.events) >= maxCaused {
		return nil, fmt.Errorf("%s of mutations are waiting; add await steps to the scenario", human.Count(maxCaused, "event"))
	}
	about, err := c.find(m.About)
	if err != nil {
		return nil, err
	}
	related, err := c.find(m.Related)
	if err != nil {
		return nil, err
	}
	events, err := c.own.DoGiven(c.now(), m.Action, about, fixtures.Given{Values: m.Values, Related: related})
	if err != nil {
		return nil, err
	}
	c.save(c.own)
	c.caused.events = append(c.caused.events, events...)
	close(c.caused.more)
	c.caused.more = make(chan struct{})
	return events, c.apiErr
}

// Emissions returns the result of a mutation as a [provider.Provider] would. An error is a refusal.
func Emissions(events []schemas.Event, err error) ([]provider.Emission, error) {
	if err != nil {
		return nil, &provider.Error{Code: provider.CodeInvalidEvent, Message: err.Error()}
	}
	all := make([]provider.Emission, len(events))
	for i, e := range events {
		all[i].Event = &journal.Event{Event: e}
	}
	return all, nil
}

// find returns the records of the scenario with the given ids.
func (c *clinics) find(ids map[string]string) (map[string]*fixtures.Record, error) {
	found := map[string]*fixtures.Record{}
	for role, id := range ids {
		if found[role] = c.own.Lookup(id); found[role] == nil {
			return nil, fmt.Errorf("%s: the scenario has no record with the id %s; %w", role, id, ErrNoRecord)
		}
	}
	return found, nil
}

// take removes and returns the first waiting event of a type. It waits for one until ctx ends; then it returns the names of
// the events that wait.
func (c *clinics) take(ctx context.Context, t *schemas.EventType) (event schemas.Event, others []string, ok bool) {
	for {
		c.records.mu.Lock()
		more := c.caused.more
		i := slices.IndexFunc(c.caused.events, func(e schemas.Event) bool { return e.Type == t })
		if i >= 0 {
			event = c.caused.events[i]
			c.caused.events = slices.Delete(c.caused.events, i, i+1)
			c.save(c.own, event)
			c.records.mu.Unlock()
			return event, nil, true
		}
		others = naming.List(c.caused.events, func(e schemas.Event) string { return e.Type.Name })
		c.records.mu.Unlock()
		select {
		case <-more:
		case <-ctx.Done():
			return event, others, false
		}
	}
}

// await plans an await step.
func (r *run) await(step *script.Await, f frame) task {
	return func(ctx context.Context, b *branch) {
		started, startedAt := clock.Now(), r.elapsed()
		wait, cancel := context.WithTimeout(ctx, step.Within)
		defer cancel()
		event, others, ok := r.clinics.take(wait, step.Type)
		if ctx.Err() != nil {
			return
		}
		if !ok {
			r.notCaused(step, f, others, startedAt, clock.Since(started))
			return
		}
		e := emission{run: r, path: step.Path, round: f.round, step: &step.Common, options: &step.Delivering, event: event, number: uint64(f.index)}
		e.send(ctx, b, b.values(f))
	}
}

// notCaused records that no mutation caused the event of an await step.
func (r *run) notCaused(step *script.Await, f frame, others []string, startedAt, took time.Duration) {
	expected := "a mutation that causes " + step.Type.Name + " within " + human.Duration(step.Within)
	got := "no mutation"
	if len(others) > 0 {
		slices.Sort(others)
		got = human.And(slices.Compact(others)) + " only"
	}
	var verdict scenarios.Verdict
	verdict.Add(scenarios.Failure{Part: scenarios.PartQuery, Expected: expected, Got: got})
	probe := scenarios.Probe{Request: "mutations that cause " + step.Type.Name, Tries: 1, Took: took}
	r.recorder.Probe(step.Path, scenarios.Evidence{Round: f.round.String(), StartedAt: startedAt, Probe: &probe, Expected: expected, Verdict: verdict})
}
