package player

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"semblance/fixtures"
	"semblance/scenarios"
	"semblance/scenarios/script"
	"semblance/schemas"
	"semblance/schemas/objectid"
	"semblance/simulator"
	"semblance/simulator/clock"
)

// Trial is a check that was played once with [Player.Try]: every request with its exact bytes, its response and its
// requirements. It contains no verdict on the check.
type Trial struct {
	Scenario *script.Scenario
	Result   scenarios.ScenarioResult // as after a play: the evidence of each step, judged by its requirements alone
	Steps    []TrialStep              // the steps that send or examine something, in the order of the file

	effects []effect
}

// TrialStep is a step of a trial.
type TrialStep struct {
	Step      script.Step
	Info      scenarios.Step
	Skipped   string             // why the step was not played, or ""
	Failed    string             // why the step could not be played, or ""
	Exchanges []*Exchange        // in the order in which they ended
	Verdict   *scenarios.Verdict // of a step that examines responses or compares their times; otherwise nil
	Times     string             // the comparison in words, or ""
}

// Exchange is a request of a trial and its response.
type Exchange struct {
	Round    string
	Each     string // the values of `each` in this round, such as "type booking.created, omit patientId", or ""
	Copy     int    // 0 is the original; see [script.Again]
	Attempt  simulator.Attempt
	Required []scenarios.Requirement // of this response, in the order of the levels

	// Twin is the same event without the mistake, which was sent after the request because the request had to be refused and
	// was. Nil if none was sent. A refusal counts only if Twin was accepted.
	Twin *simulator.Attempt

	// RecordID identifies the record of the event, such as the bookingId of a booking.created; "" for a request without an
	// event. Effects is the number of effects on it after the last step, see [Trial.Recount]. It is nil if nothing was required,
	// and without a probe.
	RecordID string
	Effects  *int
	Probed   *simulator.Response // the last response of the probe about the record, or nil

	named []schemas.Identifier // of the event
	since int64                // the number of [API.Save] before the event was sent

	twin   func(ctx context.Context) (simulator.Attempt, error)
	repeat func(ctx context.Context) (*Exchange, error)
}

// TrialOptions are the properties of a run of checks. The zero value has none.
type TrialOptions struct {
	Subscribed []*schemas.EventType // nil: all; a send of another type is skipped
	Offers     []script.Need        // steps that need something else are skipped
	Stale      time.Duration        // the age of ${stale}; default an hour

	// Queries counts the effects of an event by the requests to Options.API about its records, in place of Options.Effects.
	Queries bool
	// Hook makes the receiver's work on a record fail once, or wait once. Nil: no hook.
	Hook func(ctx context.Context, recordID string, fail bool, delay time.Duration) error
	// Pace is called before each request. It may wait; an error ends the trial. Nil: requests are sent at once.
	Pace func(ctx context.Context) error
	// Responses collects the responses of the run, which responses steps examine. Nil: those of the trial.
	Responses *scenarios.Responses
	// Sent is called after each request, also of twins. Calls may be concurrent. It may be nil.
	Sent func(attempt *simulator.Attempt)
}

// IDBytes returns the five bytes, as ten hexadecimal digits, that all ids have in common that the trials of this player
// create.
func (p *Player) IDBytes() string {
	return objectid.NewSequence(p.salt, 0).New(time.Time{}).String()[8:18]
}

// Try plays a check once, with new ids. It may be called while other trials of the player run. The result of the player
// does not contain it. A public address gets no request, unless Options.Delivery allows it. Unlike [Player.Play], Try sends twins and counts effects.
//
// The error says why the check could not be played, or is that of ctx, Pace or the probe (a [*ProbeError]). The trial then has
// the requests until then.
func (p *Player) Try(ctx context.Context, scenario *script.Scenario, o TrialOptions) (*Trial, error) {
	if err := p.Check(ctx, scenario); err != nil {
		return nil, err
	}
	if err := p.probes.Permits(ctx, p.options.Target, simulator.KindCheck, 1); err != nil {
		return nil, err
	}
	o.Stale = cmp.Or(o.Stale, DefaultStale)
	if o.Responses == nil {
		o.Responses = &scenarios.Responses{}
	}
	s := &session{options: p.options, origin: p.origin, secrets: p.secrets, probes: p.probes, salt: p.salt, runID: p.runID, records: p.records}
	s.reference.Store(p.reference.Load())
	s.options.Transcript, s.options.Observer = nil, noObserver{}
	s.results = scenarios.NewRecorder(scenarios.Run{Target: s.options.Target, StartedAt: clock.Now(), ShowSecrets: s.options.ShowSecrets})
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	t := &trial{options: o, ids: p.trialIDs, now: clock.Now, fresh: map[string]string{}, byPath: map[string]*TrialStep{}, cancel: cancel}
	if at := p.options.At; !at.IsZero() {
		t.now = func() time.Time { return at }
	}
	r, err := newRun(s, scenario, t)
	if err != nil {
		return nil, err
	}
	defer r.closeConnections()
	defer r.apiFaults.clear()
	r.play(ctx)
	r.recorder.Close(r.elapsed())
	if s.reference.Load() {
		p.reference.Store(true)
	}
	out := &Trial{Scenario: scenario}
	if o.Queries {
		t.api = p.options.API
	}
	if probe := s.effects(); probe != nil || t.api != nil {
		out.effects = t.effects(probe)
	}
	var uncounted error
	if ctx.Err() == nil {
		uncounted = out.await(ctx)
	}
	out.Result = s.results.Result(r.elapsed(), ctx.Err() != nil).Scenarios[0]
	for step := range scenario.All() {
		if done := t.byPath[script.Of(step).Path]; done != nil {
			for i := 0; uncounted != nil && i < len(done.Exchanges); i++ {
				done.Exchanges[i].Effects = nil
			}
			out.Steps = append(out.Steps, *done)
		}
	}
	return out, cmp.Or(context.Cause(ctx), uncounted)
}

