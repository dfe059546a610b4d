package provider_test

import (
	"testing"
	"time"

	"semblance/simulator/clock"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// Traffic that ran when the provider ended goes on where it was, at its rate, and ends with its count.
func TestTrafficGoesOnAfterARestart(t *testing.T) {
	j := journal.NewMemory(journal.Options{})
	defer j.Close()
	c := clock.Manual(noon)
	again := func(p *provider.Provider) *provider.Provider {
		t.Helper()
		if p != nil {
			stop(t, p)
		}
		p, err := provider.Start(t.Context(), provider.Options{Journal: j, Clock: c})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	status := func(p *provider.Provider, running bool, made int) {
		t.Helper()
		s := p.Traffic()
		if s.Running != running || s.Made != made || running && (s.Rate != 2 || s.Count != 100 || !s.Since.Equal(noon) || len(s.Types) == 0) {
			t.Errorf("the traffic is %+v; want it running: %v, with %d made", s, running, made)
		}
	}
	p := again(nil)
	if err := p.StartTraffic(t.Context(), provider.TrafficOptions{Rate: 2, Count: 100, Types: []string{"booking.*"}}); err != nil {
		t.Fatal(err)
	}
	advance(t, p, 10*time.Second)
	if _, err := p.EmitAny(t.Context(), "booking.*"); err != nil { // by hand: it does not count
		t.Fatal(err)
	}
	status(p, true, 21)
	p = again(p)
	status(p, true, 21)
	stop(t, p)
	c.Advance(time.Hour) // nobody runs meanwhile, and nothing is made up for
	p = again(nil)
	advance(t, p, 10*time.Second)
	status(p, true, 41)
	p = again(p)
	advance(t, p, time.Hour)
	status(p, false, 100)
	if page, err := j.Events(t.Context(), journal.Query{Origin: "traffic", Limit: journal.MaxLimit}); err != nil || len(page.Items) != 100 {
		t.Errorf("the journal has %d events of the traffic (%v), want 100", len(page.Items), err)
	}
	p = again(p)
	status(p, false, 0)

	if err := p.StartTraffic(t.Context(), provider.TrafficOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.StopTraffic(t.Context()); err != nil {
		t.Fatal(err)
	}
	p = again(p)
	status(p, false, 0)
	stop(t, p)
}

// A refused event does not delay the traffic.
func TestTrafficKeepsItsPaceAfterARefusedEvent(t *testing.T) {
	t.Parallel()
	for kind, open := range journals {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			p := start(t, provider.Options{Journal: open(t), Clock: clock.Manual(noon.Add(1234 * time.Nanosecond))})
			if err := p.StartTraffic(t.Context(), provider.TrafficOptions{Rate: 0.1}); err != nil {
				t.Fatal(err)
			}
			for range 10 {
				advance(t, p, 9*time.Second)
				if _, err := p.Emit(t.Context(), "booking.created", provider.Overrides{Set: map[string]string{"bookingId": "none"}}); provider.CodeOf(err) != provider.CodeInvalidEvent {
					t.Fatalf("the error is %v", err)
				}
				advance(t, p, time.Second)
			}
			if made := p.Traffic().Made; made != 11 {
				t.Errorf("%d events in 100 seconds, want 11", made)
			}
		})
	}
}
