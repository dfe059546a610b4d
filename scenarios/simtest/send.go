package simtest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/schemas/validate"
	"semblance/simulator"
	"semblance/simulator/delivery"
	"semblance/simulator/fault"
	"semblance/simulator/provider"
)

// SendOption says how an event differs from what the clinic would state.
type SendOption func(*sendOptions)

type sendOptions struct {
	about   map[string]Record
	with    []string
	omit    []string
	set     map[string]string
	fault   string
	invalid bool
}

// About names the record that the event is about. Where it is about more than one, [AboutRole] says which is which.
func About(record Record) SendOption { return AboutRole("", record) }

// AboutRole names the record that plays a role in the event, such as "source" in a merge.
func AboutRole(role string, record Record) SendOption {
	return func(a *sendOptions) {
		if a.about == nil {
			a.about = map[string]Record{}
		}
		a.about[role] = record
	}
}

// With names optional identifiers that must be there, or "all".
func With(identifiers ...string) SendOption {
	return func(a *sendOptions) { a.with = append(a.with, identifiers...) }
}

// Omit names optional identifiers that must not be there, or "all": the event is about a record that has none.
func Omit(identifiers ...string) SendOption {
	return func(a *sendOptions) { a.omit = append(a.omit, identifiers...) }
}

// Set gives an identifier a value of the test's own.
func Set(identifier, value string) SendOption {
	return func(a *sendOptions) {
		if a.set == nil {
			a.set = map[string]string{}
		}
		a.set[identifier] = value
	}
}

// Invalid sends the event although its schema refuses what [Set] or [Omit] make of it.
func Invalid() SendOption { return func(a *sendOptions) { a.invalid = true } }

// Fault spoils the attempt, as the command line writes it: "signature=stale,age=400s". [Sim.Emit] does not take it; see
// [Sim.Fault].
func Fault(text string) SendOption { return func(a *sendOptions) { a.fault = text } }

// Send makes one attempt at an event of the type and returns what was sent and what came. It does not judge the answer,
// goes past the outbox, and is not retried. The event is about a record made for it unless [About] names one.
func (s *Sim) Send(eventType string, with ...SendOption) *simulator.Attempt {
	s.t.Helper()
	a := asked(with)
	change, err := s.clinic.change(eventType, a)
	if err != nil {
		s.t.Fatalf("simtest: sending %s: %v", eventType, err)
	}
	request := delivery.Message{
		URL: s.URL, SubscriptionID: s.SubscriptionID, EventID: s.eventIDs.New(s.Now()).String(), Event: &change,
		Secrets: []simulator.Secret{simulator.Secret(s.Secret)}, At: s.Now(),
	}
	if a.fault != "" {
		if request.Fault, err = fault.Parse(a.fault); err != nil {
			s.t.Fatalf("simtest: sending %s: %v", eventType, err)
		}
	}
	attempt := &simulator.Attempt{StartedAt: s.Now()}
	if err := s.sender.Attempt(s.t.Context(), request, attempt); err != nil {
		s.t.Fatalf("simtest: sending %s: %v", eventType, err)
	}
	s.log.add(attempt)
	return attempt
}

// Resend sends the bytes of an attempt once more, signature and eventId included: a duplicate.
func (s *Sim) Resend(attempt *simulator.Attempt) *simulator.Attempt {
	s.t.Helper()
	again := &simulator.Attempt{SubscriptionID: s.SubscriptionID, Number: attempt.Number, StartedAt: s.Now(), Request: attempt.Request}
	again.Response = s.sender.Send(s.t.Context(), attempt.Request)
	s.log.add(again)
	return again
}

// Emit has an event of the type happen: it goes through the provider's outbox, is retried as the ladder says, and is
// acknowledged when Emit returns. [Sim.Accepted] waits for the receiver.
func (s *Sim) Emit(eventType string, with ...SendOption) schemas.Event {
	s.t.Helper()
	a := asked(with)
	if a.fault != "" {
		s.t.Fatalf("simtest: emitting %s: an event in the outbox takes no fault; set it for the next attempts with Sim.Fault", eventType)
	}
	change, err := s.clinic.change(eventType, a)
	if err == nil {
		_, err = s.provider.Deliver(s.t.Context(), "test", change)
	}
	if err != nil {
		s.t.Fatalf("simtest: emitting %s: %v", eventType, err)
	}
	return change
}

// Do performs an action of the clinic, such as "arrive" or "merge", and emits every event that it gives. The records that
// it needs and that no [About] names are made.
func (s *Sim) Do(action string, with ...SendOption) []schemas.Event {
	s.t.Helper()
	changes, err := s.clinic.do(action, asked(with))
	if err == nil {
		_, err = s.provider.Deliver(s.t.Context(), "test", changes...)
	}
	if err != nil {
		s.t.Fatalf("simtest: doing %s: %v", action, err)
	}
	return changes
}

// Fault spoils the next n attempts of what is emitted, as the command line writes it: "transport=reset".
func (s *Sim) Fault(text string, n int) {
	s.t.Helper()
	if _, err := s.provider.SetFault(s.t.Context(), provider.FaultPlan{SubscriptionID: s.SubscriptionID, Fault: text, Next: n}); err != nil {
		s.t.Fatalf("simtest: setting the fault %s: %v", text, err)
	}
}

func asked(with []SendOption) *sendOptions {
	a := &sendOptions{}
	for _, option := range with {
		option(a)
	}
	return a
}

// check refuses a payload that its schema refuses, where the test has changed it.
func (a *sendOptions) check(change *schemas.Event) error {
	if a.invalid || len(a.set) == 0 && len(a.omit) == 0 {
		return nil
	}
	schema, err := validate.Payload(change.Type)
	if err != nil {
		return err
	}
	const anyID = "000000000000000000000000"
	if broken := schema.Validate(simulator.AppendPayload(nil, anyID, anyID, change)); len(broken) > 0 {
		return fmt.Errorf("the payload breaks its schema: %s; say simtest.Invalid() if it should", broken[0])
	}
	return nil
}

// records are the clinic's own, for a fixtures.Ask.
func (a *sendOptions) records(c *fixtures.Clinic) (map[string]*fixtures.Record, error) {
	if len(a.about) == 0 {
		return nil, nil
	}
	about := make(map[string]*fixtures.Record, len(a.about))
	for _, role := range slices.Sorted(maps.Keys(a.about)) {
		record := c.Lookup(a.about[role].ID)
		if record == nil {
			return nil, errors.New("the clinic has no record " + a.about[role].ID + "; Sim.Clinic makes them")
		}
		about[role] = record
	}
	return about, nil
}

// attempts keeps the last attempts that a test made, for when it fails.
type attempts struct {
	mu   sync.Mutex
	kept []simulator.Attempt
}

// keptAttempts is how many attempts a failing test can show.
const keptAttempts = 1000

func (l *attempts) add(a *simulator.Attempt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.kept) == keptAttempts {
		l.kept = slices.Delete(l.kept, 0, 1)
	}
	l.kept = append(l.kept, *a)
}

func (l *attempts) all() []simulator.Attempt {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.kept)
}
