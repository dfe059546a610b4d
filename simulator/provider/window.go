package provider

import (
	"context"
	"errors"

	"semblance/simulator/journal"
)

// watchWindow starts a job if deliveries beyond the window of a subscription call for one. Those of an active subscription
// are loaded when its window is nearly empty. Those of a paused one are held, or dropped if that is the setting, and those
// of a deleted one are dropped.
func (p *Provider) watchWindow(s *subscription) {
	b := &s.backlog
	if b.beyond == 0 || b.busy || p.idle() {
		return
	}
	switch {
	case s.blocks() && !b.settled:
		b.busy = true
		p.job(func(ctx context.Context) { p.settleBeyond(ctx, s) })
	case !s.blocks() && b.needsMore(p.state.window, p.Now()):
		b.busy = true
		p.job(func(ctx context.Context) { p.refill(ctx, s) })
	}
}

// portion is the number of deliveries beyond the window that are changed in one commit.
const portion = 1000

// settleBeyond changes the deliveries beyond the window of a blocked subscription to the state that they must have.
func (p *Provider) settleBeyond(ctx context.Context, s *subscription) {
	err := error(nil)
	for _, from := range []journal.State{journal.Pending, journal.Held} {
		for after, more := (journal.QueuePosition{}), true; more && err == nil; {
			after, more, err = p.settlePortion(ctx, s, from, after)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s.backlog.settled = err == nil && s.blocks()
	p.leaveJob(s)
}

// errStopped ends a job because the provider is closing or resets.
var errStopped = errors.New("stopped")

// settlePortion changes up to a portion of the deliveries that have a state. It returns the last one and whether there may
// be more.
func (p *Provider) settlePortion(ctx context.Context, s *subscription, from journal.State, after journal.QueuePosition) (journal.QueuePosition, bool, error) {
	p.mu.Lock()
	if !p.enterAlone() {
		p.mu.Unlock()
		return after, false, errStopped
	}
	to := p.options.WhilePaused.state()
	var all []*journal.Delivery
	var err error
	if s.Deleted {
		to = journal.Dropped
	}
	if p.isCurrent(s) && s.blocks() && to != from {
		all, err = p.journal.Queue(ctx, s.ID, from, after, portion)
	}
	c := newCommit()
	c.command = true
	for _, d := range all {
		after = d.QueuePosition()
		if p.state.deliveries[d.ID] == nil {
			p.changeBeyond(c, s, d, to)
		}
	}
	if err != nil || len(c.records) == 0 {
		p.openGate()
		p.mu.Unlock()
		return after, len(all) == portion, err
	}
	dropped := len(c.finished)
	c.then = func() { s.backlog.beyond -= dropped }
	p.enqueue(c)
	p.mu.Unlock()
	return after, len(all) == portion, c.wait(ctx)
}

// changeBeyond adds the change of a delivery beyond the window to a commit.
func (p *Provider) changeBeyond(c *commit, s *subscription, d *journal.Delivery, to journal.State) {
	reason := "its subscription was paused"
	if s.Deleted {
		reason = "its subscription was deleted"
	}
	c.add(&journal.Transition{At: p.Now(), DeliveryID: d.ID, Next: journal.DeliveryState{State: to, Tries: d.Tries}, Reason: reason})
	if s.Deleted {
		p.announceFailure(c, d, failure{d.Attempts, d.Status}, nil)
	}
	if to == journal.Dropped {
		c.finished = append(c.finished, s) // see state.settle
	}
}
