package provider

import (
	"context"
	"errors"
	"fmt"

	"semblance/simulator/journal"
)

// Requeue queues deliveries again that have failed or were dropped, as the provider's webhook log allows by hand. Their
// retries start from the beginning. If one of the deliveries cannot be queued, none is.
func (p *Provider) Requeue(ctx context.Context, deliveryIDs ...string) error {
	var deliveries []*journal.Delivery
	for _, id := range deliveryIDs {
		d, err := p.journal.Delivery(ctx, id)
		if errors.Is(err, journal.ErrNotFound) {
			return refuse(CodeNotFound, "delivery", "unknown delivery %q", id)
		}
		if err != nil {
			return fmt.Errorf("requeueing %s: %w", id, err)
		}
		if d.State != journal.Failed && d.State != journal.Dropped {
			return refuse(CodeNotFailed, "delivery", "the delivery %s is %s; only a failed or dropped one can be queued again", id, d.State)
		}
		deliveries = append(deliveries, d)
	}
	return p.requeue(ctx, deliveries)
}

// RequeueMatching queues every failed delivery that matches the query again, and returns their number.
func (p *Provider) RequeueMatching(ctx context.Context, q journal.Query) (int, error) {
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
	return p.command(ctx, func(c *commit) error {
		if err := p.checkRoomFor(len(deliveries)); err != nil {
			return err
		}
		queued := map[string]*journal.Delivery{}
		for _, d := range deliveries {
			s := p.state.byID[d.SubscriptionID]
			if s == nil || s.Deleted {
				return refuse(CodeDeleted, "delivery", "the delivery %s cannot be queued again: its subscription %s is deleted", d.ID, d.SubscriptionID)
			}
			unfinished, err := p.isUnfinished(ctx, d)
			if err != nil {
				return fmt.Errorf("requeueing %s: %w", d.ID, err)
			}
			if unfinished || queued[d.ID] != nil {
				continue // it was named twice
			}
			again := *d
			again.DeliveryState = journal.DeliveryState{State: journal.Pending, Due: p.Now()}
			if s.DeliveryPaused {
				again.DeliveryState = journal.DeliveryState{State: journal.Held}
			}
			queued[d.ID] = &again
			c.add(&journal.Transition{At: p.Now(), DeliveryID: d.ID, Next: again.DeliveryState, Reason: "queued again by hand"})
		}
		c.then = func() {
			for _, again := range queued {
				p.state.add(again).committed = true
			}
		}
		return nil
	})
}

// isUnfinished reports whether a delivery that was read from the journal before is unfinished now.
func (p *Provider) isUnfinished(ctx context.Context, d *journal.Delivery) (bool, error) {
	if p.state.deliveries[d.ID] != nil {
		return true, nil
	}
	s := p.state.byID[d.SubscriptionID]
	if s == nil || s.backlog.beyond == 0 {
		return false, nil
	}
	now, err := p.journal.Delivery(ctx, d.ID)
	return err == nil && now.State.Unfinished(), err
}
