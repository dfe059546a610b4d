package provider_test

import (
	"testing"
	"time"

	"semblance/simulator/clock"
	"semblance/simulator/provider"
)

// A receiver that hangs has as many attempts in flight as the setting says and no more, and holds up nobody else.
func TestOneThatHangsHoldsUpNobody(t *testing.T) {
	p := start(t, provider.Options{InFlight: 3})
	arrived, answer := make(chan bool, 20), make(chan bool)
	hanging, other := receive(t, nil), receive(t, nil)
	hanging.answers(func(int, request) int { arrived <- true; <-answer; return 200 })
	s := subscribe(t, p, hanging.URL, "booking.created")
	o := subscribe(t, p, other.URL, "booking.created")
	for range 20 {
		emit(t, p, "booking.created")
	}
	for range 3 {
		<-arrived
	}
	wait(t, p, provider.Condition{Accepted: 20, SubscriptionID: o.ID})
	if n := len(hanging.requests()); n != 3 {
		t.Errorf("%d attempts are in flight to the one that hangs, want 3", n)
	}
	if h := p.Health(); h.InFlight != 3 || h.Unfinished != 20 {
		t.Errorf("the health is %+v, want 3 in flight of 20 that are owed", h)
	}
	close(answer)
	wait(t, p, provider.Condition{Accepted: 20, SubscriptionID: s.ID, AllFinished: true})
}

// Traffic is an open loop: it keeps its times however long receivers take.
func TestTrafficDoesNotWaitForReceivers(t *testing.T) {
	p := start(t, provider.Options{InFlight: 1})
	answer := make(chan bool)
	r := receive(t, nil)
	r.answers(func(int, request) int { <-answer; return 200 })
	subscribe(t, p, r.URL, "booking.created")
	began := clock.Now()
	const count, rate = 40, 400
	if err := p.StartTraffic(t.Context(), provider.TrafficOptions{Types: []string{"booking.created"}, Count: count, Rate: rate}); err != nil {
		t.Fatal(err)
	}
	for {
		_, more := p.Journal().Committed()
		if p.Journal().Stats().Events == count {
			break
		}
		select {
		case <-more:
		case <-t.Context().Done():
			t.Fatal("the traffic waits")
		}
	}
	if took, least := clock.Since(began), time.Second*(count-1)/rate; took < least {
		t.Errorf("%d changes at %d/s took %v, want at least %v", count, rate, took, least)
	}
	if n := len(r.requests()); n > 1 {
		t.Errorf("%d requests came to a receiver that answers none", n)
	}
	close(answer)
	wait(t, p, provider.Condition{Accepted: count, AllFinished: true})
}
