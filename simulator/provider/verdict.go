package provider

import (
	"context"
	"sync"

	"semblance/schemas"
	"semblance/schemas/objectid"
	"semblance/schemas/validate"
	"semblance/simulator"
	"semblance/simulator/journal"
)

// fact is a change with the verdict of its schema, which its deliveries share: their bodies differ in the provider's
// own ids alone.
type fact struct {
	of         journal.Seq // of its change, where that must be asked for its origin: it comes from the journal
	asked      sync.Once
	restricted bool // it goes to loopback and private addresses alone

	judged     sync.Once
	verdict    journal.Verdict
	violations []string
}

// isCareful reports whether a change must not go to strangers: the clinic's traffic must not.
func (p *Provider) isRestricted(ctx context.Context, f *fact) bool {
	f.asked.Do(func() {
		if f.of == 0 {
			return
		}
		change, err := p.journal.Event(ctx, f.of)
		f.restricted = err != nil || change.Origin == originTraffic
	})
	return f.restricted
}

// judge checks what an attempt is meant to send against the schema of its type, the first time that it is asked.
func (f *fact) judge(t *task, shapes *shapes) (journal.Verdict, []string) {
	f.judged.Do(func() { f.verdict, f.violations = shapes.judge(t) })
	return f.verdict, f.violations
}

// shapes remembers which payloads are valid by the event type and the names of their identifiers, where all values are
// ids: a schema asks of an id only that it is one. Validating takes several times as long as sending does.
type shapes struct {
	mu    sync.RWMutex
	valid map[string]bool // bounded: there are a few per event type
}

func (s *shapes) judge(t *task) (journal.Verdict, []string) {
	var buffer [256]byte
	change := &t.outstanding.Event
	key, ok := appendShape(buffer[:0], change)
	if ok {
		s.mu.RLock()
		valid := s.valid[string(key)]
		s.mu.RUnlock()
		if valid {
			return journal.Valid, nil
		}
	}
	violations := violations(change, t.sub.ID, t.eventID)
	if len(violations) > 0 {
		return journal.Invalid, violations
	}
	if ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.valid == nil {
			s.valid = map[string]bool{}
		}
		s.valid[string(key)] = true
	}
	return journal.Valid, nil
}

// appendShape appends what decides whether the change is valid, if all its values are ids.
func appendShape(dst []byte, change *schemas.Event) ([]byte, bool) {
	if len(change.Metadata) > 0 {
		return dst, false
	}
	dst = append(dst, change.Type.Name...)
	for i := range change.Identifiers {
		if !objectid.Valid(change.Identifiers[i].Value) {
			return dst, false
		}
		dst = append(append(dst, ' '), change.Identifiers[i].Name...)
	}
	return dst, true
}

// violations says what the schema of its type finds wrong with the payload of a change, one line each.
func violations(change *schemas.Event, subscriptionID, eventID string) []string {
	var lines []string
	for _, v := range validate.PayloadViolations(change.Type, simulator.AppendPayload(nil, subscriptionID, eventID, change)) {
		lines = append(lines, v.String())
	}
	return lines
}
