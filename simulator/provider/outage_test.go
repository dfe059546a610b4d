package provider_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// TestAnOutage is the whole scenario: a receiver goes down, its deliveries climb the ladder and fail for good, those who
// asked to be told are told, the breaker pauses the subscription and writes a notice; meanwhile things go on happening
// and are kept; the receiver is mended, deliveries are resumed, and everything arrives in order.
func TestAnOutage(t *testing.T) {
	c := clock.Manual(noon)
	var log bytes.Buffer
	p := start(t, provider.Options{Clock: c, Retry: steady, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	var up atomic.Bool
	r, watch := receive(t, c), receive(t, c)
	r.answers(func(int, request) int {
		if up.Load() {
			return http.StatusOK
		}
		return http.StatusBadGateway
	})
	s := subscribe(t, p, r.URL, "booking.created", "booking.updated")
	w := subscribe(t, p, watch.URL, "webhook.event.deliveryFailed", "webhook.subscription.updated")

	var failed []string
	for range 3 {
		failed = append(failed, emit(t, p, "booking.created").Deliveries[0].ID)
		advance(t, p, time.Minute)
	}
	advance(t, p, 850*time.Second+provider.DefaultBase) // the third has climbed the ladder

	t.Run("the ladder is climbed to its end", func(t *testing.T) {
		if n := len(r.requests()); n != 15 {
			t.Errorf("%d attempts, want 3 times 5", n)
		}
		for _, id := range failed {
			if d, err := p.Journal().Delivery(t.Context(), id); err != nil || d.State != journal.Failed || d.Attempts != 5 {
				t.Errorf("delivery %s: %+v (%v), want it failed after 5 attempts", id, d, err)
			}
		}
	})
	t.Run("those who subscribed are told", func(t *testing.T) {
		told := watch.requests()
		if len(told) != 4 {
			t.Fatalf("%d events, want 3 failures and 1 update", len(told))
		}
		// Several are in flight, so they may overtake each other.
		slices.SortStableFunc(told, func(a, b request) int { return strings.Compare(a.EventType, b.EventType) })
		byDelivery := map[string]request{}
		for _, e := range told[:3] {
			byDelivery[e.Identifiers["outboxId"]] = e
		}
		for _, id := range failed {
			e := byDelivery[id]
			e.verify(t, w, e.At)
			if e.EventType != "webhook.event.deliveryFailed" || e.Identifiers["subscriptionId"] != s.ID || e.Identifiers["outboxId"] != id ||
				e.Metadata["failedEventType"] != "booking.created" || e.Metadata["httpStatusCode"] != 502.0 {
				t.Errorf("told %s, want the failure of %s", e.Body, id)
			}
		}
		last := told[3]
		if last.EventType != "webhook.subscription.updated" || last.Identifiers["subscriptionId"] != s.ID || last.Metadata["deliveryPaused"] != true {
			t.Errorf("told %s, want the pause of %s", last.Body, s.ID)
		}
	})
	t.Run("the subscription is paused and a notice written", func(t *testing.T) {
		if now, _ := p.Subscription(s.ID); !now.DeliveryPaused {
			t.Error("it is not paused")
		}
		records, err := p.Journal().Read(t.Context(), 0, 100, journal.KindNotice)
		if err != nil || len(records) != 1 {
			t.Fatalf("%d notices (%v), want 1", len(records), err)
		}
		if n := records[0].(*journal.Notice); n.SubscriptionID != s.ID || !strings.Contains(n.Text, r.URL) {
			t.Errorf("the notice says %+v", n)
		}
		if !strings.Contains(log.String(), "subscription paused") {
			t.Error("the log does not say that it was paused")
		}
	})

	var kept []string
	for i := range 10 {
		e := emit(t, p, []string{"booking.created", "booking.updated"}[i%2])
		kept = append(kept, e.Deliveries[0].ID)
		if state := e.Deliveries[0].State; state != journal.Held {
			t.Errorf("a delivery to a paused subscription is %s", state)
		}
	}
	advance(t, p, time.Hour)
	if n := len(r.requests()); n != 15 {
		t.Fatalf("%d attempts were made while deliveries were paused", n-15)
	}

	up.Store(true)
	resume(t, p, s.ID)
	wait(t, p, provider.Condition{Accepted: 10, SubscriptionID: s.ID})
	t.Run("what was kept arrives in order", func(t *testing.T) {
		page, err := p.Journal().Attempts(t.Context(), journal.Query{SubscriptionID: s.ID, Oldest: true, Outcomes: []journal.Outcome{journal.Accepted}})
		if err != nil {
			t.Fatal(err)
		}
		var arrived []string
		for _, a := range page.Items {
			arrived = append(arrived, a.DeliveryID)
		}
		slices.Sort(arrived) // several are in flight, so the answers may overtake each other; the starts must not
		if want := slices.Sorted(slices.Values(kept)); !slices.Equal(arrived, want) {
			t.Errorf("accepted %v, want %v", arrived, want)
		}
		for _, r := range r.requests()[15:] {
			r.verify(t, s, r.At)
		}
	})
	wait(t, p, provider.Condition{AllFinished: true})
	if stats := p.Journal().Stats(); stats.Unfinished() != 0 {
		t.Errorf("the journal still owes %+v", stats)
	}
	if told := watch.requests(); len(told) != 5 || told[4].Metadata["deliveryPaused"] != false {
		t.Errorf("%d events told, want the resumption as the fifth", len(told))
	}
}

func resume(t *testing.T, p *provider.Provider, id string) {
	t.Helper()
	on := false
	if _, err := p.UpdateSubscription(t.Context(), id, provider.SubscriptionUpdate{DeliveryPaused: &on}); err != nil {
		t.Fatal(err)
	}
}

func pause(t *testing.T, p *provider.Provider, id string) {
	t.Helper()
	off := true
	if _, err := p.UpdateSubscription(t.Context(), id, provider.SubscriptionUpdate{DeliveryPaused: &off}); err != nil {
		t.Fatal(err)
	}
}

// With one attempt in flight the order of arrival is the order of events, kept or not.
func TestResumeDeliversInOrder(t *testing.T) {
	c := clock.Manual(noon)
	p := start(t, provider.Options{Clock: c, Retry: steady, InFlight: 1})
	r := receive(t, c)
	r.answers(func(n int, _ request) int { return map[bool]int{true: 500, false: 200}[n <= 2] })
	s := subscribe(t, p, r.URL, "booking.created")
	first, second := emit(t, p, "booking.created"), emit(t, p, "booking.created")
	advance(t, p, time.Second) // both have failed once and wait on the ladder
	pause(t, p, s.ID)
	third := emit(t, p, "booking.created")
	advance(t, p, time.Hour) // their time comes and goes
	resume(t, p, s.ID)
	fourth := emit(t, p, "booking.created")
	wait(t, p, provider.Condition{AllFinished: true})
	var got, want []string
	for _, r := range r.requests()[2:] {
		got = append(got, r.Identifiers["bookingId"])
	}
	for _, e := range []provider.Emission{first, second, third, fourth} {
		id, _ := e.Event.Get("bookingId")
		want = append(want, id)
	}
	if !slices.Equal(got, want) {
		t.Errorf("arrived %v, want %v", got, want)
	}
	d, err := p.Journal().Delivery(t.Context(), first.Deliveries[0].ID)
	if err != nil || d.Tries != 2 {
		t.Errorf("the first climbed %d steps (%v), want it to go on where it was", d.Tries, err)
	}
}

func TestWhilePausedDeliveriesMayBeDropped(t *testing.T) {
	c := clock.Manual(noon)
	p := start(t, provider.Options{Clock: c, Retry: steady, WhilePaused: provider.DropWhilePaused})
	r := receive(t, c)
	r.answers(func(n int, _ request) int { return map[bool]int{true: 500, false: 200}[n == 1] })
	s := subscribe(t, p, r.URL, "booking.created")
	waiting := emit(t, p, "booking.created")
	advance(t, p, time.Second)
	pause(t, p, s.ID)
	during := emit(t, p, "booking.created")
	wait(t, p, provider.Condition{AllFinished: true})
	resume(t, p, s.ID)
	emit(t, p, "booking.created")
	wait(t, p, provider.Condition{Accepted: 1, AllFinished: true})
	if n := len(r.requests()); n != 2 {
		t.Errorf("%d requests, want the first and the last", n)
	}
	for _, e := range []provider.Emission{waiting, during} {
		if d, err := p.Journal().Delivery(t.Context(), e.Deliveries[0].ID); err != nil || d.State != journal.Dropped {
			t.Errorf("%+v (%v), want it dropped", d, err)
		}
	}
}

func TestTheBreakerWantsThemInARow(t *testing.T) {
	c := clock.Manual(noon)
	p := start(t, provider.Options{Clock: c, Retry: provider.RetryPolicy{Attempts: 1}})
	r := receive(t, c)
	r.answers(func(n int, _ request) int { return []int{500, 500, 200, 500, 500, 500}[n-1] })
	s := subscribe(t, p, r.URL, "booking.created")
	for i := range 6 {
		if now, _ := p.Subscription(s.ID); now.DeliveryPaused {
			t.Fatalf("paused after %d deliveries", i)
		}
		emit(t, p, "booking.created")
		advance(t, p, time.Second)
	}
	if now, _ := p.Subscription(s.ID); !now.DeliveryPaused {
		t.Error("not paused after three failures in a row")
	}
}

// A failure of webhook.event.deliveryFailed is not told: it is never about itself.
func TestDeliveryFailedIsNeverAboutItself(t *testing.T) {
	c := clock.Manual(noon)
	p := start(t, provider.Options{Clock: c, Retry: provider.RetryPolicy{Attempts: 1}, Breaker: provider.Breaker{Threshold: -1}})
	gone := receive(t, c)
	gone.Close() // no answer at all
	s := subscribe(t, p, gone.URL, "booking.created", "webhook.event.deliveryFailed")
	emit(t, p, "booking.created")
	advance(t, p, time.Hour)
	page, err := p.Journal().Events(t.Context(), journal.Query{Oldest: true})
	if err != nil || len(page.Items) != 2 {
		t.Fatalf("%d changes (%v), want the booking and one failure", len(page.Items), err)
	}
	told := page.Items[1]
	if id, _ := told.Get("subscriptionId"); id != s.ID || told.Origin != "provider" {
		t.Errorf("told %+v", told)
	}
	if len(told.Metadata) != 1 || told.Metadata[0].Name != "failedEventType" {
		t.Errorf("without an answer the metadata is %+v, want no httpStatusCode", told.Metadata)
	}
}

func TestDeletingASubscriptionFailsItsUnfinishedDeliveries(t *testing.T) {
	c := clock.Manual(noon)
	p := start(t, provider.Options{Clock: c, Retry: steady})
	r, watch := receive(t, c), receive(t, c)
	r.answers(func(int, request) int { return http.StatusInternalServerError })
	s := subscribe(t, p, r.URL, "booking.created")
	subscribe(t, p, watch.URL, "webhook.event.deliveryFailed", "webhook.subscription.updated")
	tried := emit(t, p, "booking.created")
	advance(t, p, time.Second)
	pause(t, p, s.ID)
	kept := emit(t, p, "booking.created")
	deleted, err := p.DeleteSubscription(t.Context(), s.ID)
	if err != nil || !deleted.Deleted {
		t.Fatalf("deleting: %+v, %v", deleted, err)
	}
	advance(t, p, time.Hour)
	told := map[string]request{}
	for _, r := range watch.requests() {
		if r.EventType == "webhook.event.deliveryFailed" {
			told[r.Identifiers["outboxId"]] = r
		}
	}
	if len(told) != 2 {
		t.Fatalf("%d failures were told, want 2", len(told))
	}
	if got := told[tried.Deliveries[0].ID].Metadata["httpStatusCode"]; got != 500.0 {
		t.Errorf("the failure of the one that was tried says %v", got)
	}
	if got, ok := told[kept.Deliveries[0].ID].Metadata["httpStatusCode"]; ok {
		t.Errorf("the failure of the one that was not tried says %v", got)
	}
	if n := len(r.requests()); n != 1 {
		t.Errorf("%d attempts, want none after the deletion", n-1)
	}
	if again := emit(t, p, "booking.created"); len(again.Deliveries) != 0 {
		t.Error("a deleted subscription is still owed something")
	}
	if all := p.Subscriptions(false); len(all) != 1 {
		t.Errorf("%d subscriptions without the deleted one, want 1", len(all))
	}
	if all := p.Subscriptions(true); len(all) != 2 || !all[0].Deleted {
		t.Errorf("%d subscriptions with the deleted one, want 2", len(all))
	}
	if _, err := p.DeleteSubscription(t.Context(), s.ID); provider.CodeOf(err) != provider.CodeDeleted {
		t.Errorf("deleting it again: %v", err)
	}
	wait(t, p, provider.Condition{AllFinished: true})
}

func TestRequeueByHand(t *testing.T) {
	c := clock.Manual(noon)
	p := start(t, provider.Options{Clock: c, Retry: provider.RetryPolicy{Attempts: 2, Jitter: -1}, Breaker: provider.Breaker{Threshold: -1}})
	r := receive(t, c)
	r.answers(func(n int, _ request) int { return map[bool]int{true: 500, false: 200}[n <= 5] })
	subscribe(t, p, r.URL, "booking.created")
	one, two := emit(t, p, "booking.created"), emit(t, p, "booking.created")
	if err := p.Requeue(t.Context(), one.Deliveries[0].ID); provider.CodeOf(err) != provider.CodeNotFailed {
		t.Errorf("requeueing what is owed: %v", err)
	}
	advance(t, p, time.Minute)
	if err := p.Requeue(t.Context(), one.Deliveries[0].ID, "000000000000000000000000"); provider.CodeOf(err) != provider.CodeNotFound {
		t.Errorf("requeueing what is not there: %v", err)
	}
	n, err := p.RequeueMatching(t.Context(), journal.Query{})
	if err != nil || n != 2 {
		t.Fatalf("requeued %d (%v), want 2", n, err)
	}
	advance(t, p, time.Minute)
	wait(t, p, provider.Condition{Accepted: 2, AllFinished: true})
	for _, e := range []provider.Emission{one, two} {
		if d, err := p.Journal().Delivery(t.Context(), e.Deliveries[0].ID); err != nil || d.State != journal.Delivered || d.Attempts < 3 {
			t.Errorf("%+v (%v), want it delivered by its third or fourth attempt", d, err)
		}
	}
	if n := len(r.requests()); n != 7 {
		t.Errorf("%d attempts, want 2·2 that fail, then 1 + 2", n)
	}
}

func TestAnAttemptInFlightWhenItsSubscriptionIsDeleted(t *testing.T) {
	p := start(t, provider.Options{})
	arrived, answer := make(chan bool), make(chan int)
	r := receive(t, nil)
	r.answers(func(int, request) int { arrived <- true; return <-answer })
	s := subscribe(t, p, r.URL, "booking.created")
	var request []simulator.Delivery
	for _, status := range []int{500, 200} {
		request = append(request, emit(t, p, "booking.created").Deliveries[0].Delivery)
		<-arrived
		_ = status
	}
	if _, err := p.DeleteSubscription(t.Context(), s.ID); err != nil {
		t.Fatal(err)
	}
	answer <- 500
	answer <- 200
	wait(t, p, provider.Condition{AllFinished: true})
	states := map[journal.State]int{}
	for _, d := range request {
		now, err := p.Journal().Delivery(t.Context(), d.ID)
		if err != nil {
			t.Fatal(err)
		}
		states[now.State]++
	}
	if states[journal.Dropped] != 1 || states[journal.Delivered] != 1 {
		t.Errorf("they became %v, want one delivered and one dropped", states)
	}
}
