package provider

import (
	"context"
	"time"

	"semblance/simulator/clock"
)

// After a refused commit no attempts are made for a while, because their results might be refused too and the receiver
// would get the same delivery again and again. Each pause is twice as long as the one before. A commit ends it at once.
const (
	firstPause = 100 * time.Millisecond
	maxPause   = 10 * time.Second
)

// pauseAfter returns the length of the n-th pause in a row.
func pauseAfter(n int) time.Duration { return min(firstPause<<min(n-1, 16), maxPause) }

// journalWorks notes that the journal made a commit.
func (p *Provider) journalWorks() {
	p.outbox.failed, p.outbox.pauses = nil, 0
	if end := p.outbox.recovery; end != nil {
		end()
		p.outbox.recovery = nil
		p.resumeWork()
	}
}

// journalFails notes that the journal refused a commit or could not be read, and stops the attempts for a while.
func (p *Provider) journalFails(err error) {
	if p.outbox.failed == nil {
		p.log.Error("the journal failed", "error", err)
	}
	p.outbox.failed = err
	if p.outbox.recovery != nil {
		return
	}
	pause, end := context.WithCancel(p.life.running)
	p.outbox.recovery = end
	p.outbox.pauses++
	d := pauseAfter(p.outbox.pauses)
	p.life.background.Go(func() {
		if clock.Sleep(pause, d) != nil {
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if pause.Err() != nil {
			return
		}
		end()
		p.outbox.recovery = nil
		if p.outbox.different && !p.outbox.writing { // otherwise the writer does it
			p.recoverState()
		}
		p.resumeWork()
	})
}

// recoverState makes the state equal to the journal after a refusal. Commits that wait are not affected by it: they are
// made before.
func (p *Provider) recoverState() {
	for len(p.outbox.waiting) > 0 {
		batch := p.outbox.waiting
		p.outbox.waiting = nil
		p.finish(batch, p.append(batch))
	}
	next, err := p.load(context.Background())
	p.outbox.different, p.outbox.unread = err != nil, err != nil
	if err != nil {
		p.journalFails(err)
		return
	}
	p.replaceState(next)
	p.submitMoved()
	p.resumeWork()
}

// replaceState puts a loaded state in the place of the current one. Attempts in flight continue.
func (p *Provider) replaceState(next *state) {
	p.prepared.Store(false)
	for _, s := range p.state.all {
		p.agenda.cancel(s.backlog.timer)
		if n := next.byID[s.ID]; n != nil {
			n.local, n.backlog.workers = s.local, s.backlog.workers
		}
	}
	if t, n := &p.state.traffic, &next.traffic; n.Running && t.timer != nil && n.before == t.before && n.Made == t.Made {
		n.begin, n.timer = t.begin, t.timer // the traffic is where it was
	} else {
		p.agenda.cancel(t.timer)
	}
	for id, d := range p.state.deliveries {
		if d.task == nil {
			continue
		}
		if n := p.inMemory(next, id); n != nil {
			n.subscription.backlog.take(n)
			n.task, n.firstAt = d.task, d.firstAt
			n.reserveFault()
		}
	}
	p.state = next
}

// inMemory returns an unfinished delivery of a state, or nil. If it is beyond the window, it is loaded.
func (p *Provider) inMemory(s *state, id string) *pending {
	if d := s.deliveries[id]; d != nil {
		return d
	}
	record, err := p.journal.Delivery(context.Background(), id)
	if err != nil || !record.State.Unfinished() || s.byID[record.SubscriptionID] == nil {
		return nil
	}
	if err := p.loadDelivery(context.Background(), s, s.byID[record.SubscriptionID], record); err != nil {
		return nil
	}
	return s.deliveries[id]
}

// submitMoved submits the records about deliveries whose due times were moved, if there are any.
func (p *Provider) submitMoved() {
	if records := p.movedRecords(p.state); len(records) > 0 {
		p.submit(&commit{records: records})
	}
}
