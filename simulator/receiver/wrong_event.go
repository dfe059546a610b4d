package receiver

import (
	"encoding/json"
	"net/http"
	"strings"

	"semblance/schemas"
	"semblance/schemas/validate"
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
	for _, id := range e.Identifiers {
		if e.Decoded[id.Name] != nil {
			e.Decoded[id.Name] = strings.Clone(id.Value)
		}
	}
	return e, err
}

// readKnownTypes reads an event of a known type.
func readKnownTypes(body []byte) (Event, error) {
	e, err := readEvent(body)
	if err == nil {
		if _, unknown := schemas.Lookup(e.EventType); unknown != nil {
			return e, crash("cannot read the handler of undefined")
		}
	}
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
