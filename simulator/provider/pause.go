package provider

import (
	"context"
	"errors"
	"fmt"

	"semblance/simulator/journal"
)

// hold keeps what is owed to a subscription that was paused, or drops it where that is the setting. What is in flight
// ends first.
func (p *Provider) hold(c *commit, s *subscriber, reason string) {
	if p.options.WhilePaused == DropWhilePaused {
		p.drop(c, s, reason, false)
		return
	}
	for _, o := range s.waiting() {
		if o.place == onHold {
			continue
		}
		p.timetable.remove(o.ring)
		o.place, o.ring = onHold, nil
		p.transition(c, o, journal.DeliveryState{State: journal.Held, Tries: len(o.history)}, reason)
	}
	s.queue.clear()
}

// unhold queues what was kept, in the order in which it came to be, and gives the receiver a new start.
func (p *Provider) unhold(c *commit, s *subscriber) {
	p.ended(c, s, EndedResumed)
	now := p.clock.Now()
	for _, o := range s.waiting() {
		s.enqueue(o)
		p.transition(c, o, journal.DeliveryState{State: journal.Pending, Due: now, Tries: len(o.history)}, "its subscription was resumed")
	}
	c.wakes = append(c.wakes, s)
}

// drop gives up what is owed to a subscription and not in flight.
func (p *Provider) drop(c *commit, s *subscriber, reason string, tell bool) {
	for _, o := range s.waiting() {
		p.settle(c, o)
		p.transition(c, o, journal.DeliveryState{State: journal.Dropped, Tries: len(o.history)}, reason)
		if tell {
			p.tellOfFailure(c, o)
		}
	}
	s.queue.clear()
}

func (p *Provider) transition(c *commit, o *outstanding, then journal.DeliveryState, reason string) {
	c.records = append(c.records, &journal.Transition{At: p.clock.Now(), DeliveryID: o.ID, Next: then, Reason: reason})
}

// Requeue queues deliveries that failed for good or were dropped once more, as by hand from the provider's log: each
// climbs the ladder anew. It is all or none: if one of them cannot be queued, none is.
func (p *Provider) Requeue(ctx context.Context, deliveryIDs ...string) error {
	p.stage.RLock()
	defer p.stage.RUnlock()
	found := make([]*journal.Delivery, 0, len(deliveryIDs))
	for _, id := range deliveryIDs {
		d, err := p.journal.Delivery(ctx, id)
		if errors.Is(err, journal.ErrNotFound) {
			return refuse(CodeNotFound, "delivery", "there is no delivery %q", id)
		}
		if err != nil {
			return fmt.Errorf("requeueing %s: %w", id, err)
		}
		if d.State != journal.Failed && d.State != journal.Dropped {
			return refuse(CodeNotFailed, "delivery", "the delivery %s is %s; only one that failed for good or was dropped is queued again", id, d.State)
		}
		found = append(found, d)
	}
	return p.requeue(ctx, found)
}

// RequeueMatching requeues every delivery that failed for good and fits the query, and returns how many there were.
func (p *Provider) RequeueMatching(ctx context.Context, q journal.Query) (int, error) {
	p.stage.RLock()
	defer p.stage.RUnlock()
	q.States, q.Oldest, q.Limit, q.Cursor = []journal.State{journal.Failed}, true, journal.MaxLimit, ""
	n := 0
	for {
		page, err := p.journal.Deliveries(ctx, q)
		if err != nil {
			return n, fmt.Errorf("requeueing: %w", err)
		}
		if err := p.requeue(ctx, page.Items); err != nil {
			return n, err
		}
		n += len(page.Items)
		if page.Next == "" {
			return n, nil
		}
		q.Cursor = page.Next
	}
}

func (p *Provider) requeue(ctx context.Context, deliveries []*journal.Delivery) error {
	c := newCommit()
	p.mu.Lock()
	if err := p.requeueable(deliveries); err != nil {
		p.mu.Unlock()
		return err
	}
	now := p.clock.Now()
	for _, d := range deliveries {
		s := p.subscribers[d.SubscriptionID]
		if s.outstanding[d.ID] != nil {
			continue // named twice
		}
		o := p.revive(d)
		p.count(o)
		then := journal.DeliveryState{State: journal.Held}
		if o.place = onHold; !s.sub.DeliveryPaused {
			then = journal.DeliveryState{State: journal.Pending, Due: now}
			s.enqueue(o)
		}
		p.transition(c, o, then, "queued again by hand")
		c.outstanding = append(c.outstanding, o)
	}
	p.submit(c)
	p.mu.Unlock()
	return c.wait(ctx)
}

func (p *Provider) requeueable(deliveries []*journal.Delivery) error {
	if p.closing {
		return errClosing()
	}
	for _, d := range deliveries {
		s := p.subscribers[d.SubscriptionID]
		if s == nil || s.sub.Deleted {
			return refuse(CodeDeleted, "delivery", "the delivery %s cannot be queued again: its subscription %s is deleted", d.ID, d.SubscriptionID)
		}
	}
	return nil
}

// revive makes a delivery of the journal one that is owed, at the foot of the ladder.
func (p *Provider) revive(d *journal.Delivery) *outstanding {
	return &outstanding{Delivery: d.Delivery, fact: &fact{of: d.EventSeq}, to: p.subscribers[d.SubscriptionID], attempts: d.Attempts, status: d.Status}
}
