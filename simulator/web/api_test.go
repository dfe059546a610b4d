package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/journal"
)

// emitted is the response to POST /events.
type emitted struct {
	Events []struct {
		ID          journal.Seq
		EventType   string
		Identifiers map[string]string
		Origin      string
		Deliveries  []string
	}
}

func (s *sim) emit(body any) emitted {
	s.t.Helper()
	var e emitted
	s.api(http.StatusCreated, "POST", "/events", body).into(&e)
	return e
}

type attemptList struct {
	Items []struct {
		ID                journal.Seq
		DeliveryID        string
		Number            int
		EventID           string
		EventType         string
		Outcome           string
		Status            int
		NextState         string
		Fault             string
		ReplayOf          journal.Seq
		Request, Response *struct {
			Body    string
			Headers []struct{ Name, Value string }
			Status  int
		}
	}
	Next string
}

func (s *sim) attempts(query string) attemptList {
	s.t.Helper()
	var l attemptList
	s.api(http.StatusOK, "GET", "/attempts"+query, nil).into(&l)
	return l
}

func TestCatalogue(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	var list struct{ Items []schemas.Description }
	s.api(http.StatusOK, "GET", "/event-types", nil).into(&list)
	if len(list.Items) != len(schemas.All()) {
		t.Errorf("%d event types", len(list.Items))
	}
	s.api(http.StatusOK, "GET", "/event-types?match=patient.merged,group:location", nil).into(&list)
	if len(list.Items) < 2 || !slices.ContainsFunc(list.Items, func(v schemas.Description) bool { return v.Name == "patient.merged" }) {
		t.Errorf("matched %v", list.Items)
	}
	s.ask("GET", apiPath+"/event-types?match=patient.mreged", nil).problem(http.StatusBadRequest, "event-type")

	for _, name := range []string{"booking.created", "webhook.event.deliveryFailed", "patient.merged"} {
		var one struct {
			Schema  struct{ Title string }
			Example struct{ EventType string }
		}
		s.api(http.StatusOK, "GET", "/event-types/"+name, nil).into(&one)
		if one.Example.EventType != name {
			t.Errorf("%s: %+v", name, one)
		}
	}
	if p := s.ask("GET", apiPath+"/event-types/booking.craeted", nil).problem(http.StatusNotFound, "event-type"); !strings.Contains(p.Detail, "booking.created") {
		t.Error(p.Detail)
	}

	before := s.committed()
	var sample struct {
		Body    string
		URL     string
		Headers []struct{ Name, Value string }
	}
	s.api(http.StatusOK, "GET", "/event-types/booking.created/sample?subscription="+s.subscriptionID(), nil).into(&sample)
	if sample.URL != s.receiver.URL+"/" && sample.URL != s.receiver.URL || !strings.Contains(sample.Body, s.subscriptionID()) {
		t.Errorf("sample %+v", sample)
	}
	if s.committed() != before {
		t.Error("a sample is in the journal")
	}
	for _, path := range []string{"/actions", "/faults", "/scenarios"} {
		var list struct{ Items []json.RawMessage }
		s.api(http.StatusOK, "GET", path, nil).into(&list)
		if path != "/scenarios" && len(list.Items) == 0 {
			t.Errorf("%s is empty", path)
		}
	}
}

