package provider

import (
	"slices"
	"strconv"
	"time"

	"semblance/schemas/splitmix"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/journal"
)

// conclude records an attempt, copies of it, and everything that follows from the attempt: the next state of its delivery,
// and events about a failure or a pause.
func (p *Provider) conclude(t *task, a *journal.Attempt, copies []journal.Record) {
	d := p.state.deliveries[t.delivery.ID]
	if d == nil || d.task != t {
		return // a reset has removed it
	}
	if p.outbox.unread {
		d.task = nil
		d.subscription.backlog.arrange(d)
		return // the attempt is made again, because it cannot be recorded
	}
	c := &commit{records: []journal.Record{a}}
	c.add(copies...)
	if spent := d.spendFault(p.Now()); spent != nil {
		c.add(spent)
	}
	cut := a.Response.Failure == simulator.FailureCanceled && p.workers.attempts.Err() != nil && !d.subscription.Deleted
	if !cut { // an attempt that was cut by Close or Reset does not count
		p.decide(c, d, a)
	}
	d.task = nil
	p.submit(c)
}

// decide sets the next state of a delivery after an attempt, and adds what follows from it to the commit.
func (p *Provider) decide(c *commit, d *pending, a *journal.Attempt) {
	s := d.subscription
	due, again := p.nextAttempt(d, a)
	a.Next = p.options.WhilePaused.stateAfter(a.Response.OK(), due, again, s.Subscription)
	a.Next.Tries = d.tries + 1
	switch {
	case a.Next.State == journal.Delivered:
		p.countFailures(c, s, 0)
	case a.Next.State == journal.Failed:
		failed := s.failed + 1
		paused := p.pausedByBreaker(s, failed)
		p.announceFailure(c, d.record, failure{d.attempts + 1, a.Response.Status}, paused)
		p.countFailures(c, s, failed)
		if paused != nil {
			p.pause(c, s, paused, "paused by the circuit breaker")
			p.announceUpdate(c, paused)
			p.notice(c, paused, failed)
		}
	case s.Deleted:
		p.announceFailure(c, d.record, failure{d.attempts + 1, a.Response.Status}, nil)
	}
}

// nextAttempt asks the retry policy when the attempt after a is due.
func (p *Provider) nextAttempt(d *pending, a *journal.Attempt) (due time.Time, again bool) {
	if a.Response.OK() {
		return time.Time{}, false
	}
	history := make([]Outcome, d.tries+1)
	history[d.tries] = Outcome{Ended: p.Now(), RetryAfter: a.Response.RetryAfter}
	return p.options.Retry.Due(history, splitmix.Mix(p.random.seed^d.number), clock.Scale(p.options.Clock))
}

// pausedByBreaker returns the version of a subscription that the circuit breaker pauses, or nil if it does not.
func (p *Provider) pausedByBreaker(s *subscription, failed int) *simulator.Subscription {
	if s.DeliveryPaused || s.Deleted || !p.options.Breaker.Trips(slices.Repeat([]Ending{EndedFailed}, failed)) {
		return nil
	}
	paused := *s.Subscription
	paused.DeliveryPaused, paused.UpdatedAt = true, p.Now()
	return &paused
}

// countFailures records how many deliveries in a row have failed, so that the circuit breaker continues after a restart.
func (p *Provider) countFailures(c *commit, s *subscription, failed int) {
	if failed != s.failed {
		c.add(&journal.Setting{At: p.Now(), Key: failedKey + s.ID, Value: strconv.AppendInt(nil, int64(failed), 10), Removed: failed == 0})
	}
}

// pause adds a paused version of a subscription and holds its deliveries, or drops them if that is the setting. Attempts
// in flight end first.
func (p *Provider) pause(c *commit, s *subscription, paused *simulator.Subscription, reason string) {
	p.addVersion(c, paused, reason)
	state := p.options.WhilePaused.state()
	for _, d := range s.backlog.waiting() {
		if d.state != state {
			p.addTransition(c, d, journal.DeliveryState{State: state}, "its subscription was "+reason)
		}
	}
}

// resume adds an active version of a subscription and queues its deliveries in the order of their creation. What failed
// before no longer counts for the circuit breaker.
func (p *Provider) resume(c *commit, s *subscription, active *simulator.Subscription) {
	p.addVersion(c, active, "resumed")
	p.countFailures(c, s, 0)
	for _, d := range s.backlog.waiting() {
		p.addTransition(c, d, journal.DeliveryState{State: journal.Pending, Due: p.Now()}, "its subscription was resumed")
	}
}

// dropAll drops the deliveries to a deleted subscription, except those in flight, and announces that they have failed.
func (p *Provider) dropAll(c *commit, s *subscription, deleted *simulator.Subscription) {
	for _, d := range s.backlog.waiting() {
		p.addTransition(c, d, journal.DeliveryState{State: journal.Dropped}, "its subscription was deleted")
		p.announceFailure(c, d.record, failure{d.attempts, d.status}, deleted)
	}
}

func (p *Provider) addVersion(c *commit, version *simulator.Subscription, reason string) {
	c.add(&journal.Subscription{Subscription: *version, At: version.UpdatedAt, Reason: reason})
}

func (p *Provider) addTransition(c *commit, d *pending, next journal.DeliveryState, reason string) {
	next.Tries = d.tries
	c.add(&journal.Transition{At: p.Now(), DeliveryID: d.record.ID, Next: next, Reason: reason})
}
