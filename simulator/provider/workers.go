package provider

import (
	"context"
	"time"

	"semblance/simulator"
	"semblance/simulator/delivery"
	"semblance/simulator/fault"
	"semblance/simulator/journal"
)

// workers are the goroutines that make attempts, and other jobs that Advance, Reset and Close wait for.
type workers struct {
	busy     int                // workers and jobs that are running
	attempts context.Context    // of the attempts in flight
	cut      context.CancelFunc // ends the attempts in flight
}

func (w *workers) renew() { w.attempts, w.cut = context.WithCancel(context.Background()) }

// task is an attempt to make, with everything that it needs from the state.
type task struct {
	delivery     *journal.Delivery
	subscription *simulator.Subscription
	secrets      []simulator.Secret
	eventID      string
	startedAt    time.Time
	signedAt     time.Time
	fault        *faultPlan // nil for none
}

// resumeWork makes everything continue that may have stopped: timers, traffic and attempts.
func (p *Provider) resumeWork() {
	p.agenda.interrupt()
	p.scheduleTraffic()
	for _, s := range p.state.all {
		p.wake(s)
	}
}

// idle reports whether no attempts may begin.
func (p *Provider) idle() bool { return p.life.closing || p.gate.closed || p.outbox.recovery != nil }

// wake starts a worker if an attempt is due, or sets the timer for the next one.
func (p *Provider) wake(s *subscription) {
	b := &s.backlog
	p.watchWindow(s)
	first := b.first()
	if first == nil || !first.committed || p.idle() {
		return
	}
	if first.due.After(p.Now()) {
		if b.timer == nil {
			b.timer = &timer{do: func(time.Time) { p.wake(s) }}
		}
		if b.timer.index == 0 || first.due.Before(b.timer.due) {
			p.agenda.set(b.timer, first.due)
		}
		return
	}
	if b.workers < p.options.InFlight {
		b.workers++
		p.workers.busy++
		go p.work(s.ID)
	}
}

// work makes attempts for a subscription, one at a time, until none is due.
func (p *Provider) work(subscriptionID string) {
	t := new(task)
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.beginAttempt(subscriptionID, t) {
		ctx := p.workers.attempts
		p.mu.Unlock()
		a := p.attempt(ctx, t)
		copies := p.duplicates(ctx, t, a)
		p.mu.Lock()
		p.admitResult()
		p.conclude(t, a, copies)
	}
	if s := p.state.byID[subscriptionID]; s != nil {
		s.backlog.workers--
		p.wake(s)
	}
	p.rest()
}

// beginAttempt fills in the task of the next attempt to a subscription. It returns false if none is due.
func (p *Provider) beginAttempt(subscriptionID string, t *task) bool {
	s, d, plan := p.nextDelivery(subscriptionID)
	for d != nil && p.divert(s, d, plan) {
		s, d, plan = p.nextDelivery(subscriptionID)
	}
	if d == nil {
		return false
	}
	d.task = t
	*t = p.newTask(s, d.record)
	if d.firstAt.IsZero() {
		d.firstAt = t.startedAt
	}
	if p.options.SignOnce {
		t.signedAt = d.firstAt
	}
	t.fault = plan
	d.reserveFault()
	p.wake(s) // for the next delivery, if one is due
	return true
}

// nextDelivery takes the delivery whose attempt is due next out of its schedule, or returns nil if none is due.
func (p *Provider) nextDelivery(subscriptionID string) (*subscription, *pending, *faultPlan) {
	for len(p.outbox.waiting) > maxUnwritten {
		p.outbox.less.Wait()
	}
	s := p.state.byID[subscriptionID]
	if s == nil || p.idle() {
		return nil, nil, nil
	}
	d := s.backlog.next(p.Now())
	if d == nil {
		return nil, nil, nil
	}
	s.backlog.take(d)
	return s, d, p.chooseFault(s, d)
}

// newTask returns the task of an attempt that begins now, without a fault.
func (p *Provider) newTask(s *subscription, record *journal.Delivery) task {
	at := p.Now()
	t := task{
		delivery: record, subscription: s.Subscription, secrets: s.secrets(at), eventID: record.EventID,
		startedAt: at, signedAt: at,
	}
	if t.eventID == "" {
		t.eventID = p.random.ids.New(at).String()
	}
	return t
}

// attempt makes an attempt. It is called without the lock, because it takes as long as the receiver does.
func (p *Provider) attempt(ctx context.Context, t *task) *journal.Attempt {
	a := &journal.Attempt{Attempt: simulator.Attempt{DeliveryID: t.delivery.ID, StartedAt: t.startedAt}}
	m := delivery.Message{
		URL: t.subscription.URL, SubscriptionID: t.subscription.ID, Secrets: t.secrets, Headers: t.subscription.Headers,
		Event: &t.delivery.Event, EventID: t.eventID, At: t.signedAt, Kind: t.kind(),
	}
	if t.fault != nil && t.fault.fault.Family() != fault.Delivery {
		m.Fault = t.fault.fault
	}
	if err := p.sender.Attempt(ctx, m, &a.Attempt); err == nil {
		a.Verdict, a.Violations = p.verdicts.of(&t.delivery.Event, t.subscription.ID, t.eventID)
	}
	return a
}

// kind returns the kind of a task's request.
func (t *task) kind() simulator.Kind {
	if t.delivery.Origin == originTraffic {
		return simulator.KindTraffic
	}
	return simulator.KindEvent
}

// job runs f in a goroutine that Advance, Reset and Close wait for.
func (p *Provider) job(f func(ctx context.Context)) {
	if p.life.closing {
		return
	}
	p.workers.busy++
	ctx := p.workers.attempts
	go func() {
		f(ctx)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.rest()
	}()
}

// rest notes that a worker or a job has ended.
func (p *Provider) rest() {
	p.workers.busy--
	if p.workers.busy == 0 {
		p.progress.notify()
	}
}
