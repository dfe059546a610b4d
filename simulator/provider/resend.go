package provider

import (
	"context"
	"errors"
	"fmt"

	"semblance/simulator"
	"semblance/simulator/journal"
)

// Resend sends an attempt of the journal once more, at once and whether or not its delivery is owed, and returns the
// new attempt. The same bytes go out as then, under the old signature; or, signed anew, a new attempt with an eventId
// and a signature of its own, to where the subscription is now. The ladder and the breaker take no notice of it, but a
// delivery that had failed for good is delivered when it is accepted.
func (p *Provider) Resend(ctx context.Context, attempt journal.Seq, anew bool) (*journal.Attempt, error) {
	p.stage.RLock()
	defer p.stage.RUnlock()
	before, err := p.journal.Attempt(ctx, attempt)
	if errors.Is(err, journal.ErrNotFound) {
		return nil, refuse(CodeNotFound, "attempt", "there is no attempt %d", attempt)
	}
	if err != nil {
		return nil, fmt.Errorf("resending attempt %d: %w", attempt, err)
	}
	d, err := p.journal.Delivery(ctx, before.DeliveryID)
	if errors.Is(err, journal.ErrNotFound) {
		return nil, refuse(CodeNotFound, "attempt", "the delivery of attempt %d is not in the journal any more", attempt)
	}
	if err != nil {
		return nil, fmt.Errorf("resending attempt %d: %w", attempt, err)
	}
	t, running, err := p.readyAgain(d)
	if err != nil {
		return nil, err
	}
	var a *journal.Attempt
	if anew {
		a = p.attempt(running, t)
	} else {
		a = &journal.Attempt{ReplayOf: before.Seq, Verdict: before.Verdict, Violations: before.Violations, Attempt: simulator.Attempt{
			DeliveryID: d.ID, SubscriptionID: d.SubscriptionID, Number: t.number, StartedAt: t.at, Request: before.Request,
		}}
		a.Response = p.senderFor(running, &t, before.Request.Fault != "").Send(running, before.Request)
	}
	c := newCommit()
	c.records = append(c.records, a)
	p.mu.Lock()
	p.concludeAgain(c, d, a)
	p.submit(c)
	p.rest()
	p.mu.Unlock()
	if err := c.wait(ctx); err != nil {
		return nil, fmt.Errorf("resending attempt %d: %w", attempt, err)
	}
	return a, nil
}

// readyAgain makes ready an attempt by hand, with the next number of its delivery. It counts as under way from then on.
func (p *Provider) readyAgain(d *journal.Delivery) (task, context.Context, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closing {
		return task{}, nil, errClosing()
	}
	s := p.subscribers[d.SubscriptionID]
	if s == nil {
		return task{}, nil, refuse(CodeNotFound, "subscription", "there is no subscription %q", d.SubscriptionID)
	}
	o := s.outstanding[d.ID]
	if o == nil {
		o = p.resends[d.ID]
	}
	if o == nil {
		o = p.revive(d)
		p.resends[d.ID] = o
	}
	o.byHand++
	p.busy++
	return p.next(o), p.attempting, nil
}

func (p *Provider) concludeAgain(c *commit, d *journal.Delivery, a *journal.Attempt) {
	s := p.subscribers[d.SubscriptionID]
	if o := p.resends[d.ID]; o != nil {
		if o.byHand--; o.byHand == 0 {
			delete(p.resends, d.ID)
		}
	}
	if !a.Response.OK() {
		return
	}
	c.accepted = &acceptance{eventType: d.Event.Type.Name, subscription: d.SubscriptionID}
	if s.outstanding[d.ID] == nil && !d.State.Unfinished() {
		a.Next = journal.DeliveryState{State: journal.Delivered, Tries: d.Tries}
	}
}
