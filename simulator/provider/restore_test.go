package provider_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"semblance/fixtures"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

func stop(t *testing.T, p *provider.Provider) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := p.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

// A provider that is started again on its journal goes on where it was.
func TestARestartContinues(t *testing.T) {
	for kind, open := range journals {
		t.Run(kind, func(t *testing.T) { testRestart(t, open(t)) })
	}
}

func testRestart(t *testing.T, j journal.Journal) {
	c := clock.Manual(noon)
	options := provider.Options{Journal: j, Clock: c, Retry: steady, Seed: 5}
	var up atomic.Bool
	r, held := receive(t, c), receive(t, c)
	r.answers(func(int, request) int {
		if up.Load() {
			return http.StatusOK
		}
		return http.StatusInternalServerError
	})

	p, err := provider.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	s := subscribe(t, p, r.URL, "booking.created")
	h := subscribe(t, p, held.URL, "booking.updated")
	token := p.Tokens()[0].Text
	climbing := emit(t, p, "booking.created").Deliveries[0].ID
	advance(t, p, 12*time.Second) // two attempts; the third is due at 50 s
	pause(t, p, h.ID)
	kept := emit(t, p, "booking.updated").Deliveries[0].ID
	if _, err := p.SetFault(t.Context(), provider.FaultPlan{SubscriptionID: h.ID, Fault: "signature=tampered", Next: 2}); err != nil {
		t.Fatal(err)
	}
	stop(t, p)
	if _, err := p.Emit(t.Context(), "booking.created", provider.Overrides{}); provider.CodeOf(err) != provider.CodeClosed {
		t.Errorf("emitting after Close: %v", err)
	}

	p = start(t, options)
	if now, ok := p.Subscription(s.ID); !ok || now.Secret != s.Secret || now.URL != s.URL {
		t.Errorf("the subscription came back as %+v", now)
	}
	if err := p.Authorise(token, provider.SeeWebhooks); err != nil {
		t.Errorf("the token did not come back: %v", err)
	}
	if faults := p.Faults(h.ID); len(faults) != 1 || faults[0].Next != 2 {
		t.Errorf("the faults came back as %+v", faults)
	}
	if err := p.ClearFaults(t.Context(), h.ID); err != nil {
		t.Fatal(err)
	}
	advance(t, p, 37*time.Second)
	if n := len(r.requests()); n != 2 {
		t.Errorf("%d attempts, want the third not before its time", n)
	}
	up.Store(true)
	advance(t, p, time.Second)
	wait(t, p, provider.Condition{Accepted: 1, SubscriptionID: s.ID, AllFinished: true})
	third := r.requests()[2]
	if after := third.At.Sub(noon); after != 50*time.Second {
		t.Errorf("the third attempt came after %v, want 50s", after)
	}
	third.verify(t, s, third.At)
	if n := len(held.requests()); n != 0 {
		t.Errorf("%d attempts to a paused subscription", n)
	}
	resume(t, p, h.ID)
	wait(t, p, provider.Condition{AllFinished: true})
	for _, id := range []string{climbing, kept} {
		if d, err := p.Journal().Delivery(t.Context(), id); err != nil || d.State != journal.Delivered {
			t.Errorf("%+v (%v), want it delivered", d, err)
		}
	}
}

// What the clinic does after a restart is what it would have done without one.
func TestTheClinicGoesOnAfterARestart(t *testing.T) {
	run := func(kind string, restart bool) []string {
		j := journals[kind](t)
		c := clock.Manual(noon)
		options := provider.Options{Journal: j, Clock: c, Seed: 11, Clinic: fixtures.Options{System: fixtures.OlderAppointments}}
		p, err := provider.Start(t.Context(), options)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		live := func() {
			t.Helper()
			for range 20 {
				e, err := p.EmitAny(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, i := range e.Event.Identifiers {
					ids = append(ids, i.Value)
				}
				e = emit(t, p, "booking.created")
				id, _ := e.Event.Get("bookingId")
				ids = append(ids, id)
			}
			if _, err := p.Emit(t.Context(), "booking.created", provider.Overrides{Omit: []string{"bookingId"}}); err == nil {
				t.Error("an invalid event was taken")
			}
			created, err := p.Do(t.Context(), fixtures.Actions()[0].Name, nil)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, created[0].Event.Identifiers[0].Value)
			if err := p.StartTraffic(t.Context(), provider.TrafficOptions{Rate: 1, Types: []string{"invoice.*"}, Count: 10}); err != nil {
				t.Fatal(err)
			}
			advance(t, p, time.Minute)
		}
		live()
		if restart {
			stop(t, p)
			if p, err = provider.Start(t.Context(), provider.Options{Journal: j, Clock: c, Seed: 12}); err != nil {
				t.Fatal(err)
			}
		}
		live()
		stop(t, p)
		page, err := j.Events(t.Context(), journal.Query{Oldest: true, Limit: journal.MaxLimit, Origin: "traffic"})
		if err != nil || len(page.Items) != 20 {
			t.Fatalf("%d changes of the traffic (%v), want 20", len(page.Items), err)
		}
		for _, change := range page.Items {
			ids = append(ids, change.Type.Name, change.Identifiers[0].Value)
		}
		return ids
	}
	if with, without := run("file", true), run("memory", false); !slices.Equal(with, without) {
		t.Errorf("with a restart the clinic went on otherwise:\n%v\n%v", with, without)
	}
}

