package player

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"semblance/fixtures"
	"semblance/scenarios"
	"semblance/scenarios/script"
	"semblance/schemas"
	"semblance/schemas/objectid"
	"semblance/schemas/pointer"
	"semblance/schemas/splitmix"
	"semblance/schemas/validate"
	"semblance/simulator"
	"semblance/simulator/delivery"
	"semblance/simulator/fault"
	"semblance/simulator/provider"
)

// event is one change that is to be sent, with what its step says of it.
type event struct {
	s       *run
	step    script.Step
	send    *script.Delivering
	event   schemas.Event
	idSeed  uint64 // of its eventIds, see [event.ids]
	round   round
	checked bool // its payload must be checked against its schema: the step has changed it
}

// tried is one attempt, and whether it is the one that its step judges.
type tried struct {
	attempt   simulator.Attempt
	startedAt time.Duration
	copy      int
	judged    bool // false for an attempt of the ladder that others follow
}

func (s *run) send(step *script.Send, at place) task {
	ask := fixtures.EventOptions{About: s.about(step.About, at), Omit: step.Omit, Set: map[string]string{}}
	for _, named := range step.Identifiers {
		if step.Type.Allows(named.Name) {
			ask.Set[named.Name] = named.Value.String() // keeps its place; the value follows when it is known
		}
	}
	name := drawn(step.Path, at.round)
	change, err := s.event(name, step.Type, ask)
	if err != nil {
		return s.fails(step, at, s.inNames(err, at))
	}
	return func(ctx context.Context, b *branch) {
		v := s.valuesOf(step, at, b)
		e := event{s: s, step: step, send: &step.Delivering, event: change, idSeed: s.idSeed(name), round: at.round,
			checked: !step.Invalid && len(step.Identifiers)+len(step.Omit) > 0}
		if err := e.override(step.Identifiers, v); err != nil {
			s.fail(step, at.round, err)
			return
		}
		e.deliver(ctx, b, v)
	}
}

// override puts the values of the step's own identifiers in their places; one that the event type does not know goes last.
func (e *event) override(identifiers []script.Named, v *values) error {
	e.event.Identifiers = slices.Clone(e.event.Identifiers)
	for _, named := range identifiers {
		value, err := named.Value.Resolve(v)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(e.event.Identifiers, func(id schemas.Identifier) bool { return id.Name == named.Name })
		if i < 0 {
			e.event.Identifiers = append(e.event.Identifiers, schemas.Identifier{Name: named.Name, Value: value})
			continue
		}
		e.event.Identifiers[i].Value = value
	}
	return nil
}

func (s *run) do(step *script.Do, at place) task {
	name := drawn(step.Path, at.round)
	changes, err := s.perform(name, step.Action, s.about(step.About, at))
	if err != nil {
		return s.fails(step, at, s.otherSystem(step.Action, s.inNames(err, at)))
	}
	return func(ctx context.Context, b *branch) {
		for i, change := range changes {
			if s.over(ctx) {
				return
			}
			e := event{s: s, step: step, send: &step.Delivering, event: change, idSeed: s.idSeed(name) ^ splitmix.Mix(uint64(i)), round: at.round}
			e.deliver(ctx, b, s.valuesOf(step, at, b))
		}
	}
}

func (s *run) about(about []script.About, at place) map[string]*fixtures.Record {
	records := map[string]*fixtures.Record{}
	for _, a := range about {
		records[a.Role] = s.cast[at.scenario][a.Name]
	}
	return records
}

func (s *run) valuesOf(step script.Step, at place, b *branch) *values {
	return &values{b: b, step: step, cast: s.cast[at.scenario], round: at.round}
}

// inNames says an error of the clinic with the names of the cast for the ids of its records.
func (s *run) inNames(err error, at place) error {
	message := err.Error()
	for name, record := range s.cast[at.scenario] {
		message = strings.ReplaceAll(message, record.ID(), name)
	}
	return errors.New(message)
}

