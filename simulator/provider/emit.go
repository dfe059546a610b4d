package provider

import (
	"context"
	"math"

	"semblance/schemas"
	"semblance/schemas/human"
)

// Overrides say how a requested event differs from the one that the clinic would give.
type Overrides struct {
	About   map[string]string // ids of records of the clinic, by role; the empty role if there is only one
	With    []string          // optional identifiers that must be present, or "all"
	Omit    []string          // optional identifiers that must be absent, or "all"
	Set     map[string]string // values of identifiers
	Invalid bool              // accept an event that violates its schema
}

// Batch is a number of events of one kind.
type Batch struct {
	Type      string    // the type of every event; or
	Types     []string  // patterns of event types, which limit the actions of the clinic that give the events; none for all
	Overrides Overrides // only with Type
	Count     int       // 0 is 1
}

// Emit makes one event of a type and its deliveries. The clinic does not change.
func (p *Provider) Emit(ctx context.Context, eventType string, o Overrides) (Emission, error) {
	return first(p.EmitBatch(ctx, Batch{Type: eventType, Overrides: o}))
}

// EmitAny lets the clinic act and makes the event that results. Patterns of event types limit the actions; without any,
// every action of the practice is possible.
func (p *Provider) EmitAny(ctx context.Context, patterns ...string) (Emission, error) {
	return first(p.EmitBatch(ctx, Batch{Types: patterns}))
}

// EmitBatch makes the events of all batches and their deliveries, in one commit. On an error there are none.
func (p *Provider) EmitBatch(ctx context.Context, batches ...Batch) ([]Emission, error) {
	requests := make([]request, len(batches))
	for i, b := range batches {
		o := b.Overrides
		r := request{origin: originAPI, step: step{Type: b.Type, Count: b.Count, About: o.About, With: o.With, Omit: o.Omit, Set: o.Set}}
		r.unchecked = o.Invalid || len(o.With)+len(o.Omit)+len(o.Set) == 0 // without overrides an event is valid
		if b.Type == "" {
			names, err := namesOf(b.Types)
			if err != nil {
				return nil, err
			}
			r = request{origin: originClinic, step: step{Types: names, Count: b.Count}, unchecked: true}
		}
		if b.Count < 0 {
			return nil, refuse(CodeSetting, "count", "%d events are impossible; the count must be positive", b.Count)
		}
		requests[i] = r
	}
	return p.perform(ctx, requests...)
}

// Do performs an action of the clinic and makes every event that results. about holds ids of records, by role.
func (p *Provider) Do(ctx context.Context, action string, about map[string]string) ([]Emission, error) {
	if action == "" {
		return nil, refuse(CodeInvalidEvent, "action", "an action is required; the list of actions has their roles too")
	}
	return p.perform(ctx, request{origin: originClinic, step: step{Action: action, About: about}, unchecked: true})
}

// DoGiven performs an action with values and related records that its caller gives, as an application that uses the
// provider's API does. related holds ids of records that replace those of the main record, by role.
func (p *Provider) DoGiven(ctx context.Context, action string, about, values, related map[string]string) ([]Emission, error) {
	return p.perform(ctx, request{origin: originAPI, step: step{Action: action, About: about, Values: values, Related: related}, unchecked: true})
}

func first(all []Emission, err error) (Emission, error) {
	if err != nil {
		return Emission{}, err
	}
	return all[0], nil
}

// request is a step of the clinic whose events are to be made.
type request struct {
	step      step
	origin    string
	unchecked bool // events that violate their schema are accepted
}

