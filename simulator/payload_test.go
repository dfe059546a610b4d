package simulator_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/signature"
)

const (
	subscriptionID = "692597070fe21cfa5e6a010f"
	eventID        = "692597070fe21cfa5e6a010a"
	recordID       = "507f1f77bcf86cd799439011"
)

// payload is a payload with three fixed identifiers, for comparison with encoding/json.
type payload struct {
	SubscriptionID string `json:"subscriptionId"`
	EventID        string `json:"eventId"`
	EventType      string `json:"eventType"`
	Identifiers    struct {
		BookingID string `json:"bookingId"`
		PatientID string `json:"patientId,omitempty"`
		DoctorID  string `json:"doctorId,omitempty"`
	} `json:"identifiers"`
	Metadata *metadata `json:"metadata,omitempty"`
}

type metadata struct {
	FailedEventType string `json:"failedEventType"`
	HTTPStatusCode  int    `json:"httpStatusCode"`
	Paused          bool   `json:"paused"`
}

// The bytes equal those of encoding/json without HTML escapes, for all values.
func FuzzAppendPayload(f *testing.F) {
	f.Add(subscriptionID, eventID, "booking.created", recordID, recordID, "", 503, true, false)
	f.Add("\x00\x1f\"\\/<>&\u2028\u2029", "\b\f\n\r\t\x7f", "é\xff\xed\xa0\x80", "😀", "a\xf0\x9f", "\u00a0", -1, false, true)
	f.Add("", "", "", "", "", "", 0, true, true)
	f.Fuzz(func(t *testing.T, subscription, event, eventType, booking, patient, doctor string, status int, paused, withMetadata bool) {
		want := payload{SubscriptionID: subscription, EventID: event, EventType: eventType}
		want.Identifiers.BookingID, want.Identifiers.PatientID, want.Identifiers.DoctorID = booking, patient, doctor
		e := schemas.Event{Type: &schemas.EventType{Name: eventType}, Identifiers: []schemas.Identifier{{Name: "bookingId", Value: booking}}}
		if patient != "" {
			e.Identifiers = append(e.Identifiers, schemas.Identifier{Name: "patientId", Value: patient})
		}
		if doctor != "" {
			e.Identifiers = append(e.Identifiers, schemas.Identifier{Name: "doctorId", Value: doctor})
		}
		if withMetadata {
			want.Metadata = &metadata{eventType, status, paused}
			e.Metadata = []schemas.MetadataField{{Name: "failedEventType", Value: eventType}, {Name: "httpStatusCode", Value: status}, {Name: "paused", Value: paused}}
		}
		var b bytes.Buffer
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(want); err != nil {
			t.Fatal(err)
		}
		got := string(simulator.AppendPayload([]byte("before "), subscription, event, &e))
		if got != "before "+strings.TrimSuffix(b.String(), "\n") {
			t.Errorf("got  %s\nwant %s", got, b.String())
		}
	})
}

