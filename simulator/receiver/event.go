package receiver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"semblance/schemas"
	"semblance/schemas/validate"
)

// Event is one event as it was received, and what became of it.
type Event struct {
	EventID        string
	EventType      string
	SubscriptionID string
	Identifiers    []schemas.Identifier // in the order of the body
	Metadata       json.RawMessage      // nil where the body has none
	Decoded        map[string][]string  // the identifiers that are JSON arrays in a string, such as changedKeys, decoded

	ReceivedAt time.Time
	Outcome    Outcome              // Accepted, Unchanged or Ignored
	Deliveries int                  // how often this eventId was received
	Violations []validate.Violation // what was tolerated

	size int // of the body, of which the strings are parts
}

// MarshalJSON writes the event as GET /events/{eventId} shows it.
func (e Event) MarshalJSON() ([]byte, error) {
	identifiers := []byte{'{'}
	for i, id := range e.Identifiers {
		if i > 0 {
			identifiers = append(identifiers, ',')
		}
		identifiers = appendJSON(identifiers, id.Name)
		identifiers = append(identifiers, ':')
		identifiers = appendJSON(identifiers, id.Value)
	}
	return json.Marshal(struct {
		EventID        string               `json:"eventId"`
		EventType      string               `json:"eventType"`
		SubscriptionID string               `json:"subscriptionId"`
		Identifiers    json.RawMessage      `json:"identifiers"`
		Decoded        map[string][]string  `json:"decoded,omitempty"`
		Metadata       json.RawMessage      `json:"metadata,omitempty"`
		ReceivedAt     time.Time            `json:"receivedAt"`
		Outcome        Outcome              `json:"outcome"`
		Deliveries     int                  `json:"deliveries"`
		Violations     []validate.Violation `json:"violations,omitempty"`
	}{e.EventID, e.EventType, e.SubscriptionID, append(identifiers, '}'), e.Decoded, e.Metadata,
		e.ReceivedAt.UTC(), e.Outcome, e.Deliveries, e.Violations})
}

// readEvent reads what the receiver needs of a body and steps over what it does not know. It demands the three that it
// cannot do without.
func readEvent(body []byte) (Event, error) {
	e, ok := scanEvent(string(body))
	if !ok {
		var err error
		if e, err = decodeEvent(body); err != nil {
			return e, err
		}
	}
	e.size = len(body)
	switch {
	case e.EventID == "":
		return e, unreadable("the body has no eventId")
	case e.EventType == "":
		return e, unreadable("the body has no eventType")
	}
	decodeLists(&e)
	return e, nil
}

func unreadable(format string, args ...any) error {
	return &refusal{http.StatusBadRequest, "unreadable", fmt.Sprintf(format, args...)}
}

// noEvent says why a body is no event, without the names that Go has for what is in it.
func noEvent(err error) error {
	var kind *json.UnmarshalTypeError
	switch {
	case !errors.As(err, &kind):
		return unreadable("the body is not the JSON of an event: %v", err)
	case kind.Field == "":
		return unreadable("the body is JSON, but %s and no object", article(kind.Value))
	}
	return unreadable("%s is no string, but %s", kind.Field, article(kind.Value))
}

// article names a kind of JSON value as encoding/json does, as one of it: an array, a number 12.
func article(value string) string {
	if strings.HasPrefix(value, "array") || strings.HasPrefix(value, "object") {
		return "an " + value
	}
	return "a " + value
}

// decodeEvent reads any JSON.
func decodeEvent(body []byte) (Event, error) {
	var envelope struct {
		EventID        string          `json:"eventId"`
		EventType      string          `json:"eventType"`
		SubscriptionID string          `json:"subscriptionId"`
		Identifiers    json.RawMessage `json:"identifiers"`
		Metadata       json.RawMessage `json:"metadata"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return Event{}, noEvent(err)
	}
	e := Event{EventID: envelope.EventID, EventType: envelope.EventType, SubscriptionID: envelope.SubscriptionID, Metadata: envelope.Metadata}
	if envelope.Identifiers == nil {
		return e, unreadable("the body has no identifiers")
	}
	decoder := json.NewDecoder(bytes.NewReader(envelope.Identifiers))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return e, unreadable("identifiers is no object")
	}
	for decoder.More() {
		name, _ := decoder.Token() // valid JSON: it was unmarshalled above
		value, _ := decoder.Token()
		text, ok := value.(string)
		if !ok {
			return e, unreadable("the identifier %q is no string", name)
		}
		e.Identifiers = append(e.Identifiers, schemas.Identifier{Name: name.(string), Value: text})
	}
	return e, nil
}

// decodeLists decodes the identifiers that hold a JSON array in a string. They are known by their value: no id begins
// with a bracket.
func decodeLists(e *Event) {
	for _, id := range e.Identifiers {
		if !strings.HasPrefix(id.Value, "[") {
			continue
		}
		var list []string
		if json.Unmarshal([]byte(id.Value), &list) != nil {
			continue // whatever it is, the schema judges it
		}
		if e.Decoded == nil {
			e.Decoded = map[string][]string{}
		}
		e.Decoded[id.Name] = list
	}
}

// scanEvent reads a body in the form in which the provider writes it: compact, without escapes, these keys only. It is
// what lets a receiver keep up with a flood; whatever else a body may be is left to decodeEvent. The event's strings are
// parts of body.
func scanEvent(body string) (e Event, ok bool) {
	s := scanner{rest: body}
	s.take(`{"subscriptionId":`)
	e.SubscriptionID = s.text()
	s.take(`,"eventId":`)
	e.EventID = s.text()
	s.take(`,"eventType":`)
	e.EventType = s.text()
	s.take(`,"identifiers":{`)
	e.Identifiers = make([]schemas.Identifier, 0, 4)
	for !s.failed && !strings.HasPrefix(s.rest, "}") {
		if len(e.Identifiers) > 0 {
			s.take(",")
		}
		name := s.text()
		s.take(":")
		e.Identifiers = append(e.Identifiers, schemas.Identifier{Name: name, Value: s.text()})
	}
	s.take("}}")
	return e, !s.failed && s.rest == ""
}

// scanner takes a text apart from the left. Once it has failed it stays failed.
type scanner struct {
	rest   string
	failed bool
}

func (s *scanner) take(prefix string) {
	rest, ok := strings.CutPrefix(s.rest, prefix)
	s.rest, s.failed = rest, s.failed || !ok
}

// text takes a JSON string of plain ASCII without escapes.
func (s *scanner) text() string {
	if s.failed || s.rest == "" || s.rest[0] != '"' {
		s.failed = true
		return ""
	}
	for i := 1; i < len(s.rest); i++ {
		switch c := s.rest[i]; {
		case c == '"':
			text := s.rest[1:i]
			s.rest = s.rest[i+1:]
			return text
		case c < 0x20 || c >= 0x7f || c == '\\':
			s.failed = true
			return ""
		}
	}
	s.failed = true
	return ""
}