func TestAPausedSubscriptionStaysPausedAndTheBreakerRemembers(t *testing.T) {
	j := journal.NewMemory(journal.Options{})
	defer j.Close()
	c := clock.Manual(noon)
	options := provider.Options{Journal: j, Clock: c, Retry: provider.RetryPolicy{Attempts: 1}}
	r := receive(t, c)
	r.answers(func(int, request) int { return http.StatusInternalServerError })
	p, err := provider.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	s := subscribe(t, p, r.URL, "booking.created")
	for range 2 {
		emit(t, p, "booking.created")
		advance(t, p, time.Second)
	}
	stop(t, p)
	p = start(t, options)
	emit(t, p, "booking.created")
	advance(t, p, time.Second)
	if now, _ := p.Subscription(s.ID); !now.DeliveryPaused {
		t.Error("two failures before a restart and one after it did not trip the breaker")
	}
}

func TestWhatTheOptionsSubscribeIsNotMadeTwice(t *testing.T) {
	j := journal.NewMemory(journal.Options{})
	defer j.Close()
	local := provider.NewSubscription{URL: "http://127.0.0.1:9/webhooks", Label: "--to", EventTypes: everyType(), Secret: simulator.DefaultSecret, Local: true}
	var ids []string
	for range 2 {
		p, err := provider.Start(t.Context(), provider.Options{Journal: j, Subscriptions: []provider.NewSubscription{local}})
		if err != nil {
			t.Fatal(err)
		}
		all := p.Subscriptions(true)
		if len(all) != 1 || all[0].Secret != simulator.DefaultSecret || len(all[0].EventTypes) != len(everyType()) {
			t.Fatalf("there are %d subscriptions: %v", len(all), all)
		}
		ids = append(ids, all[0].ID)
		stop(t, p)
	}
	if ids[0] != ids[1] {
		t.Errorf("it was %s and is %s", ids[0], ids[1])
	}
}

func TestCloseWaitsForWhatIsInFlight(t *testing.T) {
	j := journal.NewMemory(journal.Options{})
	defer j.Close()
	p, err := provider.Start(t.Context(), provider.Options{Journal: j})
	if err != nil {
		t.Fatal(err)
	}
	arrived, answer := make(chan bool), make(chan bool)
	r := receive(t, nil)
	r.answers(func(int, request) int { arrived <- true; <-answer; return 200 })
	subscribe(t, p, r.URL, "booking.created")
	id := emit(t, p, "booking.created").Deliveries[0].ID
	<-arrived
	closed := make(chan error)
	go func() { closed <- p.Close(context.Background()) }()
	select {
	case err := <-closed:
		t.Fatalf("Close did not wait: %v", err)
	case answer <- true:
	}
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	if d, err := j.Delivery(t.Context(), id); err != nil || d.State != journal.Delivered {
		t.Errorf("%+v (%v), want it delivered", d, err)
	}
}

// What does not end in time is cut, journalled and told; it stays owed, and is delivered after the next start.
func TestCloseCutsWhatHangs(t *testing.T) {
	j := journal.NewMemory(journal.Options{})
	defer j.Close()
	p, err := provider.Start(t.Context(), provider.Options{Journal: j})
	if err != nil {
		t.Fatal(err)
	}
	arrived, answer := make(chan bool, 2), make(chan bool)
	r := receive(t, nil)
	r.answers(func(int, request) int { arrived <- true; <-answer; return 200 })
	subscribe(t, p, r.URL, "booking.created")
	id := emit(t, p, "booking.created").Deliveries[0].ID
	<-arrived
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Close(ctx); err == nil || !strings.Contains(err.Error(), "the receiver of booking.created") {
		t.Errorf("Close says %v, want what was cut", err)
	}
	d, err := j.Delivery(t.Context(), id)
	if err != nil || d.State != journal.Pending || d.Attempts != 1 || d.Failure != simulator.FailureCanceled {
		t.Errorf("%+v (%v), want it owed, with one attempt that was canceled", d, err)
	}
	close(answer)
	p = start(t, provider.Options{Journal: j})
	wait(t, p, provider.Condition{Accepted: 1, AllFinished: true})
}

