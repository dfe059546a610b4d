package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/schemas/naming"
)

// Who makes changes happen, as the journal says it.
const (
	originAPI     = "api"     // an event was asked for
	originClinic  = "clinic"  // an action of the clinic
	originTraffic = "traffic" // the clinic went about its day
)

// take takes the step and returns the changes it gives.
func (c *clinic) take(s step) ([]schemas.Event, error) {
	about, err := c.records(s.About)
	if err != nil {
		return nil, err
	}
	switch {
	case s.Type != "":
		t, err := schemas.Lookup(s.Type)
		if err != nil {
			return nil, refuseBecause(CodeEventType, "type", err)
		}
		change, err := c.Event(t, fixtures.EventOptions{About: about, With: s.With, Omit: s.Omit, Set: s.Set})
		if err != nil {
			return nil, refuseBecause(CodeInvalidEvent, "overrides", err)
		}
		return []schemas.Event{change}, nil
	case s.Action != "":
		changes, err := c.Do(s.Action, about)
		if err != nil {
			return nil, refuseBecause(CodeInvalidEvent, "action", err)
		}
		return changes, nil
	}
	stream, err := c.stream(s.Types)
	if err != nil {
		return nil, err
	}
	changes := make([]schemas.Event, s.Next)
	for i := range changes {
		changes[i] = stream.Next()
	}
	if s.Daily {
		c.made += s.Next
	}
	return changes, nil
}

// records finds records by their ids.
func (c *clinic) records(ids map[string]string) (map[string]*fixtures.Record, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	about := make(map[string]*fixtures.Record, len(ids))
	for role, id := range ids {
		if about[role] = c.Lookup(id); about[role] == nil {
			return nil, refuse(CodeNotFound, "about", "the clinic has no record %q; to send an id that it does not know, set the identifier", id)
		}
	}
	return about, nil
}

// Overrides say how an event that is asked for differs from what the clinic would state.
type Overrides struct {
	About   map[string]string // ids of the clinic's records, by role; the empty role where there is but one
	With    []string          // identifiers that must be there, or "all"
	Omit    []string          // identifiers that must not, or "all"
	Set     map[string]string // values of identifiers
	Invalid bool              // send it although its schema refuses it
}

// Emit states one event of the type and owes it to whoever subscribed. It changes nothing in the clinic.
func (p *Provider) Emit(ctx context.Context, eventType string, o Overrides) (Emission, error) {
	s := step{Type: eventType, About: o.About, With: o.With, Omit: o.Omit, Set: o.Set}
	changed := len(o.With) > 0 || len(o.Omit) > 0 || len(o.Set) > 0
	emissions, err := p.happen(ctx, s, originAPI, func(changes []schemas.Event) error {
		if !changed || o.Invalid {
			return nil // what the clinic states by itself is right by test
		}
		return checkPayload(&changes[0])
	})
	if err != nil {
		return Emission{}, err
	}
	return emissions[0], nil
}

// EmitAny lets the clinic do something, and owes the event that it gives. Patterns of event types narrow what may
// happen; without any, everything may that the practice does.
func (p *Provider) EmitAny(ctx context.Context, patterns ...string) (Emission, error) {
	names, err := namesOf(patterns)
	if err != nil {
		return Emission{}, err
	}
	emissions, err := p.happen(ctx, step{Types: names, Next: 1}, originClinic, nil)
	if err != nil {
		return Emission{}, err
	}
	return emissions[0], nil
}

// Do performs an action of the clinic about the records of those ids, by role, and owes every event that it gives.
func (p *Provider) Do(ctx context.Context, action string, about map[string]string) ([]Emission, error) {
	if action == "" {
		return nil, refuse(CodeInvalidEvent, "action", "an action is required; the clinic's actions are listed with their roles")
	}
	return p.happen(ctx, step{Action: action, About: about}, originClinic, nil)
}

// happen takes a step in the clinic's life and owes what it gives. It returns once all of it is committed.
func (p *Provider) happen(ctx context.Context, s step, origin string, check func([]schemas.Event) error) ([]Emission, error) {
	p.stage.RLock()
	defer p.stage.RUnlock()
	c, emissions, err := p.enact(s, origin, check)
	if err != nil {
		return nil, err
	}
	return emissions, c.wait(ctx)
}

// enact takes a step and submits what it gives. A step whose changes are refused has been taken all the same: the
// journal must know.
func (p *Provider) enact(s step, origin string, check func([]schemas.Event) error) (*commit, []Emission, error) {
	p.clinic.mu.Lock()
	defer p.clinic.mu.Unlock()
	changes, err := p.clinic.take(s)
	if err != nil {
		return nil, nil, err
	}
	lived, err := p.clinic.record(s, p.clock.Now())
	if err != nil {
		return nil, nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closing {
		return nil, nil, errClosing()
	}
	c := newCommit()
	c.records = append(c.records, lived)
	defer p.submit(c)
	if check != nil {
		if err := check(changes); err != nil {
			return nil, nil, err
		}
	}
	emissions := make([]Emission, len(changes))
	for i, change := range changes {
		emissions[i] = p.owe(c, change, origin)
	}
	return c, emissions, nil
}

// checkPayload refuses a change whose payload its schema refuses.
func checkPayload(change *schemas.Event) error {
	const anID = "000000000000000000000000"
	if lines := violations(change, anID, anID); len(lines) > 0 {
		return refuse(CodeInvalidEvent, "overrides", "%s would not be valid: %s; ask for an invalid one if that is meant", change.Type.Name, lines[0])
	}
	return nil
}

// Record returns the clinic's record of that id as JSON: its kind, its relations and its values.
func (p *Provider) Record(id string) (json.RawMessage, error) {
	p.clinic.mu.Lock()
	defer p.clinic.mu.Unlock()
	r := p.clinic.Lookup(id)
	if r == nil {
		return nil, refuse(CodeNotFound, "id", "the clinic has no record %q", id)
	}
	data, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("reading record %s: %w", id, err)
	}
	return data, nil
}

// Records returns the ids of the records of a kind that exist in the clinic.
func (p *Provider) Records(kind string) ([]string, error) {
	if !slices.Contains(schemas.Kinds(), kind) {
		if near := naming.Nearest(kind, schemas.Kinds()); near != "" {
			return nil, refuse(CodeNotFound, "kind", "unknown kind of record %q; did you mean %q?", kind, near)
		}
		return nil, refuse(CodeNotFound, "kind", "unknown kind of record %q; there are %s", kind, strings.Join(schemas.Kinds(), ", "))
	}
	p.clinic.mu.Lock()
	defer p.clinic.mu.Unlock()
	var ids []string
	for _, r := range p.clinic.Clinic.Records(kind) {
		ids = append(ids, r.ID())
	}
	return ids, nil
}