// otherSystem adds the mend to an error of an action that the practice's appointment system does not have.
func (s *run) otherSystem(action string, err error) error {
	for _, a := range fixtures.Actions() {
		if a.Name != action {
			continue
		}
		if t, unknown := schemas.Lookup(a.Events[0]); unknown == nil {
			if system, ok := fixtures.SystemOf(t); ok && system != s.p.options.System {
				return fmt.Errorf("%w: say --appointments %s", err, system)
			}
		}
	}
	return err
}

// fails returns the task of a step that cannot be played.
func (s *run) fails(step script.Step, at place, err error) task {
	return func(context.Context, *branch) { s.fail(step, at.round, err) }
}

func (s *run) fail(step script.Step, r round, err error) {
	if errors.Is(err, errNothingSent) {
		s.record.Skip(script.Of(step).Path, errNothingSent.Error())
		return
	}
	s.record.Fail(script.Of(step).Path, r.String(), err.Error())
}

// deliver sends the event, with its copies and its retries, and takes down what came.
func (e *event) deliver(ctx context.Context, b *branch, v *values) {
	all, err := e.attempts(ctx, b)
	e.took(b, v, all, err)
}

// took judges and records the attempts at an event, and takes the captures from the first answer.
func (e *event) took(b *branch, v *values, all []tried, err error) {
	if err != nil {
		e.s.fail(e.step, e.round, err)
		return
	}
	captured := false
	for i := range all {
		if all[i].attempt.Response.Failure == simulator.FailureCanceled { // cut short by an interrupt: it says nothing of the receiver
			continue
		}
		e.record(b.track, &all[i], v)
		if all[i].judged && !captured {
			captured = true
			captureFrom(e.s, e.step, e.round, b, e.send.Captures, &all[i].attempt.Response)
		}
		b.sent = all[i].attempt.Request.EventID
	}
}

// record judges an attempt, keeps it, and writes it down.
func (e *event) record(track *track, t *tried, v *values) {
	expect := scenarios.Expect{Response: scenarios.ResponseAny}
	path := script.Of(e.step).Path
	evidence := scenarios.Evidence{Round: e.round.String(), Copy: t.copy, StartedAt: t.startedAt, Attempt: &t.attempt}
	if t.judged && !e.s.p.options.DryRun {
		known := *v
		known.eventID = t.attempt.Request.EventID
		var err error
		if expect, err = e.send.Expect.Resolve(&known); err != nil {
			e.s.fail(e.step, e.round, err)
			return
		}
		evidence.Verdict = scenarios.Judge(expect, &t.attempt)
	}
	e.s.p.recognise(&t.attempt.Response)
	e.s.record.Attempt(path, evidence, expect)
	track.write(e.s, path, &evidence)
}

// captureFrom takes values out of an answer. One that is not there fails the step, and what needs it is skipped.
func captureFrom(s *run, step script.Step, r round, b *branch, captures []script.Capture, response *simulator.Response) {
	if len(captures) == 0 || response.Failure != "" || s.p.options.DryRun {
		return
	}
	doc, err := validate.Parse(response.Body)
	for _, c := range captures {
		var value any
		if err == nil {
			value, err = pointer.Lookup(doc, c.Pointer)
		}
		if err != nil {
			s.record.FailWith(script.Of(step).Path, r.String(), response.Body, scenarios.Failure{
				Part: scenarios.PartCapture, Name: c.Name, Pointer: c.Pointer, Expected: "a value in the answer", Got: "nothing: " + err.Error(),
			})
			return
		}
		b.scope.set(c.Name, value)
	}
}

