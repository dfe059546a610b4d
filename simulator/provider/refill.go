package provider

import (
	"context"
	"fmt"
	"time"

	"semblance/simulator/journal"
)

// refill loads the next deliveries of a subscription from the journal.
func (p *Provider) refill(ctx context.Context, s *subscription) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isCurrent(s) && !p.readAhead(ctx, s) {
		p.fillAlone(ctx, s)
	}
	p.leaveJob(s)
}

// readAhead loads the deliveries that follow the window of a subscription, while everything else continues. Meanwhile
// nothing is left to the journal, so that only the deliveries that were left before must be read. It returns false if
// something happened that changes which deliveries follow.
func (p *Provider) readAhead(ctx context.Context, s *subscription) bool {
	b, state := &s.backlog, p.state
	if b.heldFirst || s.blocks() || p.outbox.unread {
		return false
	}
	b.reading = &reading{gone: map[string]bool{}}
	from := journal.QueuePosition{Due: b.horizon.due.Truncate(time.Microsecond)} // the journal may be less precise
	limit := min(state.window+b.workers, journal.MaxLimit)
	next, err := p.readQueue(ctx, s.ID, from, limit)
	for p.gate.closed && !p.gate.draining {
		p.gate.opened.Wait()
	}
	during := b.reading
	b.reading = nil
	if err != nil || !p.isCurrent(s) || during.stale || s.blocks() || p.gate.draining || p.life.closing {
		return false
	}
	loaded := 0
	for _, d := range next {
		b.horizon = slot{due: d.Due, order: uint64(d.Seq)}
		if state.deliveries[d.ID] != nil || during.gone[d.ID] {
			continue
		}
		if err := p.loadDelivery(ctx, state, s, d); err != nil {
			return false
		}
		loaded++
	}
	if len(next) < limit {
		b.beyond = 0 // the journal has no others
	}
	state.leaveBeyond(b)
	p.submitMoved()
	return loaded > 0 || b.beyond == 0
}

// readQueue reads pending deliveries of a subscription, without the lock. Everything that was submitted is committed state.
func (p *Provider) readQueue(ctx context.Context, id string, from journal.QueuePosition, limit int) ([]*journal.Delivery, error) {
	mark := newCommit()
	if p.outbox.empty() {
		mark.done <- nil
	} else {
		p.enqueue(mark)
	}
	p.mu.Unlock()
	defer p.mu.Lock()
	if err := mark.wait(ctx); err != nil {
		return nil, err
	}
	return p.journal.Queue(ctx, id, journal.Pending, from, limit)
}

// fillAlone loads the window of a subscription while nothing else happens.
func (p *Provider) fillAlone(ctx context.Context, s *subscription) {
	if !p.enterAlone() {
		return
	}
	if p.isCurrent(s) && !s.blocks() {
		if err := p.fill(ctx, p.state, s); err != nil && ctx.Err() == nil {
			p.journalFails(fmt.Errorf("reading the journal: %w", err))
		}
		p.submitMoved()
	}
	p.openGate()
}

// enterAlone closes the gate for a job, and waits until everything that was submitted is committed. It returns false if
// the job must end, because the provider is closing or resets.
func (p *Provider) enterAlone() bool {
	for p.gate.closed && !p.gate.draining {
		p.gate.opened.Wait()
	}
	if p.gate.draining || p.life.closing || p.outbox.unread {
		return false
	}
	p.gate.closed = true
	for !p.outbox.empty() {
		p.outbox.less.Wait()
	}
	return true
}

// isCurrent reports whether a subscription of a job is still that of the state. If it is not, the state was loaded since.
func (p *Provider) isCurrent(s *subscription) bool { return p.state.byID[s.ID] == s }

// leaveJob notes that the job of a subscription has ended.
func (p *Provider) leaveJob(s *subscription) {
	s.backlog.busy = false
	if p.isCurrent(s) {
		p.wake(s)
	}
}
