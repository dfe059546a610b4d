package receiver_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
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
	t     testing.TB
	wrong string // its mistake
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
	return running{server, t, options.ActWrong}
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

func TestReceiverVerdicts(t *testing.T) {
	r := start(t, receiver.Options{Secrets: []string{"the new secret", secret}, MaxBody: 2000})
	for _, test := range []struct {
		name, body string
		status     int
		verdict    string
	}{
		{"the first time", booking(1, "booking.created"), 200, "accepted"},
		{"the same eventId", booking(1, "booking.created"), 200, "duplicate"},
		{"a retry under a new eventId", booking(2, "booking.created"), 200, "unchanged"},
		{"another event about the same", booking(3, "booking.updated"), 200, "accepted"},
		{"without optional identifiers", event(4, "booking.created", "bookingId", bookingID), 200, "accepted"},
		{"a new identifier", event(5, "booking.created", "bookingId", bookingID, "roomId", doctorID), 200, "accepted"},
		{"other white space", strings.ReplaceAll(booking(6, "booking.deleted"), ",", " ,\n"), 200, "accepted"},
		{"an unknown event type", event(7, "booking.teleported", "bookingId", bookingID), 200, "ignored"},
		{"an unknown event type again", event(7, "booking.teleported", "bookingId", bookingID), 200, "ignored"},
		{"the retired event type", event(8, "invoice.lineItems.updated", "invoiceId", bookingID), 200, "accepted"},
		{"a blocker with a booking", event(9, "availability.blocker.created", "bookingId", bookingID, "patientId", patientID), 200, "accepted"},
		{"a merge", event(10, "patient.merged", "sourcePatientId", patientID, "targetPatientId", doctorID), 200, "accepted"},
		{"metadata", strings.TrimSuffix(event(11, "webhook.subscription.updated", "subscriptionId", subscriptionID), "}") + `,"metadata":{"deliveryPaused":true}}`, 200, "accepted"},
		{"unknown metadata", strings.TrimSuffix(booking(12, "booking.updated"), "}") + `,"metadata":{"by":1}}`, 200, "accepted"},
		{"changed keys", event(13, "pathway.metadata.updated", "pathwayId", bookingID, "patientId", patientID, "episodeId", doctorID, "changedKeys", `["a"]`), 200, "accepted"},
		{"a required identifier missing", event(14, "booking.created", "patientId", patientID), 422, "invalid"},
		{"an identifier that is no id", event(15, "booking.created", "bookingId", "17"), 422, "invalid"},
		{"changed keys that are no array", event(16, "pathway.metadata.updated", "pathwayId", bookingID, "patientId", patientID, "episodeId", doctorID, "changedKeys", `a`), 422, "invalid"},
		{"null for an identifier", strings.Replace(booking(17, "booking.created"), `"`+doctorID+`"`, "null", 1), 400, "unreadable"},
		{"identifiers that are no object", strings.Replace(event(18, "booking.created"), "{}", "[]", 1), 400, "unreadable"},
		{"no identifiers", `{"eventId":"1","eventType":"booking.created"}`, 400, "unreadable"},
		{"no eventId", `{"eventType":"booking.created","identifiers":{}}`, 400, "unreadable"},
		{"no eventType", `{"eventId":"1","identifiers":{}}`, 400, "unreadable"},
		{"no JSON", `hello`, 400, "unreadable"},
		{"nothing", ``, 400, "unreadable"},
		{"an array", `[]`, 400, "unreadable"},
		{"a number for the type", `{"eventId":"1","eventType":7,"identifiers":{}}`, 400, "unreadable"},
		{"too large", strings.Repeat(" ", 2001), 413, "too-large"},
	} {
		if status, verdict := r.deliver(test.body); status != test.status || verdict != test.verdict {
			t.Errorf("%s: %d %s, want %d %s", test.name, status, verdict, test.status, test.verdict)
		}
	}
	if got, want := r.Receiver.Totals(), (receiver.Totals{Received: 28, Accepted: 11, Unchanged: 1, Duplicate: 1, Ignored: 2, Refused: 13}); got != want {
		t.Errorf("totals %+v, want %+v", got, want)
	}
	if e, ok := r.Receiver.Event(eventID(5)); !ok || len(e.Violations) != 1 || e.Violations[0].Pointer != "/identifiers/roomId" {
		t.Errorf("the new identifier is not noted: %+v", e)
	}
	if e, _ := r.Receiver.Event(eventID(13)); !reflect.DeepEqual(e.Decoded["changedKeys"], []string{"a"}) {
		t.Errorf("changedKeys are not decoded: %+v", e)
	}
}

