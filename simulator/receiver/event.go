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

// Event is a received event and its outcome, as GET /events/{eventId} shows it.
type Event struct {
	EventID        string          `json:"eventId"`
	EventType      string          `json:"eventType"`
	SubscriptionID string          `json:"subscriptionId"`
	Identifiers    Identifiers     `json:"identifiers"`
	Decoded        map[string]any  `json:"decoded,omitempty"`  // of identifiers that are JSON arrays in a string, such as changedKeys: the array, as []string
	Metadata       json.RawMessage `json:"metadata,omitempty"` // nil if the body has none

	ReceivedAt time.Time            `json:"receivedAt"`           // in UTC
	Outcome    Outcome              `json:"outcome"`              // Accepted, Unchanged or Ignored
	Deliveries int                  `json:"deliveries"`           // number of deliveries of this eventId
	Violations []validate.Violation `json:"violations,omitempty"` // tolerated ones

	size int // of the body; the strings are parts of it
}

// Identifiers are the identifiers of an event, in the order of the body.
type Identifiers []schemas.Identifier

// MarshalJSON returns a JSON object.
func (all Identifiers) MarshalJSON() ([]byte, error) {
	text := []byte{'{'}
	for i, id := range all {
		if i > 0 {
			text = append(text, ',')
		}
		text = appendJSON(append(appendJSON(text, id.Name), ':'), id.Value)
	}
	return append(text, '}'), nil
}

// readEvent parses the parts of a body that the receiver uses and ignores the rest. eventId, eventType and identifiers are
// required.
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

// noEvent explains why a body is not an event, without Go's type names.
func noEvent(err error) error {
	kind, ok := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case !ok:
		return unreadable("the body is not valid JSON: %v", err)
	case kind.Field == "":
		return unreadable("expected a JSON object, got %s", article(kind.Value))
	}
	return unreadable("expected a string in %s, got %s", kind.Field, article(kind.Value))
}

// article returns encoding/json's name of a value with its article: an array, a number 12.
func article(value string) string {
	if strings.HasPrefix(value, "array") || strings.HasPrefix(value, "object") {
		return "an " + value
	}
	return "a " + value
}

// decodeEvent parses an event in any JSON form.
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
		return e, unreadable("expected an object in identifiers")
	}
	for decoder.More() {
		name, _ := decoder.Token() // cannot fail: the JSON was unmarshalled above
		value, _ := decoder.Token()
		text, ok := value.(string)
		if !ok {
			return e, unreadable("expected a string in the identifier %q", name)
		}
		e.Identifiers = append(e.Identifiers, schemas.Identifier{Name: name.(string), Value: text})
	}
	return e, nil
}

// decodeLists decodes the identifiers that are a JSON array in a string. Their value begins with a bracket, unlike an
// id.
func decodeLists(e *Event) {
	for _, id := range e.Identifiers {
		if !strings.HasPrefix(id.Value, "[") {
			continue
		}
		var list []string
		if json.Unmarshal([]byte(id.Value), &list) != nil {
			continue // the schema judges it
		}
		if e.Decoded == nil {
			e.Decoded = map[string]any{}
		}
		e.Decoded[id.Name] = list
	}
}

// scanEvent parses a body in the provider's exact form: compact, without escapes, with these keys only. It is much faster
// than decodeEvent, which parses every other form. The event's strings are parts of body.
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

// scanner consumes a text from the left. After a failure it stays failed.
type scanner struct {
	rest   string
	failed bool
}

func (s *scanner) take(prefix string) {
	rest, ok := strings.CutPrefix(s.rest, prefix)
	s.rest, s.failed = rest, s.failed || !ok
}

// text consumes a JSON string of ASCII characters without escapes.
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
