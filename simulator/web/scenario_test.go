package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A receiver that is down: retries, the circuit breaker and its notice, and every delivery in the end.
func TestOutage(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	made := s.api(http.StatusCreated, "POST", "/subscriptions", map[string]any{"url": refusedAddress(t), "label": "down", "eventTypes": []string{"invoice.*"}, "secret": "whsec_test"})
	var sub subscriptionView
	made.into(&sub)
	if made.header.Get("Location") != apiPath+"/subscriptions/"+sub.ID || sub.Secret != "whsec_test" || len(sub.EventTypes) < 10 {
		t.Fatalf("%v %+v", made.header, sub)
	}
	here := "/subscriptions/" + sub.ID
	s.emit(map[string]any{"eventType": "invoice.paid", "count": 3})
	s.api(http.StatusOK, "POST", "/clock/advance", map[string]string{"by": "1h"})
	s.api(http.StatusOK, "GET", here, nil).into(&sub)
	if !sub.DeliveryPaused {
		t.Error("the circuit breaker has not paused the subscription")
	}
	var notices struct{ Items []noticeView }
	s.api(http.StatusOK, "GET", "/notices", nil).into(&notices)
	if len(notices.Items) != 1 || notices.Items[0].SubscriptionID != sub.ID {
		t.Errorf("notices %+v", notices)
	}
	s.emit(map[string]any{"eventType": "invoice.shared"})

	var failed, held struct {
		Items []struct {
			ID          string
			Attempts    int
			LastFailure string
		}
	}
	s.api(http.StatusOK, "GET", "/deliveries?state=failed&subscription="+sub.ID, nil).into(&failed)
	s.api(http.StatusOK, "GET", "/deliveries?state=held", nil).into(&held)
	if len(failed.Items) != 3 || len(held.Items) != 1 || failed.Items[0].Attempts != 5 || failed.Items[0].LastFailure != "refused" {
		t.Fatalf("failed %+v, held %+v", failed, held)
	}
	s.ask("POST", apiPath+"/deliveries/"+held.Items[0].ID+"/requeue", nil).problem(http.StatusConflict, "not-failed")

	s.api(http.StatusOK, "PATCH", here, map[string]any{"url": s.receiver.URL + "/other"})
	s.api(http.StatusOK, "POST", here+"/resume", nil)
	s.settle()
	s.api(http.StatusAccepted, "POST", "/deliveries/"+failed.Items[0].ID+"/requeue", nil)
	s.api(http.StatusAccepted, "POST", "/deliveries/requeue", map[string]any{"ids": []string{failed.Items[1].ID}})
	s.settle()
	var n struct{ Requeued int }
	s.api(http.StatusOK, "POST", here+"/pause", nil)
	s.api(http.StatusAccepted, "POST", "/deliveries/requeue", map[string]any{"types": []string{"invoice.*"}, "from": "2026-06-08T00:00:00Z"}).into(&n)
	s.api(http.StatusOK, "POST", here+"/resume", nil)
	s.settle()
	if n.Requeued == 0 {
		t.Error("no delivery was queued again")
	}
	s.ask("POST", apiPath+"/deliveries/requeue", map[string]any{"ids": []string{}}).problem(http.StatusBadRequest, "ids")
	s.ask("POST", apiPath+"/deliveries/requeue", map[string]any{"ids": []string{"x"}, "record": "y"}).problem(http.StatusBadRequest, "ids")
	s.ask("POST", apiPath+"/deliveries/requeue", map[string]any{"ids": []string{"000000000000000000000000"}}).problem(http.StatusNotFound, "not-found")

	s.api(http.StatusOK, "DELETE", here, nil)
	s.ask("DELETE", apiPath+here, nil).problem(http.StatusGone, "deleted")
	var all struct{ Items []subscriptionView }
	s.api(http.StatusOK, "GET", "/subscriptions?deleted=true", nil).into(&all)
	if len(all.Items) != 2 {
		t.Errorf("with the deleted one %+v", all)
	}
}

// The control API refuses the URLs that the provider's API refuses.
func TestSubscriptionURLs(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	here := apiPath + "/subscriptions"
	before := s.committed()
	for url, kind := range map[string]string{
		"http://example.com/": "https-required", "http://192.168.1.7:3000/": "https-required", "https://user:password@example.com/": "url",
		"http://user@127.0.0.1:3000/": "url", "ftp://example.com/": "url", "": "url",
	} {
		s.ask("POST", here, map[string]any{"url": url, "label": "l", "eventTypes": []string{"invoice.*"}}).problem(http.StatusBadRequest, kind)
		s.ask("PATCH", here+"/"+s.subscriptionID(), map[string]any{"url": url}).problem(http.StatusBadRequest, kind)
	}
	if s.committed() != before {
		t.Error("the journal has changed")
	}
}

