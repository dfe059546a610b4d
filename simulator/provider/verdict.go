package provider

import (
	"sync"

	"semblance/schemas"
	"semblance/schemas/naming"
	"semblance/schemas/objectid"
	"semblance/schemas/validate"
	"semblance/simulator"
	"semblance/simulator/journal"
)

// verdicts checks payloads against the schemas of their types. If all identifiers of an event are ids, only their names
// decide, because a schema demands of an id only its form; so verdicts remembers combinations of names that are valid.
// That takes a fraction of the time that validation does. It is used by many workers at once, so it has its own lock.
type verdicts struct {
	mu    sync.RWMutex
	valid map[string]bool // by event type and names; there are a few for each type
}

// of returns the verdict on the payload of an event, and the violations of the schema.
func (v *verdicts) of(e *schemas.Event, subscriptionID, eventID string) (journal.Verdict, []string) {
	var buffer [256]byte
	key, onlyIDs := appendNames(buffer[:0], e)
	if onlyIDs {
		v.mu.RLock()
		valid := v.valid[string(key)]
		v.mu.RUnlock()
		if valid {
			return journal.Valid, nil
		}
	}
	if violations := violations(e, subscriptionID, eventID); len(violations) > 0 {
		return journal.Invalid, violations
	}
	if onlyIDs {
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.valid == nil {
			v.valid = map[string]bool{}
		}
		v.valid[string(key)] = true
	}
	return journal.Valid, nil
}

// appendNames appends the type and the names of the identifiers, and reports whether all identifiers are ids.
func appendNames(dst []byte, e *schemas.Event) (names []byte, onlyIDs bool) {
	if len(e.Metadata) > 0 {
		return dst, false
	}
	dst = append(dst, e.Type.Name...)
	for i := range e.Identifiers {
		if !objectid.Valid(e.Identifiers[i].Value) {
			return dst, false
		}
		dst = append(append(dst, ' '), e.Identifiers[i].Name...)
	}
	return dst, true
}

// violations returns how the payload of an event violates the schema of its type, one line each.
func violations(e *schemas.Event, subscriptionID, eventID string) []string {
	return naming.List(validate.PayloadViolations(e.Type, simulator.AppendPayload(nil, subscriptionID, eventID, e)), validate.Violation.String)
}
