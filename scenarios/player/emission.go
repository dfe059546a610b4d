package player

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/script"
	"semblance/schemas"
	"semblance/schemas/objectid"
	"semblance/schemas/splitmix"
	"semblance/schemas/validate"
	"semblance/simulator"
	"semblance/simulator/delivery"
	"semblance/simulator/fault"
	"semblance/simulator/provider"
	"semblance/simulator/signature"
)

// emission is one event that a step sends, with its copies and retries.
type emission struct {
	run      *run
	path     string
	round    rounds
	step     *script.Common
	options  *script.Delivering
	kind     simulator.Kind
	event    schemas.Event
	shown    *schemas.Event // the event as it may be shown, if it has values of the environment
	number   uint64         // among the events of its step in all rounds
	validate bool           // check the payload against its schema, because the step changed it

	values *values // of the step
	before *int    // the effects before the event was sent for the first time; nil: not counted
	since  int64   // of a trial with the provider's API: the number of [API.Save] before the event was sent

	another func(key string) (schemas.Event, error) // a similar event about a new record; may be nil
}

// try is one attempt of an emission.
type try struct {
	attempt   simulator.Attempt
	startedAt time.Duration
	copy      int
	final     bool // no retry follows: the step judges this attempt
}

// send sends the event and records its attempts.
func (e *emission) send(ctx context.Context, b *branch, v *values) {
	e.values = v
	e.countBefore(ctx)
	judgeEffect := e.watch(ctx)
	tries, err := e.tries(ctx, b)
	e.finish(b, v, tries, err, judgeEffect)
	e.judgeShown(ctx)
}

// finish records the attempts, and judges what concerns them together.
func (e *emission) finish(b *branch, v *values, tries []try, err error, judgeEffect func()) {
	e.record(b, v, tries, err)
	var attempts []*simulator.Attempt
	for i := range tries {
		if tries[i].final && tries[i].attempt.Response.Failure != simulator.FailureCanceled {
			attempts = append(attempts, &tries[i].attempt)
		}
	}
	e.run.judgeAll(e.step, e.round, v, attempts)
	if err == nil && len(attempts) > 0 {
		judgeEffect()
	}
}

// record records the attempts, and reads the captures from the first response.
func (e *emission) record(b *branch, v *values, tries []try, err error) {
	if err != nil {
		e.run.fail(e.path, e.round, err)
		return
	}
	captured := false
	for i := range tries {
		t := &tries[i]
		if t.attempt.Response.Failure == simulator.FailureCanceled { // interrupted: it says nothing about the receiver
			continue
		}
		e.recordTry(b, v, t)
		if t.final && !captured {
			captured = true
			b.capture(e.path, e.round, e.options.Captures, &t.attempt.Response)
		}
		b.lastEventID = t.attempt.Request.EventID
	}
}

func (e *emission) recordTry(b *branch, v *values, t *try) {
	expect := anything()
	if t.final && !e.run.options.DryRun {
		own := *v
		own.eventID = t.attempt.Request.EventID
		var err error
		if expect, err = own.expected(e.step, &e.options.Expect); err != nil {
			e.run.fail(e.path, e.round, err)
			return
		}
		e.control(expect, &t.attempt)
	}
	t.attempt.Request.Body = e.shownBody(b, &t.attempt.Request)
	b.record(e.path, scenarios.Evidence{Round: e.round.String(), Copy: t.copy, StartedAt: t.startedAt, Attempt: &t.attempt}, expect, e.exchange(b))
}

// exchange returns the exchange of a trial without the attempt, or nil.
func (e *emission) exchange(b *branch) *Exchange {
	if e.run.trial == nil {
		return nil
	}
	own := *b
	key := drawKey(e.path, e.round)
	x := &Exchange{RecordID: recordID(&e.event), named: e.event.Identifiers, since: e.since, Each: e.values.each.String()}
	var wire *script.Wire
	if e.options.Layers != nil {
		wire = e.options.Layers.Wire
	}
	x.twin = e.run.plain(e.step, key, e.event.Type, wire, &own)
	x.repeat = func(ctx context.Context) (*Exchange, error) {
		single, options := *e, *e.options
		options.Again, options.Deliver, single.options = nil, script.DeliverOnce, &options
		if e.another != nil {
			event, err := e.another(key + " again " + x.Attempt.Request.EventID)
			if err != nil {
				return nil, err
			}
			single.event = event
		}
		tries, err := single.tries(ctx, &own)
		if err != nil {
			return nil, err
		}
		return &Exchange{RecordID: recordID(&single.event), named: single.event.Identifiers, Attempt: tries[0].attempt}, nil
	}
	return x
}

// recordID returns the id of the record that an event concerns: its first identifier.
func recordID(event *schemas.Event) string {
	if len(event.Identifiers) == 0 {
		return ""
	}
	return event.Identifiers[0].Value
}

// tries sends the event with its copies and retries, and returns all attempts in order.
func (e *emission) tries(ctx context.Context, b *branch) ([]try, error) {
	again := e.options.Again
	if again == nil {
		again = &script.Again{}
	}
	if again.Together {
		return e.together(ctx, b, again)
	}
	var tries []try
	e.since = e.run.clinics.mark(ctx)
	var first simulator.Request
	for i := range again.Copies + 1 {
		if i > 0 && again.After > 0 && b.pass(ctx, again.After, again.After) != nil {
			break
		}
		ids := e.run.ids.generator(e.path, e.options, e.number, i)
		request, err := e.copy(b, again.As, i, first, ids)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			first = request
			e.run.remember(e.step.Name, e, request)
		}
		tries = append(tries, e.deliver(ctx, b, request, i, ids)...)
	}
	return tries, nil
}