// Secrets are shown only on request, and only with a token.
func TestSecrets(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	const secret, bearer, key = "whsec_test", "Bearer access_of_the_test", "key_in_the_url"
	var sub subscriptionView
	s.api(http.StatusCreated, "POST", "/subscriptions", map[string]any{
		"url": s.receiver.URL + "/secret?apikey=" + key, "label": "secret", "eventTypes": []string{"invoice.paid"}, "secret": secret,
		"headers": []map[string]string{{"name": "Authorization", "value": bearer}, {"name": "X-Tenant", "value": "demo"}},
	}).into(&sub)
	s.emit(map[string]any{"eventType": "invoice.paid"})
	s.settle()
	attempt := s.attempts("?subscription=" + sub.ID).Items[0].ID
	for _, path := range []string{
		"/subscriptions", "/subscriptions/" + sub.ID, "/attempts/" + strconv.Itoa(int(attempt)), "/attempts?full=true",
		"/event-types/invoice.paid/sample?subscription=" + sub.ID,
	} {
		and := "?"
		if strings.Contains(path, "?") {
			and = "&"
		}
		hidden := string(s.api(http.StatusOK, "GET", path, nil, "x-token: "+testToken).body)
		if strings.Contains(hidden, secret) || strings.Contains(hidden, bearer) || strings.Contains(hidden, key) || !strings.Contains(hidden, "demo") {
			t.Errorf("%s: %s", path, hidden)
		}
		s.ask("GET", apiPath+path+and+"show=secret", nil).problem(http.StatusUnauthorized, "token")
		shown := string(s.api(http.StatusOK, "GET", path+and+"show=secret", nil, "x-token: "+testToken).body)
		if !strings.Contains(shown, bearer) || !strings.Contains(shown, key) || strings.HasPrefix(path, "/subscriptions") && !strings.Contains(shown, secret) {
			t.Errorf("%s, shown: %s", path, shown)
		}
	}
}

// During a rotation each attempt has two signatures, after it only the new one.
func TestRotation(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	here := "/subscriptions/" + s.subscriptionID() + "/rotate-secret"
	var sub subscriptionView
	s.api(http.StatusOK, "POST", here, map[string]string{"overlap": "1h"}).into(&sub)
	if sub.Secret == "whsec_test" || !strings.HasPrefix(sub.Secret, "whsec_") {
		t.Errorf("%+v", sub)
	}
	s.emit(map[string]any{"eventType": "booking.created"})
	s.settle() // the receiver knows the former secret
	signatures := func() int {
		attempt := s.attempts("?full=true&limit=1").Items[0]
		for _, h := range attempt.Request.Headers {
			if h.Name == "X-Webhook-Signature" {
				return strings.Count(h.Value, "v1=")
			}
		}
		return 0
	}
	if n := signatures(); n != 2 {
		t.Errorf("%d signatures during the overlap", n)
	}
	s.api(http.StatusOK, "POST", "/clock/advance", map[string]string{"by": "1h"})
	s.emit(map[string]any{"eventType": "booking.created"})
	s.api(http.StatusOK, "POST", "/clock/advance", map[string]string{"by": "1s"})
	if n := signatures(); n != 1 {
		t.Errorf("%d signatures after it", n)
	}
	for _, overlap := range []string{"soon", "-1s", "10000h"} {
		s.ask("POST", apiPath+here, map[string]string{"overlap": overlap}).problem(http.StatusBadRequest, "overlap")
	}
}

func TestRecordsHealthAndReset(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	var list struct{ Items []string }
	s.api(http.StatusOK, "GET", "/records?kind=patient&limit=2", nil).into(&list)
	first := slices.Clone(list.Items)
	s.api(http.StatusOK, "GET", "/records?kind=patient&limit=2&after="+first[1], nil).into(&list)
	if len(first) != 2 || len(list.Items) == 0 || slices.Contains(first, list.Items[0]) {
		t.Errorf("%v, then %v", first, list.Items)
	}
	var record struct{ ID, Kind string }
	s.api(http.StatusOK, "GET", "/records/"+first[0], nil).into(&record)
	if record.Kind != "patient" || record.ID != first[0] {
		t.Errorf("%+v", record)
	}
	s.ask("GET", apiPath+"/records/000000000000000000000000", nil).problem(http.StatusNotFound, "not-found")
	s.ask("GET", apiPath+"/records?kind=patinet", nil).problem(http.StatusBadRequest, "not-found")
	s.ask("GET", apiPath+"/records?kind=patient&after=x", nil).problem(http.StatusBadRequest, "query")

	e := s.emit(map[string]any{"eventType": "patient.created"})
	s.settle()
	var h healthView
	s.api(http.StatusOK, "GET", "/ready", nil).into(&h)
	if h.Status != "ok" || h.Now != "2026-06-08T09:00:00.000Z" {
		t.Errorf("%+v", h)
	}
	s.api(http.StatusNoContent, "POST", "/reset", nil)
	s.ask("GET", apiPath+"/deliveries/"+e.Events[0].Deliveries[0], nil).problem(http.StatusNotFound, "not-found")
	if n := len(s.attempts("").Items); n != 0 {
		t.Errorf("%d attempts after a reset", n)
	}
	s.api(http.StatusCreated, "POST", "/events", map[string]any{"eventType": "patient.created"})

	if err := s.provider.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.ask("GET", readyPath, nil).problem(http.StatusServiceUnavailable, "not-ready")
	s.api(http.StatusOK, "GET", "/health", nil).into(&h)
	if h.Status == "ok" {
		t.Errorf("%+v", h)
	}
}

func TestAdvance(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	var now struct{ Now string }
	s.api(http.StatusOK, "POST", "/clock/advance", map[string]string{"by": "36h"}).into(&now)
	if now.Now != "2026-06-09T21:00:00.000Z" {
		t.Error(now)
	}
	for _, by := range []string{"", "soon", "-1s", "10000h"} {
		s.ask("POST", apiPath+"/clock/advance", map[string]string{"by": by}).problem(http.StatusBadRequest, "by")
	}
	s.api(http.StatusOK, "GET", "/clock", nil).into(&now)
	if now.Now != "2026-06-09T21:00:00.000Z" {
		t.Error(now)
	}
}
