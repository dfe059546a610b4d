package provider

import (
	"context"
	"time"

	"semblance/simulator"
	"semblance/simulator/delivery"
	"semblance/simulator/fault"
	"semblance/simulator/journal"
)

// kick starts a worker for the subscription if there is something to do and not enough of them.
func (p *Provider) wake(s *subscriber) {
	if s.workers < p.options.InFlight && p.nextDue(s) != nil {
		s.workers++
		p.busy++
		go p.work(s)
	}
}

// kickAll starts as many workers as there are deliveries and room for.
func (p *Provider) wakeAll(s *subscriber) {
	for range min(p.options.InFlight, s.queue.length()) {
		p.wake(s)
	}
}

// turn returns the delivery whose turn it is, or nil: nothing waits, or the first is not committed yet.
func (p *Provider) nextDue(s *subscriber) *outstanding {
	if p.closing {
		return nil
	}
	o := s.queue.first()
	if o == nil || !o.committed {
		return nil
	}
	return o
}

// work makes attempts for one subscription, one at a time, until there is nothing to do. Close and Reset wait for it.
func (p *Provider) work(s *subscriber) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		for len(p.out.waiting) > mostUnwritten {
			p.out.less.Wait()
		}
		o := p.nextDue(s)
		if o == nil {
			break
		}
		s.queue.pop()
		o.place = onFlight
		t := p.ready(o)
		ctx := p.attempting
		p.mu.Unlock()
		a := p.attempt(ctx, t)
		p.mu.Lock()
		p.conclude(o, a, t.spent)
	}
	s.workers--
	p.rest()
}

// task is an attempt that is to be made, with all that it takes from what the lock guards.
type task struct {
	sub         *simulator.Subscription
	secrets     []simulator.Secret
	outstanding simulator.Delivery
	fact        *fact
	number      int
	eventID     string
	at          time.Time // of the attempt
	signed      time.Time // of the signature
	fault       *fault.Fault
	spent       *journal.Fault // what is left of the fault, where it counts
}

// ready makes ready the next attempt of the ladder.
func (p *Provider) ready(o *outstanding) task {
	t := p.next(o)
	if o.firstAt.IsZero() {
		o.firstAt = t.at
	}
	if p.options.SignOnce {
		t.signed = o.firstAt
	}
	t.fault, t.spent = p.inject(o.to, t.at)
	return t
}

// next makes an attempt of a delivery, with the next number.
func (p *Provider) next(o *outstanding) task {
	at := p.clock.Now()
	o.attempts++
	t := task{sub: o.to.sub, secrets: o.to.secrets(at), outstanding: o.Delivery, fact: o.fact, number: o.attempts, eventID: o.EventID, at: at, signed: at}
	if t.eventID == "" {
		t.eventID = p.ids.New(at).String()
	}
	return t
}

// attempt makes one attempt. It holds no lock: it lasts as long as the receiver takes.
func (p *Provider) attempt(ctx context.Context, t task) *journal.Attempt {
	a := &journal.Attempt{Attempt: simulator.Attempt{
		DeliveryID: t.outstanding.ID, SubscriptionID: t.sub.ID, Number: t.number, StartedAt: t.at,
	}}
	request, err := p.sender.Prepare(delivery.Message{
		URL: t.sub.URL, SubscriptionID: t.sub.ID, Secrets: t.secrets, Headers: t.sub.Headers,
		Event: &t.outstanding.Event, EventID: t.eventID, At: t.signed, Fault: t.fault,
	})
	a.Request = request
	if err != nil {
		a.Response = simulator.Response{Failure: simulator.FailureBlocked, Detail: err.Error()}
		return a
	}
	a.Verdict, a.Violations = t.fact.judge(&t, &p.shapes)
	a.Response = p.senderFor(ctx, &t, t.fault != nil).Send(ctx, request)
	return a
}

// senderFor returns the sender for an attempt: traffic and what is spoiled go to loopback and private addresses alone.
func (p *Provider) senderFor(ctx context.Context, t *task, faulty bool) *delivery.Sender {
	if faulty || p.isRestricted(ctx, t.fact) {
		return p.restricted
	}
	return p.sender
}

// conclude decides what becomes of a delivery after an attempt, and submits the attempt with it to the journal.
func (p *Provider) conclude(o *outstanding, a *journal.Attempt, spent *journal.Fault) {
	s, now := o.to, p.clock.Now()
	c := &commit{records: []journal.Record{a}}
	if spent != nil {
		c.records = append(c.records, spent)
	}
	defer p.submit(c)
	if a.Response.Failure == simulator.FailureCanceled && p.attempting.Err() != nil && !s.sub.Deleted {
		o.place = onHold // it was stopped, and counts for nothing: it stays owed
		return
	}
	o.status = a.Response.Status
	o.history = append(o.history, Outcome{Ended: now, OK: a.Response.OK(), RetryAfter: a.Response.RetryAfter})
	due, again := p.options.Retry.Due(o.history, p.jitter(o), p.scale)
	a.Next.Tries = len(o.history)
	switch {
	case a.Response.OK():
		a.Next.State = journal.Delivered
		c.accepted = &acceptance{eventType: o.Event.Type.Name, subscription: s.sub.ID}
		p.settle(c, o)
		p.ended(c, s, EndedDelivered)
	case s.sub.Deleted:
		a.Next.State = journal.Dropped
		p.settle(c, o)
		p.tellOfFailure(c, o)
	case !again:
		a.Next.State = journal.Failed
		p.settle(c, o)
		p.tellOfFailure(c, o)
		p.ended(c, s, EndedFailed)
	case !s.sub.DeliveryPaused:
		a.Next.State, a.Next.Due = journal.Pending, due
		p.climb(o, due)
	case p.options.WhilePaused == KeepWhilePaused:
		a.Next.State = journal.Held
		o.place = onHold
	default:
		a.Next.State = journal.Dropped
		p.settle(c, o)
	}
}

// climb lets a delivery wait on the ladder until it is due.
func (p *Provider) climb(o *outstanding, due time.Time) {
	o.place = underRetryPolicy
	o.ring = p.schedule(due, func(time.Time) {
		o.to.enqueue(o)
		p.wake(o.to)
	})
}