// DefaultStale is the age of ${stale}: more than any receiver should tolerate.
const DefaultStale = time.Hour

// trial collects the exchanges of one trial.
type trial struct {
	options TrialOptions
	ids     *objectid.Generator
	now     func() time.Time // the time of new ids
	api     API              // counts effects; nil: the probe does
	cancel  context.CancelCauseFunc

	mu     sync.Mutex
	fresh  map[string]string // the ids of the cast in this trial, by those in the clinic
	byPath map[string]*TrialStep
}

// step calls f with the record of a step while it holds the lock.
func (t *trial) step(step script.Step, f func(*TrialStep)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	path := script.Of(step).Path
	if t.byPath[path] == nil {
		t.byPath[path] = &TrialStep{Step: step, Info: script.Info(step)}
	}
	f(t.byPath[path])
}

// newID returns an id that no other trial has.
func (t *trial) newID() string { return t.ids.New(t.now()).String() }

// record returns the id of a record of the cast in this trial. Two trials give a record different ids.
func (t *trial) record(id string) string {
	if t == nil {
		return id
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.fresh[id] == "" {
		t.fresh[id] = t.newID()
	}
	return t.fresh[id]
}

// identifiers gives the events of a step new ids, those of the cast excepted: they are the same in all steps.
func (r *run) identifiers(events []schemas.Event) []schemas.Event {
	if r.trial == nil {
		return events
	}
	fresh, all := map[string]string{}, map[string]string{}
	events = slices.Clone(events)
	for n := range events {
		events[n].Identifiers = slices.Clone(events[n].Identifiers)
		for i := range events[n].Identifiers {
			id := &events[n].Identifiers[i].Value
			old := *id
			switch {
			case !objectid.Valid(*id):
				continue
			case r.castIDs[*id]:
				*id = r.trial.record(*id)
			default:
				if fresh[*id] == "" {
					fresh[*id] = r.trial.newID()
				}
				*id = fresh[*id]
			}
			all[old] = *id
		}
	}
	r.clinics.rename(all)
	return events
}

// identify is identifiers for one event.
func (r *run) identify(event schemas.Event) schemas.Event {
	return r.identifiers([]schemas.Event{event})[0]
}

// offers reports whether a run has a property that a step needs.
func (t *trial) offers(need script.Need) bool {
	return t != nil && slices.Contains(t.options.Offers, need)
}

// subscribed reports whether the receiver subscribed to an event type.
func (t *trial) subscribed(eventType *schemas.EventType) bool {
	return t == nil || t.options.Subscribed == nil || slices.Contains(t.options.Subscribed, eventType)
}

// types returns the event types of the subscription; nil stands for all.
func (t *trial) types() []*schemas.EventType {
	if t == nil {
		return nil
	}
	return t.options.Subscribed
}

// add records an exchange of a step.
func (t *trial) add(step script.Step, x *Exchange) {
	t.step(step, func(s *TrialStep) { s.Exchanges = append(s.Exchanges, x) })
}

// finish sends the twins of the exchanges of a step that were refused as required, and counts effects. from is the number of
// exchanges before the step.
func (t *trial) finish(ctx context.Context, step script.Step, from int) {
	var exchanges []*Exchange
	t.step(step, func(s *TrialStep) { exchanges = slices.Clone(s.Exchanges[from:]) })
	if err := t.twins(ctx, exchanges); err != nil && ctx.Err() == nil {
		t.step(step, func(s *TrialStep) { s.Failed = err.Error() })
	}
}

// twins sends one twin for the refused requests. If it is refused too, each request is sent again, followed by a twin of its
// own: the receiver may have refused the first twin because of the requests before it.
func (t *trial) twins(ctx context.Context, exchanges []*Exchange) error {
	refused := slices.DeleteFunc(slices.Clone(exchanges), func(x *Exchange) bool { return !x.refused() || x.twin == nil })
	if len(refused) == 0 {
		return nil
	}
	twin, err := refused[len(refused)-1].twin(ctx)
	if err != nil {
		return fmt.Errorf("sending the twin: %w", err)
	}
	for _, x := range refused {
		x.Twin = &twin
	}
	if twin.Response.OK() {
		return nil
	}
	for _, x := range refused {
		again, err := x.repeat(ctx)
		if err != nil {
			return fmt.Errorf("sending the request again: %w", err)
		}
		own, err := x.twin(ctx)
		if err != nil {
			return fmt.Errorf("sending the twin: %w", err)
		}
		x.Attempt, x.RecordID, x.named, x.Twin = again.Attempt, again.RecordID, again.named, &own
	}
	return nil
}

// refused reports whether the request had to be refused and was, by any 4xx.
func (x *Exchange) refused() bool {
	return slices.ContainsFunc(x.Required, func(r scenarios.Requirement) bool { return r.Refuses() }) &&
		x.Attempt.Response.Failure == "" && x.Attempt.Response.Status/100 == 4
}

// effect is the effect that a trial requires of the event about a record.
type effect struct {
	required scenarios.Effect
	n        *int                // of all exchanges about the record
	probed   *simulator.Response // the last response of the probe
	count    func(ctx context.Context) (int, *simulator.Response, error)
}

// effects returns the effects that the steps require.
func (t *trial) effects(probe *Effects) []effect {
	var all []effect
	byRecord := map[string]effect{}
	for _, step := range t.byPath {
		for _, x := range step.Exchanges {
			required, shows := script.Of(step.Step).Effect, false
			for _, r := range x.Required {
				required, shows = cmp.Or(required, r.Effect), shows || len(r.Shows) > 0
			}
			if required == "" && !shows || x.RecordID == "" {
				continue
			}
			e, known := byRecord[x.RecordID]
			if !known {
				e = effect{required, new(int), new(simulator.Response), t.counter(x, required, probe)}
				all, byRecord[x.RecordID] = append(all, e), e
			}
			if x.Probed = e.probed; required != "" {
				x.Effects = e.n
			}
		}
	}
	return all
}

// Counts reports whether effects are counted.
func (t *Trial) Counts() bool { return len(t.effects) > 0 }

// Recount counts the effects again, because an event may take effect late, or twice.
func (t *Trial) Recount(ctx context.Context) error {
	_, err := t.count(ctx)
	return err
}

// count counts the effects, and reports whether some are missing.
func (t *Trial) count(ctx context.Context) (missing bool, err error) {
	for _, e := range t.effects {
		n, probed, err := e.count(ctx)
		if err != nil {
			return false, err
		}
		if *e.n = n; probed != nil {
			*e.probed = *probed
		}
		missing = missing || *e.n == 0 && !e.required.Holds(0) // an effect does not go away
	}
	return missing, nil
}

// await counts the effects until none is missing, at most for the time in which an event may take effect.
func (t *Trial) await(ctx context.Context) error {
	deadline := clock.Now().Add(countWithin)
	for wait := countFirst; ; wait = min(2*wait, countEvery) {
		missing, err := t.count(ctx)
		if err != nil || !missing || clock.Now().After(deadline) {
			return err
		}
		if err := clock.Sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// plain returns a function that sends an event of a type, right in every part, about a new record.
func (r *run) plain(step *script.Common, key string, eventType *schemas.EventType, wire *script.Wire, b *branch) func(ctx context.Context) (simulator.Attempt, error) {
	n := 0
	return func(ctx context.Context) (simulator.Attempt, error) {
		n++
		event, err := r.clinics.event(fmt.Sprintf("%s twin %d", key, n), eventType, fixtures.EventOptions{})
		if err != nil {
			return simulator.Attempt{}, err
		}
		e := emission{run: r, path: step.Path, step: &script.Common{}, options: &script.Delivering{}, event: r.identify(event), values: b.values(frame{})}
		if wire != nil {
			e.options.Layers = &script.Layers{Wire: wire}
		}
		tries, err := e.tries(ctx, b)
		if err == nil && len(tries) != 1 {
			err = errors.New("no attempt was made")
		}
		if err != nil {
			return simulator.Attempt{}, err
		}
		r.collect(step.Path, &tries[0].attempt, nil)
		return tries[0].attempt, nil
	}
}