func TestReceiverVerifies(t *testing.T) {
	r := start(t, receiver.Options{Secrets: []string{"the new secret", secret}})
	body := booking(1, "booking.created")
	signed := func(secret string, age time.Duration) map[string]string {
		return map[string]string{signature.HeaderName: signature.Sign(secret, at.Add(-age), []byte(body))}
	}
	for _, test := range []struct {
		name    string
		headers map[string]string
		body    string
		status  int
		verdict string
	}{
		{"no signature", nil, body, 401, "missing"},
		{"a stranger's", signed("another", 0), body, 401, "mismatch"},
		{"stale", signed(secret, 301*time.Second), body, 401, "stale"},
		{"from the future", signed(secret, -301*time.Second), body, 401, "future"},
		{"tampered", signed(secret, 0), strings.Replace(body, "created", "deleted", 1), 401, "mismatch"},
		{"several v1", map[string]string{signature.HeaderName: signature.Sign("another", at, []byte(body)) + ",v1=" +
			strings.SplitAfter(signature.Sign(secret, at, []byte(body)), "v1=")[1]}, body, 200, "accepted"},
		{"the new secret", signed("the new secret", 0), body, 200, "duplicate"},
		{"as old as allowed", signed(secret, 300*time.Second), body, 200, "duplicate"},
		{"encoded", map[string]string{signature.HeaderName: signature.Sign(secret, at, []byte(body)), "Content-Encoding": "gzip"}, body, 415, "content-encoding"},
	} {
		if status, verdict := r.post(test.body, test.headers); status != test.status || verdict != test.verdict {
			t.Errorf("%s: %d %s, want %d %s", test.name, status, verdict, test.status, test.verdict)
		}
	}
}

func TestRecordTellsExactlyOnce(t *testing.T) {
	r := start(t, receiver.Options{})
	for i, eventType := range []string{"booking.created", "booking.patientJourney.arrived", "booking.patientJourney.completed"} {
		for copy := range 3 { // each with two retries under new eventIds, which come in the wrong order
			r.deliver(booking(10*copy+i, eventType))
		}
	}
	r.deliver(booking(50, "booking.patientJourney.inConsultation")) // late
	r.deliver(booking(51, "booking.patientJourney.arrived"))        // a retry, later still
	var record receiver.Record
	if status := r.get("/records/"+bookingID, &record); status != 200 {
		t.Fatalf("GET /records: %d", status)
	}
	if record.Kind != "booking" || record.State != "completed" || record.Changes != 4 || record.Events[1].Times != 4 || record.Deleted {
		t.Errorf("the record: %+v", record)
	}
	r.deliver(booking(52, "booking.deleted"))
	r.deliver(booking(53, "booking.updated"))
	if record, _ := r.Receiver.Record(bookingID); record.State != "deleted" || !record.Deleted {
		t.Errorf("a late event brought back what was deleted: %+v", record)
	}
	if record, ok := r.Receiver.Record(patientID); ok {
		t.Errorf("events about a booking told its patient something: %+v", record)
	}
	r.deliver(event(60, "patient.merged", "sourcePatientId", patientID, "targetPatientId", doctorID))
	for _, id := range []string{patientID, doctorID} {
		if record, ok := r.Receiver.Record(id); !ok || record.State != "merged" {
			t.Errorf("a merge concerns both patients: %+v", record)
		}
	}
}

func TestCopiesAtOnceAreTakenOnce(t *testing.T) {
	r := start(t, receiver.Options{})
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() { r.deliver(booking(1, "booking.created")) })
	}
	wait.Wait()
	if got := r.Receiver.Totals(); got.Accepted != 1 || got.Duplicate != 19 {
		t.Errorf("totals: %+v", got)
	}
	if e, _ := r.Receiver.Event(eventID(1)); e.Deliveries != 20 {
		t.Errorf("deliveries: %d", e.Deliveries)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	r := start(t, receiver.Options{Remember: 10})
	for i := range 25 {
		r.deliver(event(i, "booking.created", "bookingId", eventID(i)))
	}
	events := r.Receiver.Events()
	if len(events) != 10 || events[0].EventID != eventID(15) || events[9].EventID != eventID(24) {
		t.Errorf("%d events are kept: %+v", len(events), events)
	}
	if _, ok := r.Receiver.Event(eventID(14)); ok {
		t.Error("an event is kept that should be forgotten")
	}
	if _, ok := r.Receiver.Record(eventID(14)); ok {
		t.Error("a record is kept that should be forgotten")
	}
	for i := range 200 { // of one record
		r.deliver(event(100+i, "patient.label.added", "patientId", patientID, "labelId", eventID(i)))
	}
	if record, _ := r.Receiver.Record(patientID); record.Changes != 200 || len(record.Events) > 32 {
		t.Errorf("a record keeps %d things of %d changes", len(record.Events), record.Changes)
	}
}
