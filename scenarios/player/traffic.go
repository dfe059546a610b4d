package player

import (
	"context"
	"sync"
	"time"

	"semblance/fixtures"
	"semblance/scenarios/script"
	"semblance/schemas/splitmix"
	"semblance/simulator/clock"
)

// traffic lets a clinic of its own go about its day.
func (s *run) traffic(step *script.Traffic, at place) task {
	name := drawn(step.Path, at.round)
	return func(ctx context.Context, b *branch) {
		system := s.p.options.System
		for _, t := range step.Types {
			if of, ok := fixtures.SystemOf(t); ok {
				system = of
				break
			}
		}
		stream, err := s.stream(step.Path, name, system, fixtures.TrafficOptions{Types: step.Types})
		if err != nil {
			s.fail(step, at.round, err)
			return
		}
		r := rush{s: s, step: step, b: b, stream: stream, values: s.valuesOf(step, at, b),
			event: event{s: s, step: step, send: &step.Delivering, idSeed: s.idSeed(name), round: at.round},
			ready: make(chan sending, step.InFlight), ended: map[int]outcome{}}
		r.room = make(chan struct{}, rushWindow+step.InFlight)
		r.run(ctx)
	}
}

// rushWindow is how many outcomes of a traffic may wait for one that was sent before them, so that all are recorded in
// the order in which they were sent.
const rushWindow = 1024

// rush is one traffic step while it is played: one goroutine draws the events, as many as may be in flight send them,
// and whoever has the next outcome in order records it.
type rush struct {
	s      *run
	step   *script.Traffic
	b      *branch
	stream *fixtures.Traffic
	values *values
	event  event // as it is for every event but for its change

	ready chan sending
	room  chan struct{}

	mu    sync.Mutex
	next  int // the number of the outcome to be recorded next
	ended map[int]outcome
}

type sending struct {
	number int
	event  event
}

type outcome struct {
	event event
	all   []tried
	err   error
}

func (r *rush) run(ctx context.Context) {
	began := *r.b
	var senders sync.WaitGroup
	for range r.step.InFlight {
		senders.Go(func() {
			for next := range r.ready {
				own := began // its retries take its own time
				all, err := next.event.attempts(ctx, &own)
				r.end(next.number, outcome{event: next.event, all: all, err: err})
			}
		})
	}
	r.draw(ctx)
	close(r.ready)
	senders.Wait()
}

// draw hands out the events: the n-th at start + n/rate, however long the answers take, but for the bound in flight.
func (r *rush) draw(ctx context.Context) {
	start := clock.Now()
	for n := range r.step.Events {
		if r.step.Rate > 0 && !r.s.p.options.DryRun {
			due := time.Duration(float64(n) / r.step.Rate * float64(time.Second))
			if clock.Sleep(ctx, due-clock.Since(start)) != nil {
				return
			}
		}
		e := r.event
		e.event = r.s.next(r.stream)
		e.idSeed ^= splitmix.Mix(uint64(n))
		select {
		case r.room <- struct{}{}:
		case <-ctx.Done():
			return
		}
		if r.s.over(ctx) {
			return
		}
		r.ready <- sending{number: n, event: e}
	}
}

// end takes an outcome, and records all whose turn has come.
func (r *rush) end(number int, o outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended[number] = o
	for {
		o, ok := r.ended[r.next]
		if !ok {
			return
		}
		delete(r.ended, r.next)
		r.next++
		<-r.room
		o.event.took(r.b, r.values, o.all, o.err)
		r.s.progress(r.step.Path, int64(r.next))
	}
}
