package receiver

import (
	"context"
	"encoding/json"
	"hash/maphash"
	"net/http"
	"strings"
	"time"

	"semblance/schemas"
	"semblance/schemas/validate"
	"semblance/simulator/clock"
)

func readOtherFields(body []byte) (Event, error) {
	var envelope struct {
		ID   string            `json:"id"`
		Type string            `json:"type"`
		Data map[string]string `json:"data"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return Event{}, noEvent(err)
	}
	e := Event{EventID: envelope.ID, EventType: envelope.Type}
	if e.EventID == "" {
		return e, unreadable("the body has no id")
	}
	for name, value := range envelope.Data {
		e.Identifiers = append(e.Identifiers, schemas.Identifier{Name: name, Value: value})
	}
	return e, nil
}

func readChangedKeysAsText(body []byte) (Event, error) {
	e, err := readEvent(body)
	e.Decoded = nil
	return e, err
}

// crash is the failure of code that relies on an absent value.
func crash(detail string) error {
	return &refusal{http.StatusInternalServerError, "internal", detail}
}

func checkRecordFields(t *schemas.EventType, e *Event, body []byte) ([]validate.Violation, error) {
	noun, _, _ := strings.Cut(t.Name, ".")
	var payload map[string]json.RawMessage
	if json.Unmarshal(body, &payload) != nil || payload[noun] == nil {
		return nil, crash("cannot read the fields of undefined (reading '" + noun + "')")
	}
	return check(t, e, body)
}

func checkAllIdentifiers(t *schemas.EventType, e *Event, body []byte) ([]validate.Violation, error) {
	for _, name := range t.Optional {
		if !named(e.Identifiers, name) {
			return nil, crash(name + " is undefined")
		}
	}
	return check(t, e, body)
}

func checkKnownIdentifiers(t *schemas.EventType, e *Event, body []byte) ([]validate.Violation, error) {
	for _, id := range e.Identifiers {
		if !t.Allows(id.Name) {
			return nil, &refusal{http.StatusUnprocessableEntity, "invalid", "unknown field " + id.Name}
		}
	}
	return check(t, e, body)
}

func checkNoMetadata(t *schemas.EventType, e *Event, body []byte) ([]validate.Violation, error) {
	if e.Metadata != nil {
		return nil, &refusal{http.StatusUnprocessableEntity, "invalid", "unknown field metadata"}
	}
	return check(t, e, body)
}

func checkBlockerAvailability(t *schemas.EventType, e *Event, body []byte) ([]validate.Violation, error) {
	if strings.HasPrefix(t.Name, "availability.blocker.") && !named(e.Identifiers, "availabilityId") {
		return nil, crash("availabilityId is undefined")
	}
	return check(t, e, body)
}

func checkMergedPatient(t *schemas.EventType, e *Event, body []byte) ([]validate.Violation, error) {
	if t.Name == "patient.merged" && !named(e.Identifiers, "patientId") {
		return nil, crash("patientId is undefined")
	}
	return check(t, e, body)
}

// processSeenFirst remembers the event before it processes it. Processing fails for the first event of a record, as if the
// database were away: a retry with the same eventId then counts as a duplicate, and the event is lost.
func processSeenFirst(m *memory, e *Event) (Outcome, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.isDuplicate(e) {
		return Duplicate, nil
	}
	m.remember(e, Accepted)
	for _, id := range subjects(e) {
		if m.states[id.Value] == nil {
			m.state(id)
			return Refused, &refusal{http.StatusServiceUnavailable, "unavailable", "the database is away"}
		}
	}
	m.apply(e, m.fingerprint(e))
	return Accepted, nil
}

// processByEventID processes every event that has a new eventId.
func processByEventID(m *memory, e *Event) (Outcome, error) {
	return m.processAs(e, maphash.String(m.seed, e.EventID)), nil
}

// delayLong is slow work that should follow the response.
func delayLong(ctx context.Context) { _ = clock.Sleep(ctx, 15*time.Second) }
