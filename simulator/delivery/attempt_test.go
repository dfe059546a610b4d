package delivery_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"semblance/simulator"
	"semblance/simulator/delivery"
)

func TestAttempt(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }))
	defer server.Close()
	sender, err := delivery.New(delivery.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	m := delivery.Message{
		URL: server.URL, SubscriptionID: "692597070fe21cfa5e6a010f", EventID: "692597070fe21cfa5e6a010a",
		Event: bookingCreated(t), Secrets: []simulator.Secret{simulator.DefaultSecret}, At: time.Unix(1764000000, 0),
	}

	before := time.Now()
	var a simulator.Attempt
	if err := sender.Attempt(t.Context(), m, &a); err != nil {
		t.Fatal(err)
	}
	if a.Number != 1 || a.SubscriptionID != m.SubscriptionID || a.StartedAt.Before(before) {
		t.Errorf("attempt %d of %s, started at %s; want the first of %s, started after %s", a.Number, a.SubscriptionID, a.StartedAt, m.SubscriptionID, before)
	}
	want, err := sender.Prepare(m)
	if err != nil {
		t.Fatal(err)
	}
	if string(a.Request.Body) != string(want.Body) || a.Response.Status != http.StatusAccepted {
		t.Errorf("sent %s and got %d; want %s and 202", a.Request.Body, a.Response.Status, want.Body)
	}

	at := time.Unix(1764000000, 0)
	m.Secrets = nil
	a = simulator.Attempt{DeliveryID: "d", Number: 3, StartedAt: at, Response: simulator.Response{Status: 200}}
	err = sender.Attempt(t.Context(), m, &a)
	if err == nil {
		t.Fatal("no error without a secret")
	}
	if a.DeliveryID != "d" || a.Number != 3 || !a.StartedAt.Equal(at) {
		t.Errorf("got attempt %s/%d at %s; want what the caller set: d/3 at %s", a.DeliveryID, a.Number, a.StartedAt, at)
	}
	if a.Response.Failure != simulator.FailureBlocked || a.Response.Detail != err.Error() || a.Response.Status != 0 {
		t.Errorf("got %+v; want it blocked by %v", a.Response, err)
	}
}
