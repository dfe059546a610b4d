package main

import (
	"context"
	"sync"
	"time"

	"semblance/scenarios"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/delivery"
)

// sending carries out a plan: one goroutine makes the events, in order, and workers sign them, send them and judge the
// answers. With one worker they go one at a time.
type sending struct {
	plan   *plan
	sender *delivery.Sender
	print  func(*sentEvent) // called from every worker; it must not keep the outcome. nil prints nothing
	room   chan struct{}    // takes one for each event that is made; who prints them in order gives it back. nil: no bound

	start time.Time
	mu    sync.Mutex
	err   error // the first thing that went wrong on our side
}

// sentEvent is one event that was sent, and what was found of the answer.
type sentEvent struct {
	job
	simulator.Attempt
	verdict scenarios.Verdict
}

// batchSize is how many events are handed over at once when many are to be sent as fast as answers come: handing over one
// by one would cost more than signing it.
const batchSize = 32

// printWindow is how many outcomes may wait for one that was sent before them, so that all are printed in order: those
// of the batches that are under way, and some more, for one answer that takes its time must not stop the others.
func (p *plan) printWindow() int { return 1024 + batchSize*p.workers }

// run sends everything, or what it can until ctx is done, and returns the count of it.
func (s *sending) run(ctx context.Context) (*summary, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.start = clock.Now()
	jobs := make(chan []job, 2)
	summaries := make([]summary, min(s.plan.workers, s.plan.total()))
	var all sync.WaitGroup
	all.Go(func() { s.produce(ctx, cancel, jobs) })
	for i := range summaries {
		all.Go(func() { s.work(ctx, cancel, jobs, &summaries[i]) })
	}
	all.Wait()
	total := &summaries[0]
	for i := range summaries[1:] {
		total.merge(&summaries[1+i])
	}
	total.planned, total.elapsed = s.plan.total(), clock.Since(s.start)
	s.mu.Lock()
	defer s.mu.Unlock()
	return total, s.err
}

// produce makes the events and closes jobs after the last, which ends the workers.
func (s *sending) produce(ctx context.Context, cancel context.CancelFunc, jobs chan<- []job) {
	defer close(jobs)
	size := 1
	if s.plan.rate == 0 && s.plan.total() > 4*batchSize*s.plan.workers {
		size = batchSize
	}
	for i := 0; i < s.plan.total(); {
		batch := make([]job, 0, size)
		for len(batch) < size && i < s.plan.total() {
			j, err := s.plan.job(i)
			if err != nil {
				s.fail(cancel, err)
				return
			}
			batch = append(batch, j)
			i++
			if s.room != nil {
				select {
				case s.room <- struct{}{}:
				case <-ctx.Done():
					return
				}
			}
		}
		select {
		case jobs <- batch:
		case <-ctx.Done():
			return
		}
	}
}

func (s *sending) work(ctx context.Context, cancel context.CancelFunc, jobs <-chan []job, t *summary) {
	o := new(sentEvent) // used for one attempt after another
	for batch := range jobs {
		for i := range batch {
			o.job = batch[i]
			if err := s.attempt(ctx, o, t); err != nil {
				if ctx.Err() == nil {
					s.fail(cancel, err)
				}
				return
			}
			t.add(o)
			if s.print != nil {
				s.print(o)
			}
		}
	}
}

// attempt makes one attempt, when it is due. When ctx is done before it has ended, nothing is known of it: then its error
// is ctx's.
func (s *sending) attempt(ctx context.Context, o *sentEvent, t *summary) error {
	if s.plan.rate > 0 {
		due := s.start.Add(s.plan.rate.due(o.index))
		if err := clock.Sleep(ctx, -clock.Since(due)); err != nil {
			return err
		}
		t.late = max(t.late, clock.Since(due))
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	sent, err := s.plan.prepare(s.sender, &o.job)
	if err != nil {
		return usageError(err)
	}
	o.Attempt = simulator.Attempt{SubscriptionID: s.plan.request.SubscriptionID, Number: 1, StartedAt: clock.Now(), Request: sent}
	o.Response = s.sender.Send(ctx, sent)
	if o.Response.Failure == simulator.FailureCanceled && ctx.Err() != nil {
		return ctx.Err()
	}
	o.verdict = scenarios.Judge(s.plan.expect, &o.Attempt)
	return nil
}

// fail keeps the first error and stops the rest.
func (s *sending) fail(cancel context.CancelFunc, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
	cancel()
}
