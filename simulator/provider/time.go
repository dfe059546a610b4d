package provider

import (
	"context"
	"fmt"
	"time"

	"semblance/simulator/clock"
	"semblance/simulator/journal"
)

// pruneInterval is how often, in the simulated time, the journal forgets what is old.
const pruneInterval = time.Hour

// clockKey is the setting that says, by its time alone, to when a manual clock was advanced.
const clockKey = "clock"

// alarm is what wakes the goroutine that keeps time.
type alarm struct {
	at   time.Time // when it wakes by itself; zero for never
	ring context.CancelFunc
}

// schedule enters something into the agenda.
func (p *Provider) schedule(at time.Time, do func(now time.Time)) *entry {
	e := p.timetable.add(at, do)
	if p.alarm.ring != nil && (p.alarm.at.IsZero() || at.Before(p.alarm.at)) {
		p.alarm.ring()
	}
	return e
}

// keepTime does what the agenda says when its time comes, until ctx is done.
func (p *Provider) keepTime(ctx context.Context) {
	scale := clock.Scale(p.clock)
	for ctx.Err() == nil {
		p.mu.Lock()
		now := p.clock.Now()
		p.fire(now)
		sleeping, ring := context.WithCancel(ctx)
		p.alarm = alarm{ring: ring}
		next := p.timetable.next()
		if p.closing {
			next = nil // nothing is done any more, however long it is due
		}
		if next != nil {
			p.alarm.at = next.at
		}
		p.mu.Unlock()
		if next == nil {
			<-sleeping.Done()
		} else {
			// It ends early when it is rung, and that is no error.
			_ = p.clock.Sleep(sleeping, time.Duration(float64(p.alarm.at.Sub(now))*scale))
		}
		ring()
	}
}

// fire does everything whose time has come.
func (p *Provider) fire(now time.Time) {
	for !p.closing {
		e := p.timetable.due(now)
		if e == nil {
			return
		}
		e.do(now)
	}
}

// job runs f in a goroutine that Advance, Reset and Close wait for.
func (p *Provider) job(f func(ctx context.Context)) {
	if p.closing {
		return
	}
	p.busy++
	ctx := p.attempting
	go func() {
		f(ctx)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.rest()
	}()
}

// rest says that a worker or a job has ended.
func (p *Provider) rest() {
	p.busy--
	if p.busy == 0 {
		p.notify()
	}
}

// keepPruning prunes now and then, by the simulated clock. A fixed clock is moved by those who sleep on it alone: it
// would run through the centuries.
func (p *Provider) keepPruning() {
	if _, fixed := p.clock.(*clock.FixedClock); fixed {
		return
	}
	var again func(now time.Time)
	again = func(now time.Time) {
		p.job(p.prune)
		p.schedule(now.Add(pruneInterval), again)
	}
	p.schedule(p.clock.Now().Add(pruneInterval), again)
}

// Advance moves a manual clock by d. It goes from one due time to the next and at each waits until everything that
// became due is done, attempts and what they lead to included: what happens in a day is the same whether the day is
// played at once or hour by hour, and a restart goes on from there. It is refused when the clock is not a manual one.
func (p *Provider) Advance(ctx context.Context, d time.Duration) error {
	manual, ok := p.clock.(*clock.ManualClock)
	if !ok {
		return refuse(CodeClock, "clock", "the clock runs by itself; start with a manual clock to advance it by hand")
	}
	if d < 0 {
		return refuse(CodeClock, "by", "the clock cannot go back by %v", -d)
	}
	select {
	case p.advancing <- struct{}{}:
		defer func() { <-p.advancing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	target, arrived := manual.Now().Add(d), false
	for !arrived {
		err := p.until(ctx, func() bool {
			if !p.isQuiet() {
				return false
			}
			next := target
			if e := p.timetable.next(); e != nil && e.at.Before(target) {
				next = e.at
			}
			arrived = !next.Before(target)
			manual.Advance(next.Sub(manual.Now()))
			p.fire(manual.Now())
			if arrived && !p.closing {
				p.submit(&commit{records: []journal.Record{&journal.Setting{At: target, Key: clockKey}}})
			}
			if p.alarm.ring != nil {
				p.alarm.ring() // the time keeper sleeps by what was to come before
			}
			return true
		})
		if err != nil {
			return fmt.Errorf("advancing the clock: %w", err)
		}
	}
	return p.quiet(ctx)
}

// quiet waits until nothing is under way: no attempt, no job, nothing on its way to the journal.
func (p *Provider) quiet(ctx context.Context) error {
	return p.until(ctx, p.isQuiet)
}

func (p *Provider) isQuiet() bool { return p.busy == 0 && len(p.out.waiting) == 0 && !p.out.writing }

// until waits for something that is looked at with the lock held, each time that the provider has got on.
func (p *Provider) until(ctx context.Context, done func() bool) error {
	for {
		p.mu.Lock()
		if done() {
			p.mu.Unlock()
			return nil
		}
		if p.changed == nil {
			p.changed = make(chan struct{})
		}
		changed := p.changed
		p.mu.Unlock()
		select {
		case <-changed:
		case <-p.closed:
			return errClosing()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// notify wakes those who wait in until.
func (p *Provider) notify() {
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}
