package player

import (
	"context"
	"fmt"
	"slices"

	"semblance/fixtures"
	"semblance/scenarios"
	"semblance/schemas"
	"semblance/simulator"
)

// rename makes records available to the API under the ids that they have in a trial. ids has them by those in the clinic.
func (c *clinics) rename(ids map[string]string) {
	if c.api == nil || len(ids) == 0 {
		return
	}
	c.records.mu.Lock()
	defer c.records.mu.Unlock()
	var records []*fixtures.Record
	for id := range ids {
		if record := c.own.Lookup(id); record != nil {
			records = append(records, record)
		}
	}
	if _, err := c.api.Save(context.Background(), records, ids); err != nil {
		c.apiErr = err
	}
}

// mark returns the number of [API.Save] for now, or 0 without the API.
func (c *clinics) mark(ctx context.Context) int64 {
	if c.api == nil {
		return 0
	}
	since, err := c.api.Save(ctx, nil, nil)
	if err != nil {
		c.records.mu.Lock()
		defer c.records.mu.Unlock()
		c.apiErr = err
	}
	return since
}

// counter returns the function that counts the effects of the event of an exchange.
func (t *trial) counter(x *Exchange, effect scenarios.Effect, probe *Effects) func(context.Context) (int, *simulator.Response, error) {
	if t.api == nil {
		return func(ctx context.Context) (int, *simulator.Response, error) { return probe.ask(ctx, x.RecordID) }
	}
	since := int64(0) // the ids are those of this trial, so earlier requests concern copies of the event
	if effect == scenarios.EffectPresent {
		since = x.since
	}
	return func(ctx context.Context) (int, *simulator.Response, error) {
		requests, _, err := t.api.Requests(ctx, since)
		if err != nil {
			return 0, nil, fmt.Errorf("counting effects: %w", err)
		}
		return effectsOf(requests, x.named), nil, nil
	}
}

// effectsOf counts the effects of an event that requests show: one if a record that it names was read, however often, because
// reading changes nothing; and each write.
func effectsOf(requests []APIRequest, named []schemas.Identifier) int {
	reads, writes := 0, 0
	for i := range requests {
		r := &requests[i]
		switch {
		case !slices.ContainsFunc(named, func(id schemas.Identifier) bool { return slices.Contains(r.IDs, id.Value) }):
		case r.Mutation:
			writes++
		default:
			reads = 1
		}
	}
	return max(reads, writes)
}
