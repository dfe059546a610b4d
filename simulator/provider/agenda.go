package provider

import (
	"context"
	"fmt"
	"time"

	"semblance/simulator/clock"
	"semblance/simulator/journal"
)

// agenda holds timers by their simulated due time.
type agenda struct {
	timers schedule[*timer]
	added  uint64
	wakeAt time.Time          // when the timekeeper wakes by itself; zero for never
	wake   context.CancelFunc // wakes it now; nil before it has started

	advancing chan struct{} // holds one element while Advance is under way
	wasAhead  bool          // the clock of the run before was ahead
}

// timer is something to do at its due time, with the provider's lock held. It must not block.
type timer struct {
	slot
	do func(now time.Time)
}

// set schedules a timer, or schedules it anew.
func (a *agenda) set(t *timer, due time.Time) {
	a.timers.remove(t)
	a.added++
	t.due, t.order = due, a.added
	a.timers.add(t)
	if a.wakeAt.IsZero() || due.Before(a.wakeAt) {
		a.interrupt()
	}
}

// cancel removes a timer. It does nothing for nil and for one that is not scheduled.
func (a *agenda) cancel(t *timer) {
	if t != nil {
		a.timers.remove(t)
	}
}

// interrupt wakes the timekeeper, which then looks at the timers again.
func (a *agenda) interrupt() {
	if a.wake != nil {
		a.wake()
	}
}

// keepTime runs the timers at their due times, until the provider stops.
func (p *Provider) keepTime() {
	ctx, scale := p.life.running, clock.Scale(p.options.Clock)
	for ctx.Err() == nil {
		p.mu.Lock()
		now := p.Now()
		p.runTimers(now)
		sleeping, wake := context.WithCancel(ctx)
		p.agenda.wake, p.agenda.wakeAt = wake, time.Time{}
		next := p.agenda.timers.first()
		if p.life.closing || p.gate.closed {
			next = nil // nothing runs until the gate opens, and nothing at all after the end
		}
		var left time.Duration
		if next != nil {
			p.agenda.wakeAt = next.due
			left = time.Duration(float64(next.due.Sub(now)) * scale)
		}
		p.mu.Unlock()
		if next == nil {
			<-sleeping.Done()
		} else {
			_ = p.options.Clock.Sleep(sleeping, left) // it ends early when the timekeeper is interrupted
		}
		wake()
	}
}

// runTimers runs every timer that is due.
func (p *Provider) runTimers(now time.Time) {
	for !p.life.closing && !p.gate.closed {
		t := p.agenda.timers.first()
		if t == nil || t.due.After(now) {
			return
		}
		p.agenda.timers.remove(t)
		t.do(now)
	}
}

// pruneInterval is the simulated time between two prunings of the journal.
const pruneInterval = time.Hour

// schedulePruning prunes the journal regularly. A fixed clock moves only by sleeping, so a timer that repeats would move
// it without end; then the journal is pruned by the number of records only.
func (p *Provider) schedulePruning() {
	if _, fixed := p.options.Clock.(*clock.FixedClock); fixed {
		return
	}
	t := &timer{}
	t.do = func(now time.Time) {
		p.job(p.prune)
		p.agenda.set(t, now.Add(pruneInterval))
	}
	p.agenda.set(t, p.Now().Add(pruneInterval))
}

// Advance moves a manual clock forward by d. It moves from one due time to the next, and at each waits until everything
// that became due is done, including attempts and their consequences. So a day has the same result whether it is played at
// once or hour by hour, and a restart continues from there. With another clock it is refused.
func (p *Provider) Advance(ctx context.Context, d time.Duration) error {
	manual, ok := p.options.Clock.(*clock.ManualClock)
	if !ok {
		return refuse(CodeClock, "clock", "only a manual clock can be advanced; start the provider with one, as `semblance serve --clock manual` does")
	}
	if d < 0 {
		return refuse(CodeClock, "by", "the clock cannot go back by %v", -d)
	}
	select {
	case p.agenda.advancing <- struct{}{}:
		defer func() { <-p.agenda.advancing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	target, arrived := manual.Now().Add(d), false
	for !arrived {
		err := p.until(ctx, func() bool {
			if !p.quiet() {
				return false
			}
			arrived = p.advanceStep(manual, target)
			return true
		})
		if err != nil {
			return fmt.Errorf("advancing the clock: %w", err)
		}
	}
	return p.until(ctx, p.quiet)
}

// advanceStep moves the clock to the next due time, or to the target if that comes first, and reports whether the target
// is reached.
func (p *Provider) advanceStep(manual *clock.ManualClock, target time.Time) (arrived bool) {
	next := target
	if t := p.agenda.timers.first(); t != nil && t.due.Before(target) {
		next = t.due
	}
	arrived = !next.Before(target)
	manual.Advance(next.Sub(manual.Now()))
	p.runTimers(manual.Now())
	if arrived && !p.life.closing && !p.outbox.unread {
		p.submit(&commit{records: []journal.Record{&journal.Setting{At: target, Key: clockKey}}})
	}
	p.agenda.interrupt() // the timekeeper sleeps until a due time of before
	return arrived
}
