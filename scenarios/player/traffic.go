package player

import (
	"context"
	"sync"
	"time"

	"semblance/fixtures"
	"semblance/scenarios/script"
	"semblance/simulator"
	"semblance/simulator/clock"
)

// traffic plans a traffic step: a clinic of its own sends its events.
func (r *run) traffic(step *script.Traffic, f frame) task {
	key := drawKey(step.Path, f.round)
	return func(ctx context.Context, b *branch) {
		system := r.options.System
		for _, t := range step.Types {
			if s, ok := fixtures.SystemOf(t); ok {
				system = s
				break
			}
		}
		stream, err := r.clinics.stream(step.Path, key, system, fixtures.TrafficOptions{Types: step.Types, Profile: step.Profile})
		if err != nil {
			r.fail(step.Path, f.round, err)
			return
		}
		t := trafficRun{run: r, step: step, branch: b, stream: stream, values: b.values(f),
			template: emission{run: r, path: step.Path, round: f.round, step: &step.Common, options: &step.Delivering, kind: simulator.KindTraffic, number: uint64(f.index) * uint64(step.Events)},
			queue:    make(chan numbered, step.InFlight),
			window:   make(chan struct{}, trafficWindow+step.InFlight),
			ended:    map[int]numbered{}}
		t.play(ctx)
	}
}

// trafficWindow bounds the events that have ended and wait for an earlier one. Events are recorded in the order in which
// they were sent.
const trafficWindow = 1024

// trafficRun is a traffic step that is being played. One goroutine draws the events, InFlight goroutines send them, and
// whichever of them has the next event in order records it.
type trafficRun struct {
	run      *run
	step     *script.Traffic
	branch   *branch
	stream   *fixtures.Traffic
	values   *values
	template emission // without the event

	queue  chan numbered
	window chan struct{} // has one element for each event that is not recorded yet

	mu    sync.Mutex
	next  int              // the number of the next event to record
	ended map[int]numbered // the events that wait for it
}

// numbered is an event with its number in the order of sending, and its attempts once it has ended.
type numbered struct {
	number   int
	emission emission
	tries    []try
	err      error
}

func (t *trafficRun) play(ctx context.Context) {
	start := *t.branch
	var senders sync.WaitGroup
	for range t.step.InFlight {
		senders.Go(func() {
			for n := range t.queue {
				own := start // retries have their own simulated time
				n.tries, n.err = n.emission.tries(ctx, &own)
				t.end(n)
			}
		})
	}
	t.draw(ctx)
	close(t.queue)
	senders.Wait()
}

// draw queues the events. Event n is due at start + n/rate, however long the responses take, unless InFlight events wait
// for a response.
func (t *trafficRun) draw(ctx context.Context) {
	start := clock.Now()
	for n := range t.step.Events {
		if t.step.Rate > 0 && !t.run.options.DryRun {
			due := time.Duration(float64(n) / t.step.Rate * float64(time.Second))
			if clock.Sleep(ctx, due-clock.Since(start)) != nil {
				return
			}
		}
		e := t.template
		e.event = t.run.identify(t.run.clinics.next(t.stream, t.branch))
		e.number += uint64(n)
		select {
		case t.window <- struct{}{}:
		case <-ctx.Done():
			return
		}
		if t.run.over(ctx) {
			return
		}
		t.queue <- numbered{number: n, emission: e}
	}
}

// end records an event that has ended, and those that waited for it, in order.
func (t *trafficRun) end(n numbered) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended[n.number] = n
	for {
		n, ok := t.ended[t.next]
		if !ok {
			return
		}
		delete(t.ended, t.next)
		t.next++
		<-t.window
		n.emission.record(t.branch, t.values, n.tries, n.err)
		t.run.progress(t.step.Path, int64(t.next))
	}
}
