package receiver_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"semblance/simulator/clock"
	"semblance/simulator/receiver"
	"semblance/simulator/signature"
)

// Whatever somebody signs, the receiver answers with JSON and a status that it has chosen, and takes nothing twice.
func FuzzReceiver(f *testing.F) {
	f.Add(booking(1, "booking.created"))
	f.Add(event(2, "patient.merged", "sourcePatientId", patientID, "targetPatientId", doctorID))
	f.Add(event(3, "pathway.metadata.updated", "pathwayId", bookingID, "patientId", patientID, "episodeId", doctorID, "changedKeys", `["a"]`))
	f.Add(event(4, "x", "a", "é\"\\"))
	f.Add(`{"eventId":"1","eventType":"booking.created","identifiers":{"a":"b"},"metadata":{"n":1e9999999}}`)
	f.Add(`[[[[`)
	f.Fuzz(func(t *testing.T, body string) {
		r, err := receiver.New(receiver.Options{Secrets: []string{secret}, Clock: clock.Fixed(at)})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
			req.Header.Set(signature.HeaderName, signature.Sign(secret, at, []byte(body)))
			w := httptest.NewRecorder()
			r.ServeHTTP(w, req)
			var answer struct{ Outcome receiver.Outcome }
			if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
				t.Fatalf("the answer is no JSON: %v: %s", err, w.Body)
			}
			switch w.Code {
			case 200:
				if again := answer.Outcome == receiver.Duplicate || answer.Outcome == receiver.Ignored; i == 1 && !again {
					t.Errorf("taken twice: %s", w.Body)
				}
			case 400, 413, 422:
			default:
				t.Errorf("answered with %d: %s", w.Code, w.Body)
			}
		}
	})
}
