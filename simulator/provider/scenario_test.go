package provider_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"semblance/simulator/clock"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// TestNothingIsLost plays scenarios that are drawn at random: events, outages, pauses, deletions, faults, restarts that
// cut what is in flight. In the end everything that was acknowledged must be finished, in the journal as at the
// receiver, and what could be delivered must have been.
func TestNothingIsLost(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { playAnyStory(t, seed) })
	}
}

type scenario struct {
	*testing.T
	draw        *rand.Rand
	p           *provider.Provider
	options     provider.Options
	down        atomic.Bool
	subs        []string
	outstanding []string // what was acknowledged, by outboxId
}

func playAnyStory(t *testing.T, seed uint64) {
	j := journals[map[bool]string{true: "file", false: "memory"}[seed == 3]](t)
	c := clock.Manual(noon)
	s := &scenario{T: t, draw: rand.New(rand.NewPCG(seed, 1)), options: provider.Options{
		Journal: j, Clock: c, Seed: int64(seed), InFlight: 1 + int(seed%5), EventIDs: provider.EventIDs(seed % 2),
		Retry: provider.RetryPolicy{Attempts: 3}, Breaker: provider.Breaker{Threshold: 2},
	}}
	r := receive(t, c)
	r.answers(func(n int, _ request) int {
		if s.down.Load() || n%4 == 0 {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	})
	s.start()
	for i := range 4 {
		s.subs = append(s.subs, subscribe(t, s.p, fmt.Sprintf("%s/%d", r.URL, i), "booking.created", "webhook.event.deliveryFailed", "webhook.subscription.updated").ID)
	}
	for range 60 {
		s.step()
	}
	s.down.Store(false)
	r.answers(nil)
	for range 3 { // a resumption may be undone by a delivery that fails for good while it is under way
		for _, sub := range s.p.Subscriptions(false) {
			resume(t, s.p, sub.ID)
		}
		advance(t, s.p, 24*time.Hour)
	}
	s.judge(r)
	stop(t, s.p)
}

func (s *scenario) start() {
	s.Helper()
	p, err := provider.Start(s.Context(), s.options)
	if err != nil {
		s.Fatal(err)
	}
	s.p = p
}

func (s *scenario) step() {
	s.Helper()
	sub := s.subs[s.draw.IntN(len(s.subs))]
	now, _ := s.p.Subscription(sub)
	switch n := s.draw.IntN(20); {
	case n < 8:
		for _, d := range emit(s.T, s.p, "booking.created").Deliveries {
			s.outstanding = append(s.outstanding, d.ID)
		}
	case n < 11:
		advance(s.T, s.p, time.Duration(s.draw.IntN(120))*time.Second)
	case n < 13:
		s.down.Store(!s.down.Load())
	case n < 14 && !now.Deleted:
		pause(s.T, s.p, sub)
	case n < 16 && !now.Deleted:
		resume(s.T, s.p, sub)
	case n < 17:
		if _, err := s.p.RequeueMatching(s.Context(), journal.Query{SubscriptionID: sub}); err != nil && !now.Deleted {
			s.Fatal(err)
		}
	case n < 18 && !now.Deleted:
		if _, err := s.p.SetFault(s.Context(), provider.FaultPlan{SubscriptionID: sub, Fault: "transport=reset", Next: 1}); err != nil {
			s.Fatal(err)
		}
	case n < 19:
		ctx, cancel := context.WithCancel(s.Context())
		cancel()
		_ = s.p.Close(ctx) // it says what it cut
		s.start()
	case n < 20 && !now.Deleted && s.draw.IntN(5) == 0 && len(s.p.Subscriptions(false)) > 2:
		if _, err := s.p.DeleteSubscription(s.Context(), sub); err != nil {
			s.Fatal(err)
		}
	}
}

func (s *scenario) judge(r *receiver) {
	s.Helper()
	if h := s.p.Health(); h.Unfinished != 0 || h.InFlight != 0 || h.Paused != 0 || !h.Ready {
		s.Errorf("in the end its health is %+v", h)
	}
	if stats := s.options.Journal.Stats(); stats.Unfinished() != 0 {
		s.Errorf("in the end the journal holds %+v", stats)
	}
	got := map[string]bool{}
	for _, r := range r.requests() {
		got[r.EventID] = true
	}
	states := map[journal.State]int{}
	for _, id := range s.outstanding {
		d, err := s.options.Journal.Delivery(s.Context(), id)
		if err != nil {
			s.Fatal(err)
		}
		states[d.State]++
		page, err := s.options.Journal.Attempts(s.Context(), journal.Query{DeliveryID: id, Oldest: true})
		if err != nil {
			s.Fatal(err)
		}
		last := 0
		for _, a := range page.Items {
			if a.Number != last+1 {
				s.Errorf("attempt %d of %s follows attempt %d", a.Number, id, last)
			}
			last = a.Number
			if a.Response.OK() && !got[a.Request.EventID] {
				s.Errorf("attempt %d of %s was accepted, and the receiver never had it", a.Number, id)
			}
		}
		if n := len(page.Items); n != d.Attempts || d.State == journal.Delivered && !page.Items[n-1].Response.OK() {
			s.Errorf("%+v has %d attempts", d, n)
		}
	}
	s.Logf("%d deliveries: %v", len(s.outstanding), states)
}
