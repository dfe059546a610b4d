package receiver

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"semblance/schemas"
	"semblance/schemas/validate"
)

const id = "507f1f77bcf86cd799439011"

// payload writes an event of these identifiers, name, value, name, value.
func payload(eventType string, identifiers ...string) string {
	var pairs []string
	for i := 0; i < len(identifiers); i += 2 {
		pairs = append(pairs, fmt.Sprintf("%q:%q", identifiers[i], identifiers[i+1]))
	}
	return fmt.Sprintf(`{"subscriptionId":%q,"eventId":%q,"eventType":%q,"identifiers":{%s}}`, id, id, eventType, strings.Join(pairs, ","))
}

// The shortcut must never take what the schema refuses, and should know the usual events.
func TestConformsAgreesWithTheSchemas(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, eventType := range schemas.AllWithRetired() {
		schema, err := validate.Payload(eventType)
		if err != nil {
			t.Fatal(err)
		}
		names := append(eventType.Keys(), "roomId")
		if !eventType.Allows("patientId") {
			names = append(names, "patientId")
		}
		valid, known := 0, 0
		for range 40 {
			var identifiers []string
			for _, name := range names {
				if random.IntN(4) > 0 {
					value := []string{id, id, id, id, id, id, id, id, "", "507F1F77BCF86CD799439011", id + "0"}[random.IntN(11)]
					identifiers = append(identifiers, name, value)
				}
			}
			body := payload(eventType.Name, identifiers...)
			e, err := readEvent([]byte(body))
			if err != nil {
				t.Fatalf("%s: %v", body, err)
			}
			fits := schema.Validate([]byte(body)) == nil
			if conforms(eventType, &e) {
				known++
				if !fits {
					t.Errorf("taken without the schema, which refuses it: %s: %v", body, schema.Validate([]byte(body)))
				}
			}
			if fits {
				valid++
			}
		}
		if usual := len(eventType.Values) == 0 && len(eventType.Metadata) == 0; usual && known != valid {
			t.Errorf("%s: %d payloads are valid, and the shortcut knows %d of them", eventType.Name, valid, known)
		}
	}
}

// The quick reading of a body must agree with the thorough one.
func FuzzReadEvent(f *testing.F) {
	f.Add(payload("booking.created", "bookingId", id, "patientId", id))
	f.Add(payload("booking.created"))
	f.Add(payload("pathway.metadata.updated", "changedKeys", `["a","b"]`))
	f.Add(`{"subscriptionId":"","eventId":"","eventType":"","identifiers":{"":""}}`)
	f.Add(`{"subscriptionId":"é","eventId":"\u0031","eventType":"x","identifiers":{"a":"b"},"metadata":{"c":1}}`)
	f.Add(`{"identifiers":{"a":1}}`)
	f.Add(`{"identifiers":{"a":"b"}} `)
	f.Fuzz(func(t *testing.T, body string) {
		quick, ok := scanEvent(body)
		thorough, err := decodeEvent([]byte(body))
		if ok {
			if err != nil {
				t.Fatalf("the quick reading takes %q, of which the thorough one says %v", body, err)
			}
			if len(quick.Identifiers) == 0 {
				quick.Identifiers = nil
			}
			if !reflect.DeepEqual(quick, thorough) {
				t.Fatalf("%q is read quickly as %+v and thoroughly as %+v", body, quick, thorough)
			}
		}
		e, err := readEvent([]byte(body))
		if err == nil && (e.EventID == "" || e.EventType == "") {
			t.Errorf("%q is read as %+v", body, e)
		}
		for _, eventType := range schemas.AllWithRetired()[:3] {
			if conforms(eventType, &e) && e.EventID == "" {
				t.Errorf("%q conforms to %s", body, eventType.Name)
			}
		}
		if err == nil {
			if _, err := json.Marshal(e); err != nil {
				t.Errorf("%q: %v", body, err)
			}
		}
	})
}

// However large the events are that somebody signs, the memory of them is bounded.
func TestMemoryBoundsBytes(t *testing.T) {
	m := newMemory(1000)
	for i := range 200 {
		e := Event{EventID: fmt.Sprint(i), EventType: "x", size: 1 << 20}
		if _, err := process(t.Context(), m, &e); err != nil {
			t.Fatal(err)
		}
	}
	if m.events.count != 64 || m.storedBytes != 64<<20 || len(m.byID) != 64 || m.events.at(0).EventID != "136" {
		t.Errorf("%d events of %d bytes are kept, %d by id", m.events.count, m.storedBytes, len(m.byID))
	}
}

func TestQueue(t *testing.T) {
	var q queue[int]
	pushed, popped := 0, 0
	for range 1000 {
		for range 3 {
			q.push(pushed)
			pushed++
		}
		if got := q.pop(); got != popped {
			t.Fatalf("popped %d, want %d", got, popped)
		}
		popped++
	}
	if q.count != pushed-popped || q.at(0) != popped || q.at(q.count-1) != pushed-1 {
		t.Errorf("the queue has %d items from %d to %d", q.count, q.at(0), q.at(q.count-1))
	}
}
