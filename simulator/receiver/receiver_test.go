package receiver_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"semblance/simulator/clock"
	"semblance/simulator/receiver"
	"semblance/simulator/signature"
)

const (
	secret         = "whsec_semblance_local_only"
	subscriptionID = "692597070fe21cfa5e6a010f"
	bookingID      = "507f1f77bcf86cd799439011"
	patientID      = "507f191e810c19729de860ea"
	doctorID       = "507f1f77bcf86cd799439012"
)

var at = time.Unix(1764000000, 0)

// eventID returns the nth eventId.
func eventID(n int) string { return fmt.Sprintf("692597070fe21cfa5e%06x", n) }

// event returns the body of an event. identifiers are name, value, name, value.
func event(n int, eventType string, identifiers ...string) string {
	var pairs []string
	for i := 0; i < len(identifiers); i += 2 {
		value, err := json.Marshal(identifiers[i+1])
		if err != nil {
			panic(err)
		}
		pairs = append(pairs, fmt.Sprintf("%q:%s", identifiers[i], value))
	}
	return fmt.Sprintf(`{"subscriptionId":%q,"eventId":%q,"eventType":%q,"identifiers":{%s}}`,
		subscriptionID, eventID(n), eventType, strings.Join(pairs, ","))
}

func booking(n int, eventType string) string {
	return event(n, eventType, "bookingId", bookingID, "patientId", patientID, "doctorId", doctorID)
}

// running is a receiver on a real socket, whose clock stands at at.
type running struct {
	*receiver.Server
	t testing.TB
}

func start(t testing.TB, options receiver.Options) running {
	t.Helper()
	if options.Secrets == nil {
		options.Secrets = []string{secret}
	}
	options.Clock = clock.Fixed(at)
	server, err := receiver.Start("127.0.0.1:0", options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return running{server, t}
}

// deliver signs a body rightly and delivers it. It returns the status of the answer and its outcome or reason.
func (r running) deliver(body string) (status int, verdict string) {
	r.t.Helper()
	return r.post(body, map[string]string{
		signature.TimestampName: fmt.Sprint(at.Unix()),
		signature.HeaderName:    signature.Sign(secret, at, []byte(body)),
	})
}

func (r running) post(body string, headers map[string]string) (status int, verdict string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.URL+"/webhooks", strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct{ Outcome, Reason string }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		r.t.Errorf("the answer is no JSON: %v", err)
	}
	return resp.StatusCode, answer.Outcome + answer.Reason
}

// get asks and decodes the answer into v.
func (r running) get(path string, v any) (status int) {
	r.t.Helper()
	resp, err := http.Get(r.URL + path)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		r.t.Fatalf("GET %s: %v in %s", path, err, data)
	}
	return resp.StatusCode
}

func TestReceiverTakesAnEvent(t *testing.T) {
	var seen []receiver.Outcome
	r := start(t, receiver.Options{Observe: func(receipt *receiver.Receipt) { seen = append(seen, receipt.Outcome) }})
	if status, outcome := r.deliver(booking(1, "booking.created")); status != 200 || outcome != "accepted" {
		t.Fatalf("%d %s", status, outcome)
	}
	if len(seen) != 1 || seen[0] != receiver.Accepted {
		t.Errorf("observed %v", seen)
	}
	var e struct {
		EventType   string
		Identifiers map[string]string
		Outcome     string
		Deliveries  int
		ReceivedAt  time.Time
	}
	if status := r.get("/events/"+eventID(1), &e); status != 200 || e.EventType != "booking.created" || e.Identifiers["patientId"] != patientID ||
		e.Outcome != "accepted" || e.Deliveries != 1 || !e.ReceivedAt.Equal(at) {
		t.Errorf("GET /events/{eventId}: %d %+v", status, e)
	}
}
