package provider

import (
	"context"
	"time"

	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/fault"
	"semblance/simulator/journal"
)

// concerns reports whether the plan may change the next attempt of a delivery. A delay and a reorder concern the first attempt
// at its original time, so that no delivery is delayed twice, also not after a restart.
func (f *faultPlan) concerns(d *pending) bool {
	return f.fault.Wait(1) == 0 || d.attempts == 0 && d.due.Equal(d.record.CreatedAt)
}

// divert carries out a fault that prevents the attempt which is due: the delivery is dropped or becomes due later. It reports
// whether it did.
func (p *Provider) divert(s *subscription, d *pending, plan *faultPlan) bool {
	if plan == nil || plan.fault.Family() != fault.Delivery || plan.fault.Copies() > 0 {
		return false
	}
	now := p.Now()
	next, reason := journal.DeliveryState{State: journal.Dropped}, "dropped by the fault "+plan.Fault
	if !plan.fault.Drops() {
		s.drawn++
		wait := plan.fault.Wait(share(p.random.seed, p.state.indexOf(s), s.drawn))
		wait = max(time.Millisecond, time.Duration(float64(wait)/clock.Scale(p.options.Clock)))
		next, reason = journal.DeliveryState{State: journal.Pending, Due: now.Add(wait)}, "delayed by the fault "+plan.Fault
	}
	c := &commit{}
	p.addTransition(c, d, next, reason)
	if plan.Next > 0 {
		spent := plan.record(now, plan.Next == 1)
		spent.Remaining--
		c.add(spent)
	}
	p.submit(c)
	return true
}

// duplicates sends the request of an attempt again, as often as its fault says, and returns the attempts. They do not change
// the state of the delivery. Like attempt, it is called without the lock.
func (p *Provider) duplicates(ctx context.Context, t *task, first *journal.Attempt) []journal.Record {
	if t.fault == nil {
		return nil
	}
	var copies []journal.Record
	for range t.fault.fault.Copies() {
		a := &journal.Attempt{Verdict: first.Verdict, Violations: first.Violations, Attempt: simulator.Attempt{
			DeliveryID: first.DeliveryID, SubscriptionID: first.SubscriptionID, StartedAt: p.Now(), Request: first.Request,
		}}
		a.Request.Fault = t.fault.Fault
		if a.Response = p.sender.Send(ctx, a.Request); ctx.Err() != nil {
			break // it was cut
		}
		copies = append(copies, a)
	}
	return copies
}
