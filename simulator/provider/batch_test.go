package provider_test

import (
	"context"
	"errors"

	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"semblance/simulator/clock"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// countingAppends is a journal that counts commits.
type countingAppends struct {
	journal.Journal
	appends atomic.Int64
}

func (c *countingAppends) Append(ctx context.Context, records ...journal.Record) error {
	c.appends.Add(1)
	return c.Journal.Append(ctx, records...)
}

func TestBatchIsOneCommit(t *testing.T) {
	t.Parallel()
	j := &countingAppends{Journal: journal.NewMemory(journal.Options{})}
	t.Cleanup(func() { j.Close() }) // after the provider
	p := start(t, provider.Options{Journal: j})
	s := subscribe(t, p, "http://127.0.0.1:9/", "booking.created", "patient.created")
	pause(t, p, s.ID)
	before := j.appends.Load()
	emissions, err := p.EmitBatch(t.Context(),
		provider.Batch{Type: "booking.created", Count: 500, Overrides: provider.Overrides{Omit: []string{"doctorId"}}},
		provider.Batch{Type: "patient.created", Count: 300},
		provider.Batch{Types: []string{"booking.*", "lab.*"}, Count: 200},
		provider.Batch{Type: "lab.created"},
	)
	if err != nil || len(emissions) != 1001 {
		t.Fatalf("%d events (%v), want 1001", len(emissions), err)
	}
	if n := j.appends.Load() - before; n != 1 {
		t.Errorf("%d commits, want 1", n)
	}
	seen := map[string]bool{}
	last := journal.Seq(0)
	for i, e := range emissions {
		if id := e.Event.Identifiers[0].Value; i < 800 && seen[id] {
			t.Fatalf("two events about %s", id)
		} else {
			seen[id] = true
		}
		if e.Event.Seq <= last {
			t.Fatalf("event %d has the number %d", i, e.Event.Seq)
		}
		last = e.Event.Seq
		if _, has := e.Event.Get("doctorId"); has && i < 500 {
			t.Fatal("doctorId was to be omitted")
		}
		if i < 800 && len(e.Deliveries) != 1 {
			t.Fatalf("event %d has %d deliveries", i, len(e.Deliveries))
		}
	}
	stats := j.Stats()
	last, _ = j.Committed()
	patients, err := p.Records("patient")
	if err != nil {
		t.Fatal(err)
	}
	for name, batch := range map[string]provider.Batch{
		"one of them is invalid":   {Type: "booking.created", Count: 3, Overrides: provider.Overrides{Omit: []string{"bookingId"}}},
		"an unknown type":          {Type: "booking.craeted", Count: 3},
		"a pattern without types":  {Types: []string{"boking.*"}},
		"a negative count":         {Type: "booking.created", Count: -1},
		"what the practice cannot": {Types: []string{"webhook.*"}, Count: 3},
	} {
		if _, err := p.EmitBatch(t.Context(), provider.Batch{Type: "patient.created", Count: 10}, batch); provider.CodeOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after := j.Stats(); after != stats {
		t.Errorf("a refused batch left %+v, before it were %+v", after, stats)
	}
	if now, err := p.Records("patient"); err != nil || !slices.Equal(now, patients) {
		t.Errorf("a refused batch changed the clinic from %d to %d patients (%v)", len(patients), len(now), err)
	}
	if now, _ := j.Committed(); now != last {
		t.Errorf("a refused batch was recorded: from %d to %d", last, now)
	}
}

// A journal in memory has room for a number of unfinished deliveries. Events beyond it are refused, without an effect.
func TestEventsAreRefusedWhenTheJournalHasNoRoom(t *testing.T) {
	t.Parallel()
	const room = 128
	j := &failing{Journal: journal.NewMemory(journal.Options{Bytes: room << 10})}
	t.Cleanup(func() { j.Close() }) // after the provider
	p := start(t, provider.Options{Journal: j, Clock: clock.Manual(noon)})
	r := receive(t, nil)
	s := subscribe(t, p, r.URL, "booking.created")
	pause(t, p, s.ID)
	n := 0
	var err error
	for err == nil {
		if _, err = p.Emit(t.Context(), "booking.created", provider.Overrides{}); err == nil {
			n++
		}
	}
	if provider.CodeOf(err) != provider.CodeFull || !strings.Contains(err.Error(), "journal in a file") {
		t.Errorf("the error is %v, want a hint", err)
	}
	if n > room || n < room*9/10 {
		t.Errorf("%d deliveries were accepted, want nearly %d", n, room)
	}
	ids, err := p.Records("patient")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Emit(t.Context(), "booking.created", provider.Overrides{}); provider.CodeOf(err) != provider.CodeFull {
		t.Error(err)
	}
	if _, err := p.Deliver(t.Context(), "test", anEvent(t)); provider.CodeOf(err) != provider.CodeFull {
		t.Errorf("delivering an event of the caller: %v", err)
	}
	if after, err := p.Records("patient"); err != nil || !slices.Equal(after, ids) {
		t.Errorf("a refused event changed the clinic (%v)", err)
	}
	if h := p.Health(); !h.Ready || h.Unfinished != n {
		t.Errorf("the health is %+v", h)
	}
	emit(t, p, "patient.created") // nobody subscribed to it
	if err := p.StartTraffic(t.Context(), provider.TrafficOptions{Rate: 10, Types: []string{"booking.created"}}); err != nil {
		t.Fatal(err)
	}
	advance(t, p, 20e9)
	if status := p.Traffic(); !status.Running || status.Made != 0 {
		t.Errorf("the traffic is %+v, want it to wait", status)
	}
	resume(t, p, s.ID)
	wait(t, p, provider.Condition{Accepted: n})
	advance(t, p, 2e9)
	if status := p.Traffic(); !status.Running || status.Made < 100 {
		t.Errorf("the traffic is %+v, want it to continue", status)
	}
}

// BenchmarkEmitBatch compares the rates at which a journal in memory and one in a file acknowledge batches of 1,000 events
// with one delivery each, which is dropped: alternating, so that both run under the same conditions.
func BenchmarkEmitBatch(b *testing.B) {
	const n = 1000
	rates := map[string][]float64{}
	providers := map[string]*provider.Provider{}
	for _, kind := range []string{"memory", "file"} {
		p, err := provider.Start(b.Context(), provider.Options{Journal: journals[kind](b), WhilePaused: provider.DropWhilePaused})
		if err != nil {
			b.Fatal(err)
		}
		s, err := p.CreateSubscription(b.Context(), provider.NewSubscription{URL: "http://127.0.0.1:9/", Label: "paused", EventTypes: []string{"booking.created"}})
		if err != nil {
			b.Fatal(err)
		}
		paused := true
		if _, err := p.UpdateSubscription(b.Context(), s.ID, provider.SubscriptionUpdate{DeliveryPaused: &paused}); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() {
			if err := p.Close(context.Background()); err != nil && !errors.Is(err, context.Canceled) {
				b.Error(err)
			}
		})
		providers[kind] = p
	}
	for b.Loop() {
		for kind, p := range providers {
			began := clock.Now()
			if emissions, err := p.EmitBatch(b.Context(), provider.Batch{Type: "booking.created", Count: n}); err != nil || len(emissions) != n {
				b.Fatal(len(emissions), err)
			}
			rates[kind] = append(rates[kind], n/clock.Since(began).Seconds())
		}
	}
	memory, file := median(rates["memory"]), median(rates["file"])
	b.ReportMetric(memory, "memory-events/s")
	b.ReportMetric(file, "file-events/s")
	b.ReportMetric(100*file/memory, "file-%")
}