// Names are escaped too, because --set accepts any.
func TestAppendPayloadEscapesNames(t *testing.T) {
	t.Parallel()
	e := schemas.Event{
		Type:        &schemas.EventType{Name: "x"},
		Identifiers: []schemas.Identifier{{Name: "a\"b", Value: "1"}},
		Metadata:    []schemas.MetadataField{{Name: "c\nd", Value: "2"}},
	}
	want := `{"subscriptionId":"","eventId":"","eventType":"x","identifiers":{"a\"b":"1"},"metadata":{"c\nd":"2"}}`
	if got := string(simulator.AppendPayload(nil, "", "", &e)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A missing value is left out, never null.
func TestAppendPayloadNeverWritesNull(t *testing.T) {
	t.Parallel()
	for _, fields := range [][]schemas.MetadataField{
		nil,
		{{Name: "a", Value: nil}},
		{{Name: "a", Value: nil}, {Name: "b", Value: make(chan int)}, {Name: "c", Value: map[string]any(nil)}},
	} {
		e := schemas.Event{Type: &schemas.EventType{Name: "x"}, Metadata: fields}
		want := `{"subscriptionId":"s","eventId":"e","eventType":"x","identifiers":{}}`
		if got := string(simulator.AppendPayload(nil, "s", "e", &e)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	e := schemas.Event{Type: &schemas.EventType{Name: "x"}, Metadata: []schemas.MetadataField{{Name: "a"}, {Name: "b", Value: int64(1)}, {Name: "c"}, {Name: "d", Value: 2.5}}}
	if got := string(simulator.AppendPayload(nil, "s", "e", &e)); !strings.HasSuffix(got, `"identifiers":{},"metadata":{"b":1,"d":2.5}}`) {
		t.Errorf("got %s", got)
	}
}

// The keys of every payload have the contract's order: those of the envelope, then those of the catalogue.
func TestKeyOrder(t *testing.T) {
	t.Parallel()
	for _, eventType := range schemas.AllWithRetired() {
		e := schemas.Event{Type: eventType}
		want := []string{"subscriptionId", "eventId", "eventType", "identifiers"}
		for _, key := range eventType.Keys() {
			e.Identifiers = append(e.Identifiers, schemas.Identifier{Name: key, Value: recordID})
			want = append(want, key)
		}
		if len(eventType.Metadata) > 0 {
			want = append(want, "metadata")
		}
		for _, field := range eventType.Metadata {
			e.Metadata = append(e.Metadata, schemas.MetadataField{Name: field.Name, Value: "x"})
			want = append(want, field.Name)
		}
		body := simulator.AppendPayload(nil, subscriptionID, eventID, &e)
		if got := keysOf(t, body); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: keys %v, want %v", eventType.Name, got, want)
		}
	}
}

// keysOf returns the keys of a JSON document in their order.
func keysOf(t *testing.T, body []byte) []string {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(body))
	var keys []string
	for key := true; ; {
		token, err := decoder.Token()
		if err != nil {
			return keys
		}
		switch token {
		case json.Delim('{'):
			key = true
			continue
		case json.Delim('}'):
			continue
		}
		if text, ok := token.(string); ok && key {
			keys = append(keys, text)
			key = false
		} else {
			key = true
		}
	}
}

func bookingCreated(tb testing.TB) *schemas.Event {
	tb.Helper()
	created, err := schemas.Lookup("booking.created")
	if err != nil {
		tb.Fatal(err)
	}
	return &schemas.Event{Type: created, Identifiers: []schemas.Identifier{
		{Name: "bookingId", Value: recordID}, {Name: "patientId", Value: "507f191e810c19729de860ea"}, {Name: "doctorId", Value: "507f1f77bcf86cd799439012"},
	}}
}

func BenchmarkAppendPayload(b *testing.B) {
	e := bookingCreated(b)
	var body []byte
	b.ReportAllocs()
	for b.Loop() {
		body = simulator.AppendPayload(body[:0], subscriptionID, eventID, e)
	}
	b.SetBytes(int64(len(body)))
}

// BenchmarkPayloadAndSignature must take at most twice the time of HMAC alone for the same bytes (BenchmarkSignature).
func BenchmarkPayloadAndSignature(b *testing.B) {
	e := bookingCreated(b)
	signer := signature.NewSigner(simulator.DefaultSecret.Reveal())
	var body, header []byte
	b.ReportAllocs()
	for b.Loop() {
		body = simulator.AppendPayload(body[:0], subscriptionID, eventID, e)
		header = signer.Append(header[:0], 1764000000, body)
	}
}

// BenchmarkSignature signs a given body: HMAC-SHA256 with cached key state, in hexadecimal.
func BenchmarkSignature(b *testing.B) {
	body := simulator.AppendPayload(nil, subscriptionID, eventID, bookingCreated(b))
	signer := signature.NewSigner(simulator.DefaultSecret.Reveal())
	var header []byte
	b.ReportAllocs()
	for b.Loop() {
		header = signer.Append(header[:0], 1764000000, body)
	}
}

// AppendPayload encodes the body of an attempt.
func ExampleAppendPayload() {
	created, err := schemas.Lookup("booking.created")
	if err != nil {
		fmt.Println(err)
		return
	}
	e := schemas.Event{Type: created, Identifiers: []schemas.Identifier{{Name: "bookingId", Value: recordID}}}
	fmt.Println(string(simulator.AppendPayload(nil, subscriptionID, eventID, &e)))
	// Output: {"subscriptionId":"692597070fe21cfa5e6a010f","eventId":"692597070fe21cfa5e6a010a","eventType":"booking.created","identifiers":{"bookingId":"507f1f77bcf86cd799439011"}}
}