func TestEmit(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	e := s.emit(map[string]any{"eventType": "booking.created", "omit": []string{"patientId"}, "set": map[string]string{"doctorId": "507f1f77bcf86cd799439012"}, "count": 3})
	if len(e.Events) != 3 || len(e.Events[2].Deliveries) != 1 || e.Events[0].Origin != "api" ||
		e.Events[0].Identifiers["doctorId"] != "507f1f77bcf86cd799439012" || e.Events[0].Identifiers["patientId"] != "" {
		t.Errorf("%+v", e)
	}
	if e := s.emit(nil); len(e.Events) != 1 || e.Events[0].Origin != "clinic" {
		t.Errorf("events of the clinic: %+v", e)
	}
	if e := s.emit(map[string]any{"types": []string{"booking.*"}, "count": 2}); len(e.Events) != 2 || !strings.HasPrefix(e.Events[1].EventType, "booking.") {
		t.Errorf("events of the clinic: %+v", e)
	}
	var list struct{ Items []string }
	s.api(http.StatusOK, "GET", "/records?kind=patient&limit=1", nil).into(&list)
	patient := list.Items[0]
	if e := s.emit(map[string]any{"eventType": "patient.updated", "about": map[string]string{"": patient}}); e.Events[0].Identifiers["patientId"] != patient {
		t.Errorf("about %s: %+v", patient, e)
	}
	s.settle() // attempts are in the journal
	before := s.committed()
	for _, test := range []struct {
		body   map[string]any
		status int
		kind   string
	}{
		{map[string]any{"eventType": "booking.craeted"}, 400, "event-type"},
		{map[string]any{"eventType": "booking.created", "types": []string{"booking.*"}}, 400, "types"},
		{map[string]any{"omit": []string{"patientId"}}, 400, "event-type"},
		{map[string]any{"types": []string{"nothing.*"}}, 400, "event-type"},
		{map[string]any{"eventType": "booking.created", "count": 0}, 400, "count"},
		{map[string]any{"eventType": "booking.created", "count": maxEmit + 1}, 400, "count"},
		{map[string]any{"eventType": "patient.updated", "about": map[string]string{"": "000000000000000000000000"}}, 404, "not-found"},
	} {
		s.ask("POST", apiPath+"/events", test.body).problem(test.status, test.kind)
	}
	if s.committed() != before {
		t.Error("a refused event is in the journal")
	}
	many := s.emit(map[string]any{"eventType": "patient.created", "count": 500}) // with their deliveries, in one commit
	if n := len(many.Events); n != 500 || many.Events[n-1].ID-many.Events[0].ID != 2*journal.Seq(n-1) {
		t.Errorf("%d events from %d to %d", n, many.Events[0].ID, many.Events[n-1].ID)
	}
	s.ask("POST", apiPath+"/events", map[string]any{"eventType": "patient.merged", "omit": []string{"targetPatientId"}}).problem(http.StatusBadRequest, "invalid-event")
	if e := s.emit(map[string]any{"eventType": "patient.merged", "omit": []string{"targetPatientId"}, "invalid": true}); len(e.Events[0].Identifiers) != 1 {
		t.Errorf("an invalid event: %+v", e)
	}

	s.api(http.StatusOK, "GET", "/events/"+strconv.Itoa(int(e.Events[0].ID)), nil)
	s.ask("GET", apiPath+"/events/1", nil).problem(http.StatusNotFound, "not-found")
	s.ask("GET", apiPath+"/events/first", nil).problem(http.StatusNotFound, "not-found")
}

func TestActionsAndTraffic(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	var e emitted
	s.api(http.StatusCreated, "POST", "/actions/merge", nil).into(&e)
	if len(e.Events) == 0 || e.Events[0].EventType != "patient.merged" {
		t.Errorf("merged %+v", e)
	}
	s.ask("POST", apiPath+"/actions/mrege", nil).problem(http.StatusBadRequest, "invalid-event")

	s.api(http.StatusOK, "PUT", "/traffic", map[string]any{"rate": 10, "types": []string{"booking.*"}})
	s.ask("PUT", apiPath+"/traffic", nil).problem(http.StatusConflict, "traffic-running")
	s.ask("PUT", apiPath+"/traffic", map[string]any{"rate": -1}).problem(http.StatusBadRequest, "setting")
	s.api(http.StatusOK, "POST", "/clock/advance", map[string]string{"by": "2s"})
	var status trafficView
	s.api(http.StatusOK, "DELETE", "/traffic", nil).into(&status)
	if status.Running || status.Emitted < 20 || status.Emitted > 21 {
		t.Errorf("%+v", status)
	}
	s.api(http.StatusOK, "GET", "/traffic", nil).into(&status)
	var list struct{ Items []json.RawMessage }
	s.api(http.StatusOK, "GET", "/events?origin=traffic&limit=1000", nil).into(&list)
	if len(list.Items) != status.Emitted {
		t.Errorf("%d events of traffic, want %d", len(list.Items), status.Emitted)
	}
}

// The pages of a list have every item once.
func TestPages(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	s.emit(map[string]any{"eventType": "booking.created", "count": 25})
	s.settle()
	for _, path := range []string{"/events", "/deliveries", "/attempts"} {
		for _, order := range []string{"newest", "oldest"} {
			var seen []json.RawMessage
			query := "?type=booking.created&limit=10&order=" + order
			for cursor := ""; ; {
				var page struct {
					Items []json.RawMessage
					Next  string
				}
				s.api(http.StatusOK, "GET", path+query+cursor, nil).into(&page)
				seen = append(seen, page.Items...)
				if page.Next == "" {
					break
				}
				cursor = "&cursor=" + page.Next
			}
			ids := map[string]bool{}
			for _, item := range seen {
				var v struct{ ID any }
				if err := json.Unmarshal(item, &v); err != nil {
					t.Fatal(err)
				}
				data, _ := json.Marshal(v.ID)
				ids[string(data)] = true
			}
			if len(seen) != 25 || len(ids) != 25 {
				t.Errorf("%s, %s first: %d records, %d different", path, order, len(seen), len(ids))
			}
		}
	}
	if n := len(s.attempts("?record=" + s.emit(map[string]any{"eventType": "patient.created"}).Events[0].Identifiers["patientId"]).Items); n > 1 {
		t.Errorf("%d attempts concern a new patient", n)
	}
}