// perform takes steps of the clinic and returns when their events are committed.
func (p *Provider) perform(ctx context.Context, requests ...request) ([]Emission, error) {
	p.mu.Lock()
	err := p.admit()
	if err == nil {
		err = p.checkRoom(requests)
	}
	var c *commit
	var emissions []Emission
	if err == nil {
		c, emissions, err = p.takeSteps(requests)
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

// takeSteps takes steps of the clinic and returns a commit with the records that changed and the events. On an error no step is taken.
func (p *Provider) takeSteps(requests []request) (*commit, []Emission, error) {
	c := newCommit()
	events := make([][]schemas.Event, len(requests))
	for i, r := range requests {
		var err error
		if events[i], err = p.takeStep(c, r); err != nil {
			if len(c.records) > 0 || p.outbox.different {
				p.takeBack()
			}
			return nil, nil, err
		}
	}
	c.addRecords(p.state.clinic.Changed())
	var emissions []Emission
	for i, r := range requests {
		for _, event := range events[i] {
			emissions = append(emissions, p.addEvent(c, event, r.origin, nil))
		}
	}
	return c, emissions, nil
}

// takeBack loads the state again, without the steps of the clinic that were taken and not submitted.
func (p *Provider) takeBack() {
	p.gate.closed = true
	for !p.outbox.empty() {
		p.outbox.less.Wait()
	}
	p.recoverState()
	p.openGate()
}

// takeStep takes a step of the clinic, adds its record to the commit and returns its events.
func (p *Provider) takeStep(c *commit, r request) ([]schemas.Event, error) {
	now := p.Now()
	if r.step.At.IsZero() {
		r.step.At = now
	}
	events, err := p.state.clinic.take(r.step)
	if err != nil {
		return nil, err
	}
	taken, err := p.state.clinic.record(r.step, now)
	if err != nil {
		p.outbox.different = true
		return nil, err
	}
	c.add(taken)
	for i := 0; !r.unchecked && i < len(events); i++ {
		if err := checkPayload(&events[i]); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// checkPayload refuses an event that violates the schema of its type.
func checkPayload(e *schemas.Event) error {
	const anID = "000000000000000000000000"
	if lines := violations(e, anID, anID); len(lines) > 0 {
		return refuse(CodeInvalidEvent, "overrides", "%s would not be valid: %s; to send it anyway, allow an invalid event (--invalid; \"invalid\": true in the API)", e.Type.Name, lines[0])
	}
	return nil
}

// reserve is the part of the journal's room that is left for events of the provider itself: one in 64 deliveries.
const reserve = 64

// checkRoom refuses events for whose deliveries the journal has no room. A journal in memory has a limit.
func (p *Provider) checkRoom(requests []request) error {
	n := 0
	for _, r := range requests {
		n += max(r.step.Count, 1) * p.state.maxRecipients(r.step)
	}
	return p.checkRoomFor(n)
}

// room returns the number of deliveries for which the journal has room.
func (p *Provider) room() int {
	limit := p.journal.MaxUnfinished()
	if limit == 0 {
		return math.MaxInt
	}
	return max(0, limit-limit/reserve-p.state.unfinished)
}

func (p *Provider) checkRoomFor(deliveries int) error {
	if deliveries <= p.room() {
		return nil
	}
	return refuse(CodeFull, "", "the journal in memory has no room for %s; it holds %s of at most %s; "+
		"resume paused subscriptions, emit more slowly, or keep the journal in a file",
		human.Count(deliveries, "more delivery"), human.Number(p.state.unfinished), human.Count(p.journal.MaxUnfinished(), "unfinished delivery"))
}

// maxRecipients returns the largest number of subscriptions that may get one event of a step.
func (s *state) maxRecipients(taken step) int {
	most := len(s.byType[taken.Type])
	for _, t := range taken.Types {
		most = max(most, len(s.byType[t]))
	}
	if taken.Type == "" && len(taken.Types) == 0 {
		for _, all := range s.byType {
			most = max(most, len(all))
		}
	}
	return most
}

// namesOf returns the full names of the event types that the patterns match, or nil for no patterns.
func namesOf(patterns []string) ([]string, error) {
	types, err := schemas.MatchAny(patterns)
	if err != nil {
		return nil, refuseBecause(CodeEventType, "types", err)
	}
	names := schemas.Names(types)
	return names, nil
}
