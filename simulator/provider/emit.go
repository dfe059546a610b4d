package provider

import (
	"context"

	"semblance/schemas"
	"semblance/simulator/journal"
)

// Overrides say how a requested event differs from the one that the clinic would give.
type Overrides struct {
	About   map[string]string // ids of records of the clinic, by role; the empty role if there is only one
	With    []string          // optional identifiers that must be present, or "all"
	Omit    []string          // optional identifiers that must be absent, or "all"
	Set     map[string]string // values of identifiers
	Invalid bool              // accept an event that violates its schema
}

// Emit makes one event of a type and its deliveries. The clinic does not change.
func (p *Provider) Emit(ctx context.Context, eventType string, o Overrides) (Emission, error) {
	s := step{Type: eventType, About: o.About, With: o.With, Omit: o.Omit, Set: o.Set}
	check := checkPayload
	if o.Invalid || len(o.With)+len(o.Omit)+len(o.Set) == 0 {
		check = nil // without overrides an event is valid
	}
	return first(p.perform(ctx, s, originAPI, check))
}

// EmitAny lets the clinic act and makes the event that results. Patterns of event types limit the actions; without any,
// every action of the practice is possible.
func (p *Provider) EmitAny(ctx context.Context, patterns ...string) (Emission, error) {
	names, err := namesOf(patterns)
	if err != nil {
		return Emission{}, err
	}
	return first(p.perform(ctx, step{Types: names}, originClinic, nil))
}

// Do performs an action of the clinic and makes every event that results. about holds ids of records, by role.
func (p *Provider) Do(ctx context.Context, action string, about map[string]string) ([]Emission, error) {
	if action == "" {
		return nil, refuse(CodeInvalidEvent, "action", "an action is required; the list of actions has their roles too")
	}
	return p.perform(ctx, step{Action: action, About: about}, originClinic, nil)
}

func first(all []Emission, err error) (Emission, error) {
	if err != nil {
		return Emission{}, err
	}
	return all[0], nil
}

// perform takes a step of the clinic and returns when its events are committed.
func (p *Provider) perform(ctx context.Context, s step, origin string, check func(*schemas.Event) error) ([]Emission, error) {
	p.mu.Lock()
	err := p.admit()
	var c *commit
	var emissions []Emission
	if err == nil {
		c, emissions, err = p.takeStep(s, origin, check)
	}
	if err == nil {
		p.submit(c)
	}
	p.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return emissions, c.wait(ctx)
}

// takeStep takes a step of the clinic and returns a commit with its events. If check refuses one of them, only the step
// is recorded, because it has been taken.
func (p *Provider) takeStep(s step, origin string, check func(*schemas.Event) error) (*commit, []Emission, error) {
	events, err := p.state.clinic.take(s)
	if err != nil {
		return nil, nil, err
	}
	taken, err := p.state.clinic.record(s, p.Now())
	if err != nil {
		p.outbox.different = true
		p.submit(&commit{})
		return nil, nil, err
	}
	for i := 0; check != nil && i < len(events); i++ {
		if err := check(&events[i]); err != nil {
			p.submit(&commit{records: []journal.Record{taken}})
			return nil, nil, err
		}
	}
	c := newCommit()
	c.add(taken)
	emissions := make([]Emission, len(events))
	for i, event := range events {
		emissions[i] = p.addEvent(c, event, origin, nil)
	}
	return c, emissions, nil
}

// checkPayload refuses an event that violates the schema of its type.
func checkPayload(e *schemas.Event) error {
	const anID = "000000000000000000000000"
	if lines := violations(e, anID, anID); len(lines) > 0 {
		return refuse(CodeInvalidEvent, "overrides", "%s would not be valid: %s; to send it anyway, ask for an invalid event", e.Type.Name, lines[0])
	}
	return nil
}

// namesOf returns the full names of the event types that the patterns match, or nil for no patterns.
func namesOf(patterns []string) ([]string, error) {
	types, err := schemas.MatchAny(patterns)
	if err != nil {
		return nil, refuseBecause(CodeEventType, "types", err)
	}
	var names []string
	for _, t := range types {
		names = append(names, t.Name)
	}
	return names, nil
}
