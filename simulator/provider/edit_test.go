package provider_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/delivery"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
	"semblance/simulator/signature"
)

// An edit changes what it names and nothing else, and a changed request does not change the state of the delivery.
func TestResendEdited(t *testing.T) {
	t.Parallel()
	c := clock.Manual(noon)
	p := start(t, provider.Options{Clock: c, Retry: provider.RetryPolicy{Attempts: 1}})
	r, other := receive(t, c), receive(t, c)
	r.answers(func(n int, _ request) int { return map[bool]int{true: 500, false: 200}[n == 1] })
	s := subscribe(t, p, r.URL, "booking.created")
	id := emit(t, p, "booking.created").Deliveries[0].ID
	wait(t, p, provider.Condition{AllFinished: true})
	page, err := p.Journal().Attempts(t.Context(), journal.Query{DeliveryID: id})
	if err != nil || len(page.Items) != 1 {
		t.Fatal(len(page.Items), err)
	}
	first := page.Items[0].Seq
	original := r.requests()[0]
	advance(t, p, time.Hour) // so that an old signature can be told from a new one
	const patient = "0123456789abcdef01234567"
	for _, test := range []struct {
		name    string
		edit    provider.Edit
		to      *receiver
		signed  bool   // now
		body    string // "" if it is the original, with another eventId if that is new
		contain string
		eventID string // "" if it is new
		header  simulator.Header
	}{
		{name: "set", edit: provider.Edit{Set: map[string]string{"patientId": patient}}, to: r, signed: true, contain: `"patientId":"` + patient + `"`, eventID: original.EventID},
		{name: "set anew", edit: provider.Edit{Anew: true, Set: map[string]string{"patientId": patient}}, to: r, signed: true, contain: patient},
		{name: "an unknown identifier", edit: provider.Edit{Invalid: true, Set: map[string]string{"shoeSize": "9"}}, to: r, signed: true, contain: `"shoeSize":"9"}`, eventID: original.EventID},
		{name: "a body", edit: provider.Edit{Body: []byte(`{"a":1}`), Invalid: true}, to: r, body: `{"a":1}`},
		{name: "a body anew", edit: provider.Edit{Body: []byte(` {"eventId":"x"}`), Invalid: true, Anew: true}, to: r, signed: true, body: ` {"eventId":"x"}`, eventID: "x"},
		{name: "another address", edit: provider.Edit{URL: other.URL + "/hooks"}, to: other, eventID: original.EventID, body: string(original.Body)},
		{name: "another address anew", edit: provider.Edit{URL: other.URL, Anew: true}, to: other, signed: true, contain: "patientId"},
		{name: "a header", edit: provider.Edit{Headers: []simulator.Header{{Name: "X-Mine", Value: "1"}}}, to: r, eventID: original.EventID, body: string(original.Body), header: simulator.Header{Name: "X-Mine", Value: "1"}},
		{name: "a fault of the connection", edit: provider.Edit{Fault: "transport=slow-body,over=10ms"}, to: r, eventID: original.EventID, body: string(original.Body)},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, err := p.ResendEdited(t.Context(), first, test.edit)
			if err != nil {
				t.Fatal(err)
			}
			if !a.Response.OK() {
				t.Fatalf("the response is %+v", a.Response)
			}
			all := test.to.requests()
			got := all[len(all)-1]
			if string(got.Body) != string(a.Request.Body) || a.Request.EventType != "booking.created" {
				t.Errorf("recorded %s of type %q, got %s", a.Request.Body, a.Request.EventType, got.Body)
			}
			if test.body != "" && string(got.Body) != test.body || !strings.Contains(string(got.Body), test.contain) {
				t.Errorf("got the body %s", got.Body)
			}
			if same := got.Header.Get(signature.HeaderName) == original.Header.Get(signature.HeaderName); same == test.signed {
				t.Errorf("signed as before: %v", same)
			}
			if test.signed {
				got.verify(t, s, c.Now())
			}
			if test.eventID != "" && a.Request.EventID != test.eventID {
				t.Errorf("the eventId is %q, want %q", a.Request.EventID, test.eventID)
			}
			if got.Header.Get(test.header.Name) != test.header.Value {
				t.Errorf("the headers are %v", got.Header)
			}
			if d, _ := p.Journal().Delivery(t.Context(), id); d.State != journal.Failed {
				t.Errorf("the delivery is %s", d.State)
			}
		})
	}
	tampered, err := p.ResendEdited(t.Context(), first, provider.Edit{Fault: "signature=tampered"})
	all := r.requests()
	if err != nil || tampered.Request.Fault != "signature=tampered" || string(all[len(all)-1].Body) == string(original.Body) {
		t.Errorf("%+v, %v", tampered, err)
	}
	if same, err := p.ResendEdited(t.Context(), first, provider.Edit{}); err != nil || same.ReplayOf != first {
		t.Errorf("%+v, %v", same, err)
	}
	if d, _ := p.Journal().Delivery(t.Context(), id); d.State != journal.Delivered {
		t.Errorf("after the same bytes were accepted the delivery is %s", d.State)
	}
}

// What cannot be sent is refused before anything is sent or recorded.
func TestResendEditedRefuses(t *testing.T) {
	t.Parallel()
	p := start(t, provider.Options{Delivery: delivery.Options{Guard: &delivery.Guard{}}})
	r := receive(t, nil)
	subscribe(t, p, r.URL, "booking.created")
	emit(t, p, "booking.created")
	wait(t, p, provider.Condition{Accepted: 1})
	page, err := p.Journal().Attempts(t.Context(), journal.Query{})
	if err != nil {
		t.Fatal(err)
	}
	public := "https://" + net.IPv4(192, 0, 2, 1).String() // refused, so nothing is sent there
	for _, test := range []struct {
		edit provider.Edit
		code provider.Code
		hint string
	}{
		{provider.Edit{Set: map[string]string{"pateintId": "x"}}, provider.CodeInvalidEvent, "patientId"},
		{provider.Edit{Set: map[string]string{"patientId": "x"}}, provider.CodeInvalidEvent, "hexadecimal"},
		{provider.Edit{Omit: []string{"bookingId"}}, provider.CodeInvalidEvent, "bookingId"},
		{provider.Edit{Omit: []string{"patientId"}, Set: map[string]string{"patientId": "x"}}, provider.CodeInvalidEvent, "both"},
		{provider.Edit{Body: []byte(`{}`)}, provider.CodeInvalidEvent, "invalid"},
		{provider.Edit{Body: []byte(`{}`), Omit: []string{"all"}}, provider.CodeSetting, "either"},
		{provider.Edit{Fault: "signature=temperred"}, provider.CodeFault, "tampered"},
		{provider.Edit{URL: "localhost"}, provider.CodeURL, "localhost"},
		{provider.Edit{URL: public, Fault: "transport=chunked"}, provider.CodePublic, "public"},
		{provider.Edit{URL: public, Body: []byte(`{}`), Invalid: true}, provider.CodePublic, "public"},
		{provider.Edit{Headers: []simulator.Header{{Name: "Content-Length", Value: "1"}}}, provider.CodeHeader, "Content-Length"},
	} {
		_, err := p.ResendEdited(t.Context(), page.Items[0].Seq, test.edit)
		if provider.CodeOf(err) != test.code || !strings.Contains(err.Error(), test.hint) {
			t.Errorf("%+v: %v, want %s with %q", test.edit, err, test.code, test.hint)
		}
	}
	if n := len(r.requests()); n != 1 {
		t.Errorf("%d requests were sent", n)
	}
}
