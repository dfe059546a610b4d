package simtest

import (
	"slices"
	"sync"

	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/delivery"
	"semblance/simulator/fault"
	"semblance/simulator/provider"
)

// SendOption is an option of [Sim.Send], [Sim.Emit] and [Sim.Do].
type SendOption func(*sendOptions)

type sendOptions struct {
	about   map[string]string // ids of records by role
	with    []string
	omit    []string
	set     map[string]string
	fault   string
	invalid bool
}

// About sets the record that the event is about. If an event is about several records, use [AboutRole].
func About(record Record) SendOption { return AboutRole("", record) }

// AboutRole sets the record for a role of the event, such as "source" in a merge.
func AboutRole(role string, record Record) SendOption {
	return func(o *sendOptions) {
		if o.about == nil {
			o.about = map[string]string{}
		}
		o.about[role] = record.ID
	}
}

// With includes these optional identifiers, or "all".
func With(identifiers ...string) SendOption {
	return func(o *sendOptions) { o.with = append(o.with, identifiers...) }
}

// Omit leaves out these optional identifiers, or "all": the event is about a record without such a relation.
func Omit(identifiers ...string) SendOption {
	return func(o *sendOptions) { o.omit = append(o.omit, identifiers...) }
}

// Set sets the value of an identifier.
func Set(identifier, value string) SendOption {
	return func(o *sendOptions) {
		if o.set == nil {
			o.set = map[string]string{}
		}
		o.set[identifier] = value
	}
}

// Invalid allows a payload that violates its schema because of [Set] or [Omit].
func Invalid() SendOption { return func(o *sendOptions) { o.invalid = true } }

// Fault injects a fault into the attempt, in the form of the command line: "signature=stale,age=400s". It is for
// [Sim.Send]; for [Sim.Emit] and [Sim.Do] use [Sim.Fault].
func Fault(text string) SendOption { return func(o *sendOptions) { o.fault = text } }

// Send makes one attempt to deliver an event of this type and returns the request and the response, whatever it is. There
// are no retries. The event is about a new record, unless [About] sets one.
func (s *Sim) Send(eventType string, with ...SendOption) *simulator.Attempt {
	s.t.Helper()
	o := apply(sendOptions{}, with)
	event, err := s.clinic.event(s.t.Context(), eventType, o)
	must(s.t, err, "sending %s: ", eventType)
	m := delivery.Message{
		URL: s.URL, SubscriptionID: s.SubscriptionID, EventID: s.eventIDs.New(s.Now()).String(), Event: &event,
		Secrets: []simulator.Secret{simulator.Secret(s.Secret)}, At: s.Now(),
	}
	if o.fault != "" {
		m.Fault, err = fault.Parse(o.fault)
		must(s.t, err, "sending %s: ", eventType)
	}
	attempt := &simulator.Attempt{StartedAt: s.Now()}
	must(s.t, s.sender.Attempt(s.t.Context(), m, attempt), "sending %s: ", eventType)
	s.log.add(attempt)
	return attempt
}

// Resend sends the request of an attempt again, with the same bytes, signature and eventId: a duplicate.
func (s *Sim) Resend(attempt *simulator.Attempt) *simulator.Attempt {
	s.t.Helper()
	resent := &simulator.Attempt{SubscriptionID: s.SubscriptionID, Number: attempt.Number, StartedAt: s.Now(), Request: attempt.Request}
	resent.Response = s.sender.Send(s.t.Context(), attempt.Request)
	s.log.add(resent)
	return resent
}

// Emit puts an event of this type into the provider's outbox, from where it is delivered with retries. [Sim.Accepted]
// waits for the receiver.
func (s *Sim) Emit(eventType string, with ...SendOption) schemas.Event {
	s.t.Helper()
	o := apply(sendOptions{}, with)
	if o.fault != "" {
		s.t.Fatalf("simtest: emitting %s: simtest.Fault is for Send; call Sim.Fault before Emit", eventType)
	}
	event, err := s.clinic.event(s.t.Context(), eventType, o)
	if err == nil {
		_, err = s.provider.Deliver(s.t.Context(), "test", event)
	}
	must(s.t, err, "emitting %s: ", eventType)
	return event
}

// Do performs an action of the clinic, such as "arrive" or "merge", and emits all of its events. Records that the action
// needs and [About] does not set are created.
func (s *Sim) Do(action string, with ...SendOption) []schemas.Event {
	s.t.Helper()
	events, err := s.clinic.do(s.t.Context(), action, apply(sendOptions{}, with))
	if err == nil {
		_, err = s.provider.Deliver(s.t.Context(), "test", events...)
	}
	must(s.t, err, "doing %s: ", action)
	return events
}

// Fault injects a fault into the next n attempts from the outbox, in the form of the command line: "transport=reset". Faults
// of deliveries are "delivery=duplicate", "delivery=delay,by=30s", "delivery=reorder,within=5s" and "delivery=drop".
func (s *Sim) Fault(text string, n int) {
	s.t.Helper()
	s.setFault(provider.FaultPlan{SubscriptionID: s.SubscriptionID, Fault: text, Next: n})
}

// FaultShare injects a fault into a share of all attempts from the outbox, from 0 to 1, which follows from the seed.
func (s *Sim) FaultShare(text string, share float64) {
	s.t.Helper()
	s.setFault(provider.FaultPlan{SubscriptionID: s.SubscriptionID, Fault: text, Share: share})
}

func (s *Sim) setFault(plan provider.FaultPlan) {
	s.t.Helper()
	_, err := s.provider.SetFault(s.t.Context(), plan)
	must(s.t, err, "setting the fault %s: ", plan.Fault)
}

// maxAttempts bounds the attempts that a test can read and that a failed test can show.
const maxAttempts = 1000

// attemptLog keeps the last attempts of [Sim.Send] and [Sim.Resend], for the log of a failed test.
type attemptLog struct {
	mu   sync.Mutex
	last []simulator.Attempt
}

func (l *attemptLog) add(a *simulator.Attempt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.last) == maxAttempts {
		l.last = slices.Delete(l.last, 0, 1)
	}
	l.last = append(l.last, *a)
}

func (l *attemptLog) all() []simulator.Attempt {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.last)
}
