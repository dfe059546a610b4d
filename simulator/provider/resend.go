package provider

import (
	"context"
	"errors"
	"fmt"

	"semblance/simulator/journal"
)

// Resend sends the request of an attempt again, at once and in any state of its delivery, and returns the new attempt. It
// sends the same bytes with the old signature; with anew, it makes a new request with a new eventId and signature for the
// current URL of the subscription. Retry policy and circuit breaker ignore it, but a finished delivery becomes delivered
// if the receiver accepts it.
func (p *Provider) Resend(ctx context.Context, attempt journal.Seq, anew bool) (*journal.Attempt, error) {
	return p.ResendEdited(ctx, attempt, Edit{Anew: anew})
}

// sent returns an attempt and its delivery.
func (p *Provider) sent(ctx context.Context, attempt journal.Seq) (*journal.Attempt, *journal.Delivery, error) {
	a, err := p.journal.Attempt(ctx, attempt)
	if errors.Is(err, journal.ErrNotFound) {
		return nil, nil, refuse(CodeNotFound, "attempt", "unknown attempt %d", attempt)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("resending attempt %d: %w", attempt, err)
	}
	d, err := p.journal.Delivery(ctx, a.DeliveryID)
	if errors.Is(err, journal.ErrNotFound) {
		return nil, nil, refuse(CodeNotFound, "attempt", "the delivery of attempt %d is not in the journal any more", attempt)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("resending attempt %d: %w", attempt, err)
	}
	return a, d, nil
}

// beginResend returns the task of an attempt by hand, which is in flight from then on.
func (p *Provider) beginResend(d *journal.Delivery) (task, context.Context, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.admit(); err != nil {
		return task{}, nil, err
	}
	s := p.state.byID[d.SubscriptionID]
	if s == nil {
		return task{}, nil, noSubscription("subscription", d.SubscriptionID)
	}
	p.workers.busy++
	return p.newTask(s, d), p.workers.attempts, nil
}

// concludeResend records an attempt by hand. One that is changed leaves the state of the delivery as it is.
func (p *Provider) concludeResend(ctx context.Context, d *journal.Delivery, a *journal.Attempt, changed bool) error {
	p.mu.Lock()
	p.admitResult()
	if a.Response.OK() && !changed {
		if unfinished, err := p.isUnfinished(ctx, d); err == nil && !unfinished {
			a.Next = journal.DeliveryState{State: journal.Delivered, Tries: d.Tries}
		}
	}
	c := newCommit()
	c.add(a)
	p.submit(c)
	p.rest()
	p.mu.Unlock()
	return c.wait(ctx)
}