// together sends all copies at once.
func (e *emission) together(ctx context.Context, b *branch, again *script.Again) ([]try, error) {
	copies := make([]simulator.Request, again.Copies+1)
	ids := make([]*objectid.Generator, len(copies))
	for i := range copies {
		ids[i] = e.run.ids.generator(e.path, e.options, e.number, i)
		var err error
		if copies[i], err = e.copy(b, again.As, i, copies[0], ids[i]); err != nil {
			return nil, err
		}
	}
	e.run.remember(e.step.Name, e, copies[0])
	tries := make([][]try, len(copies))
	var running sync.WaitGroup
	for i := range copies {
		running.Go(func() {
			own := *b // each copy has its own simulated time
			tries[i] = e.deliver(ctx, &own, copies[i], i, ids[i])
		})
	}
	running.Wait()
	return slices.Concat(tries...), nil
}

// copy returns the request of a copy; number 0 is the original. The copies of an event that is signed again in the same
// second are signed a second earlier each, so that their signatures differ.
func (e *emission) copy(b *branch, as script.As, number int, first simulator.Request, ids *objectid.Generator) (simulator.Request, error) {
	switch {
	case number > 0 && as == script.AsReplay:
		return first, nil
	case number > 0 && as == script.AsResigned:
		return e.resign(b, first, time.Duration(number)*time.Second)
	}
	return e.prepare(b, ids.New(b.now()).String(), b.time, true)
}

// resign prepares a request with the eventId of another one, and a new time. If that is not later, it is earlier by the
// given time.
func (e *emission) resign(b *branch, first simulator.Request, earlier time.Duration) (simulator.Request, error) {
	at := b.now()
	if signed, err := strconv.ParseInt(first.Header(signature.TimestampName), 10, 64); err == nil && signed >= at.Unix() {
		at = at.Add(-earlier)
	}
	return e.prepare(b, first.EventID, at, true)
}

// prepare encodes and signs a request at a time; zero is now. Only the first attempt has the layers and the fault of the
// step.
func (e *emission) prepare(b *branch, eventID string, at time.Time, first bool) (simulator.Request, error) {
	var injected *fault.Fault
	if first {
		injected = e.options.Fault
	}
	m := e.message(b, eventID, injected)
	m.At = at
	if e.validate {
		if err := e.check(&m); err != nil {
			return simulator.Request{}, fmt.Errorf("%w; add `invalid: on-purpose` to send it", err)
		}
	}
	request, err := e.run.sender.Prepare(m)
	if err == nil && first && e.options.Layers != nil {
		err = e.layer(&request)
	}
	return request, err
}

// message returns the message of an attempt.
func (e *emission) message(b *branch, eventID string, injected *fault.Fault) delivery.Message {
	return delivery.Message{
		URL: e.run.options.Target, SubscriptionID: e.run.subscriptionID, EventID: eventID, Event: &e.event, Secrets: e.run.secrets,
		At: b.time, Fault: injected, Kind: e.kind, Headers: e.run.options.Headers,
	}
}

// check returns an error if the payload breaks its schema. The error does not quote a value of the environment.
func (e *emission) check(m *delivery.Message) error {
	payload := func(event *schemas.Event) error {
		return validate.CheckPayload(event.Type, simulator.AppendPayload(nil, m.SubscriptionID, m.EventID, event))
	}
	err := payload(&e.event)
	if err == nil || e.shown == nil {
		return err
	}
	if masked := payload(e.shown); masked != nil {
		return masked
	}
	return errors.New("a value of the environment breaks the schema of the payload")
}

// shownBody returns the body of a request as it may be shown.
func (e *emission) shownBody(b *branch, request *simulator.Request) []byte {
	if e.shown == nil {
		return request.Body
	}
	m := e.message(b, request.EventID, nil)
	m.Event = e.shown
	if request.Fault != "" {
		m.Fault = e.options.Fault
	}
	shown, err := e.run.sender.Prepare(m)
	if err != nil { // unexpected: the event that was sent has the same form
		return nil
	}
	return shown.Body
}

// deliver makes the attempts of one delivery: one, or as many as the retry policy allows. Only the first has the fault.
func (e *emission) deliver(ctx context.Context, b *branch, request simulator.Request, number int, ids *objectid.Generator) []try {
	var tries []try
	var history []provider.Outcome
	seed := splitmix.Mix(uint64(e.run.seed)) ^ hash(drawKey(e.path, e.round))
	for {
		t := try{copy: number, startedAt: e.run.elapsed(), final: true}
		t.attempt = b.attempt(ctx, e.connection(), request, len(history)+1)
		tries = append(tries, t)
		if e.options.Deliver != script.DeliverWithRetries || ctx.Err() != nil {
			return tries
		}
		last := &tries[len(tries)-1]
		response := &last.attempt.Response
		history = append(history, provider.Outcome{Ended: b.now(), OK: response.OK(), RetryAfter: response.RetryAfter})
		wait, again := e.run.options.Retry.Next(history, seed)
		if !again || b.pass(ctx, wait, time.Duration(float64(wait)/e.run.options.RetryScale)) != nil {
			return tries
		}
		var err error
		if request, err = e.prepare(b, ids.New(b.now()).String(), b.time, false); err != nil { // unexpected: only the time differs from the first request
			response.Detail += "; preparing the retry: " + err.Error()
			return tries
		}
		last.final = false
	}
}