// A fault, the retry after it, waiting, an attempt with its request and response, and both ways to send it again.
func TestAttempts(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	faults := "/subscriptions/" + s.subscriptionID() + "/faults"
	s.api(http.StatusCreated, "POST", faults, map[string]any{"fault": "signature=tampered", "next": 1})
	s.api(http.StatusCreated, "POST", faults, map[string]any{"fault": "signature=missing", "share": 0.000001})
	s.ask("POST", apiPath+faults, map[string]any{"fault": "signature=tempered", "next": 1}).problem(http.StatusBadRequest, "fault")
	s.ask("POST", apiPath+faults, map[string]any{"fault": "signature=tampered"}).problem(http.StatusBadRequest, "fault")
	s.emit(map[string]any{"eventType": "booking.created"})

	p := s.ask("GET", apiPath+"/attempts/wait?within=1ms", nil).problem(http.StatusGatewayTimeout, "not-yet")
	if p.Accepted == nil || *p.Accepted != 0 || p.Unfinished == nil || *p.Unfinished != 1 || !strings.Contains(p.Detail, "0 of 1") {
		t.Errorf("%+v", p)
	}
	s.api(http.StatusOK, "POST", "/clock/advance", map[string]string{"by": "20s"})
	var w waitView
	s.api(http.StatusOK, "GET", "/attempts/wait?count=1&type=booking.*&until=all-finished&subscription="+s.subscriptionID(), nil).into(&w)
	if w.Accepted != 1 || w.Unfinished != 0 {
		t.Errorf("%+v", w)
	}
	attempts := s.attempts("?order=oldest").Items
	if len(attempts) != 2 || attempts[0].Outcome != "refused" || attempts[0].Fault != "signature=tampered" || attempts[0].NextState != "pending" || attempts[1].Outcome != "accepted" || attempts[1].NextState != "delivered" || attempts[0].EventID == attempts[1].EventID {
		t.Fatalf("%+v", attempts)
	}
	if refused := s.attempts("?outcome=refused,unanswered").Items; len(refused) != 1 || refused[0].ID != attempts[0].ID {
		t.Errorf("refused attempts: %+v", refused)
	}

	path := "/attempts/" + strconv.Itoa(int(attempts[1].ID))
	var full, replay, fresh struct {
		ReplayOf journal.Seq
		Number   int
		EventID  string
		Request  struct{ Body string }
		Response struct{ Status int }
		Outcome  string
	}
	s.api(http.StatusOK, "GET", path, nil).into(&full)
	s.api(http.StatusCreated, "POST", path+"/resend", nil).into(&replay)
	s.api(http.StatusCreated, "POST", path+"/resend", map[string]bool{"newAttempt": true}).into(&fresh)
	if full.Response.Status != 200 || replay.Request.Body != full.Request.Body || replay.ReplayOf != attempts[1].ID || replay.Outcome != "accepted" {
		t.Errorf("the same bytes: %+v after %+v", replay, full)
	}
	if fresh.EventID == full.EventID || fresh.Request.Body == full.Request.Body || fresh.ReplayOf != 0 || fresh.Outcome != "accepted" || fresh.Number != 4 {
		t.Errorf("a new attempt: %+v", fresh)
	}
	var edited struct{ Request simulator.Request }
	s.api(http.StatusCreated, "POST", path+"/resend", map[string]any{
		"body": "{}", "invalid": true, "newAttempt": true, "headers": []simulator.Header{{Name: "X-Mine", Value: "1"}},
	}).into(&edited)
	if string(edited.Request.Body) != "{}" || edited.Request.Header("X-Mine") != "1" {
		t.Errorf("edited: %+v", edited.Request)
	}
	s.ask("POST", apiPath+path+"/resend", map[string]any{"set": map[string]string{"pateintId": "x"}}).problem(http.StatusBadRequest, "invalid-event")
	s.ask("GET", apiPath+"/attempts/9999", nil).problem(http.StatusNotFound, "not-found")
	s.ask("POST", apiPath+"/attempts/9999/resend", nil).problem(http.StatusNotFound, "not-found")

	s.api(http.StatusNoContent, "DELETE", faults, nil)
	var left struct{ Items []faultView }
	s.api(http.StatusOK, "GET", faults, nil).into(&left)
	if len(left.Items) != 0 {
		t.Errorf("remaining faults: %+v", left)
	}
}