// counting counts how often somebody sleeps.
type counting struct {
	clock.Clock
	sleeps atomic.Int64
}

func (c *counting) Sleep(ctx context.Context, d time.Duration) error {
	c.sleeps.Add(1)
	return c.Clock.Sleep(ctx, d)
}

// What falls due while Close waits for an attempt is not done any more, and nobody looks at it again and again.
func TestClosingIsIdle(t *testing.T) {
	c := &counting{Clock: clock.Real()}
	p, err := provider.Start(t.Context(), provider.Options{Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	arrived, answer := make(chan bool, 1), make(chan bool)
	r := receive(t, nil)
	r.answers(func(int, request) int { arrived <- true; <-answer; return 200 })
	defer close(answer)
	subscribe(t, p, r.URL, "booking.created")
	emit(t, p, "booking.created")
	<-arrived
	if err := p.StartTraffic(t.Context(), provider.TrafficOptions{Rate: 100, Types: []string{"lab.*"}}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := p.Close(ctx); err == nil {
		t.Error("Close did not wait")
	}
	if n := c.sleeps.Load(); n > 50 {
		t.Errorf("the provider woke %d times in 50 ms in which it had nothing to do", n)
	}
}

// What is owed to a subscription that was deleted, by a process that was killed while the attempt was in flight, is
// dropped and told at the next start.
func TestUnfinishedDeliveriesOfADeletedSubscriptionAfterARestart(t *testing.T) {
	j := journal.NewMemory(journal.Options{})
	defer j.Close()
	options := provider.Options{Journal: j, Clock: clock.Manual(noon), Retry: steady}
	r, watch := receive(t, nil), receive(t, nil)
	r.answers(func(int, request) int { return http.StatusInternalServerError })
	p, err := provider.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	s := subscribe(t, p, r.URL, "booking.created")
	subscribe(t, p, watch.URL, "webhook.event.deliveryFailed")
	id := emit(t, p, "booking.created").Deliveries[0].ID
	advance(t, p, time.Second)
	stop(t, p)
	s.Deleted = true // and of the attempt in flight then nothing was written
	if err := j.Append(t.Context(), &journal.Subscription{Subscription: s, At: noon}); err != nil {
		t.Fatal(err)
	}
	p = start(t, options)
	wait(t, p, provider.Condition{Accepted: 1, AllFinished: true})
	if told := watch.requests(); len(told) != 1 || told[0].Identifiers["outboxId"] != id {
		t.Errorf("told %v, want the failure of %s", told, id)
	}
	if d, err := j.Delivery(t.Context(), id); err != nil || d.State != journal.Dropped {
		t.Errorf("%+v (%v), want it dropped", d, err)
	}
	if n := len(r.requests()); n != 1 {
		t.Errorf("%d attempts to a deleted subscription", n-1)
	}
}

// A manual clock goes on where the scenario was, also when the run was killed in the middle of an advance: the clock that
// the next run is given begins too early then.
func TestAManualClockGoesOn(t *testing.T) {
	for kind, open := range journals {
		t.Run(kind, func(t *testing.T) {
			j := open(t)
			r := receive(t, clock.Manual(noon))
			r.answers(func(int, request) int { return http.StatusInternalServerError })
			begin := func() (*provider.Provider, error) {
				return provider.Start(t.Context(), provider.Options{Journal: j, Clock: clock.Manual(noon), Retry: steady})
			}
			p, err := begin()
			if err != nil {
				t.Fatal(err)
			}
			subscribe(t, p, r.URL, "booking.created")
			emit(t, p, "booking.created")
			advance(t, p, 24*time.Hour)
			stop(t, p)

			if p, err = begin(); err != nil {
				t.Fatal(err)
			}
			if got, want := p.Now(), noon.Add(24*time.Hour); !got.Equal(want) {
				t.Errorf("it goes on at %v, want %v", got, want)
			}
			stop(t, p)

			later := noon.Add(30 * time.Hour) // what the killed run had come to, without having arrived
			if err := j.Append(t.Context(), &journal.Notice{At: later, Subject: "s", Text: "t"}); err != nil {
				t.Fatal(err)
			}
			if p, err = begin(); err != nil {
				t.Fatal(err)
			}
			if got := p.Now(); !got.Equal(later) {
				t.Errorf("it goes on at %v, want %v", got, later)
			}
			stop(t, p)
		})
	}
}
