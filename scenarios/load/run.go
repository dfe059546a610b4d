package load

import (
	"context"
	"sync"
	"time"

	"semblance/scenarios"
	"semblance/simulator"
	"semblance/simulator/clock"
)

// batchSize is how many events go to a worker at once when many are sent without a rate. Handing over single events
// would cost more than signing them.
const batchSize = 32

// window is how many attempts may wait, in an ordered run, for one that started before them: the batches in progress, and
// enough more that one slow response does not stop the others.
func (p *Plan) window() int { return 1024 + batchSize*p.options.InFlight }

// Run sends the requests of the plan and returns the summary. It stops early when ctx ends; the summary then counts the
// attempts that ended before. The error is the first one of Semblance's own, such as an event that cannot be made.
//
// Run calls observe for each attempt, one at a time, from several goroutines. The attempt is valid during the call only;
// copy it to keep it. A nil observe is not called.
func (p *Plan) Run(ctx context.Context, observe func(*Attempt)) (*Summary, error) {
	r := &run{plan: p}
	if observe != nil {
		if p.options.Ordered {
			r.room = make(chan struct{}, p.window())
			r.order = &orderer{observe: observe, room: r.room}
			observe = r.order.add
		}
		var mu sync.Mutex
		r.observe = func(a *Attempt) {
			mu.Lock()
			defer mu.Unlock()
			observe(a)
		}
	}
	return r.run(ctx)
}

// run executes a plan: one goroutine makes the events in order, workers sign and send them and judge the responses.
type run struct {
	plan    *Plan
	observe func(*Attempt)
	order   *orderer
	room    chan struct{} // holds one element for each event that is made and not yet observed; nil: no bound
	start   time.Time
}

func (r *run) run(outer context.Context) (*Summary, error) {
	ctx, cancel := context.WithCancelCause(outer)
	defer cancel(nil)
	r.start = clock.Now()
	jobs := make(chan []job, 2)
	summaries := make([]Summary, min(r.plan.options.InFlight, r.plan.Total()))
	var workers sync.WaitGroup
	workers.Go(func() { r.produce(ctx, cancel, jobs) })
	for i := range summaries {
		workers.Go(func() { r.work(ctx, cancel, jobs, &summaries[i]) })
	}
	workers.Wait()
	if r.order != nil {
		r.order.flush()
	}
	total := &summaries[0]
	for i := range summaries[1:] {
		total.merge(&summaries[1+i])
	}
	total.Planned, total.Elapsed = r.plan.Total(), clock.Since(r.start)
	if cause := context.Cause(ctx); cause != context.Cause(outer) {
		return total, cause
	}
	return total, nil
}

// produce makes the events. It closes jobs at the end, which ends the workers.
func (r *run) produce(ctx context.Context, cancel context.CancelCauseFunc, jobs chan<- []job) {
	defer close(jobs)
	total, size := r.plan.Total(), 1
	if r.plan.options.Rate == 0 && total > 4*batchSize*r.plan.options.InFlight {
		size = batchSize
	}
	for i := 0; i < total; {
		batch := make([]job, 0, size)
		for len(batch) < size && i < total {
			j, err := r.plan.job(i)
			if err != nil {
				cancel(err)
				return
			}
			batch = append(batch, j)
			i++
			if r.room != nil {
				select {
				case r.room <- struct{}{}:
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

func (r *run) work(ctx context.Context, cancel context.CancelCauseFunc, jobs <-chan []job, s *Summary) {
	a := new(Attempt) // reused for each attempt of this worker
	for batch := range jobs {
		for i := range batch {
			if err := r.attempt(ctx, &batch[i], a, s); err != nil {
				if ctx.Err() == nil {
					cancel(err)
				}
				return
			}
			s.add(a)
			if r.observe != nil {
				r.observe(a)
			}
		}
	}
}

// attempt makes one attempt when it is due. If ctx ends first, the result is unknown and the error is that of ctx.
func (r *run) attempt(ctx context.Context, j *job, a *Attempt, s *Summary) error {
	if rate := r.plan.options.Rate; rate > 0 {
		start := r.start.Add(due(rate, j.index))
		if err := clock.Sleep(ctx, -clock.Since(start)); err != nil {
			return err
		}
		s.Late = max(s.Late, clock.Since(start))
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	*a = Attempt{Index: j.index, OfType: j.ofType}
	if err := r.plan.sender.Attempt(ctx, r.plan.message(j), &a.Attempt); err != nil {
		return err
	}
	if a.Response.Failure == simulator.FailureCanceled && ctx.Err() != nil {
		return ctx.Err()
	}
	a.Verdict = scenarios.Judge(r.plan.options.Expect, &a.Attempt)
	if a.Verdict.Passed() && a.Response.Failure.NoConnection() {
		a.Verdict.Add(scenarios.Failure{Part: scenarios.PartResponse, Expected: "a connection", Got: a.Response.Detail})
	}
	a.Unjudged = a.Verdict.Passed() && r.plan.options.Expect.Response == scenarios.ResponseAny
	return nil
}

// due returns when the n-th request (from 0) starts, measured from the start of the first. The load is open: a slow
// response does not delay the requests after it, as it would with a limiter.
func due(rate float64, n int) time.Duration {
	return time.Duration(float64(n) / rate * float64(time.Second))
}

// orderer passes attempts on in the order of the plan.
type orderer struct {
	observe func(*Attempt)
	room    chan struct{} // gets one element less for each attempt passed on
	next    int           // index of the next attempt to pass on
	waiting map[int]*Attempt
}

// add keeps a copy of the attempt until all attempts before it are there.
func (o *orderer) add(a *Attempt) {
	if o.waiting == nil {
		o.waiting = map[int]*Attempt{}
	}
	clone := *a
	o.waiting[a.Index] = &clone
	for a := o.waiting[o.next]; a != nil; a = o.waiting[o.next] {
		delete(o.waiting, o.next)
		o.next++
		o.observe(a)
		<-o.room
	}
}

// flush passes on the attempts that are left, in order. An interrupted run leaves gaps.
func (o *orderer) flush() {
	for index := o.next; len(o.waiting) > 0; index++ {
		if a := o.waiting[index]; a != nil {
			delete(o.waiting, index)
			o.observe(a)
		}
	}
}