// attempts sends the event as often as its step says, and returns every attempt in order.
func (e *event) attempts(ctx context.Context, b *branch) ([]tried, error) {
	again := e.send.Again
	if again == nil {
		again = &script.Again{}
	}
	copies := make([]simulator.Request, again.Copies+1)
	ids := make([]*objectid.Generator, len(copies))
	for i := range copies {
		ids[i] = objectid.NewGenerator(e.idSeed + uint64(i))
		if i > 0 && again.As == script.AsReplay {
			copies[i] = copies[0]
			continue
		}
		var err error
		if copies[i], err = e.prepare(b, ids[i], e.send.Fault); err != nil {
			return nil, err
		}
	}
	outcomes := make([][]tried, len(copies))
	if !again.Together {
		for i := range copies {
			outcomes[i] = e.retry(ctx, b, copies[i], i, ids[i])
		}
		return slices.Concat(outcomes...), nil
	}
	var running sync.WaitGroup
	for i := range copies {
		running.Go(func() {
			own := *b // each copy climbs the ladder in its own time
			outcomes[i] = e.retry(ctx, &own, copies[i], i, ids[i])
		})
	}
	running.Wait()
	return slices.Concat(outcomes...), nil
}

// prepare encodes and signs an attempt under a new eventId.
func (e *event) prepare(b *branch, ids *objectid.Generator, spoil *fault.Fault) (simulator.Request, error) {
	request := delivery.Message{
		URL:            e.s.p.options.Target,
		SubscriptionID: e.s.subscriptionID,
		EventID:        ids.New(b.stamp()).String(),
		Event:          &e.event,
		Secrets:        e.s.p.secrets,
		At:             b.now,
		Fault:          spoil,
	}
	if e.checked {
		if err := check(&request); err != nil {
			return simulator.Request{}, err
		}
	}
	return e.s.sender.Prepare(request)
}

// check refuses a payload that breaks its schema.
func check(r *delivery.Message) error {
	schema, err := validate.Payload(r.Event.Type)
	if err != nil {
		return err
	}
	broken := schema.Validate(simulator.AppendPayload(nil, r.SubscriptionID, r.EventID, r.Event))
	if len(broken) == 0 {
		return nil
	}
	return fmt.Errorf("the payload breaks the schema of %s: %s; say `invalid: on-purpose` if it should", r.Event.Type.Name, broken[0])
}

// ladder makes the attempts of one delivery: one, or as many as the provider would make. A fault spoils the first of
// them alone, and the last one is judged.
func (e *event) retry(ctx context.Context, b *branch, sent simulator.Request, number int, ids *objectid.Generator) []tried {
	var all []tried
	var history []provider.Outcome
	seed := splitmix.Mix(uint64(e.s.seed)) ^ key(drawn(script.Of(e.step).Path, e.round))
	for {
		startedAt := e.s.since()
		all = append(all, tried{copy: number, startedAt: startedAt, attempt: e.s.attempt(ctx, b, sent, len(history)+1)})
		last := &all[len(all)-1]
		last.judged = true
		if e.send.Deliver != script.DeliverWithRetries || ctx.Err() != nil {
			return all
		}
		response := &last.attempt.Response
		history = append(history, provider.Outcome{Ended: b.stamp(), OK: response.OK(), RetryAfter: response.RetryAfter})
		wait, more := e.s.p.options.Retry.Next(history, seed)
		if !more {
			return all
		}
		if b.pass(ctx, wait, time.Duration(float64(wait)/e.s.p.options.RetryScale)) != nil {
			return all
		}
		next, err := e.prepare(b, ids, nil)
		if err != nil { // it was prepared before, and only the time is new
			last.attempt.Response.Detail += "; preparing the retry: " + err.Error()
			return all
		}
		last.judged = false
		sent = next
	}
}

// referenceHeader is in every answer of the reference receiver (package receiver, which shares nothing with those who
// send): a scenario that comes upon it can ask what was received.
const referenceHeader = "Semblance-Receiver"

// recognise remembers that the receiver is the reference receiver, once an answer has said so.
func (p *Player) recognise(response *simulator.Response) {
	if !p.reference.Load() && response.Header(referenceHeader) != "" {
		p.reference.Store(true)
	}
}
