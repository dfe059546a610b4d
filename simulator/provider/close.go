package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"semblance/simulator/journal"
)

// Close ends the run. It takes nothing new, waits for the attempts in flight, and journals how they ended; what is owed
// stays in the journal. When ctx is done first, the attempts are cut, which the journal says too, and the error tells
// what was cut. A second Close waits for the first.
func (p *Provider) Close(ctx context.Context) error {
	p.stage.RLock()
	defer p.stage.RUnlock()
	p.mu.Lock()
	if p.closing {
		p.mu.Unlock()
		<-p.closed
		return p.closeErr
	}
	p.closing = true
	p.traffic.Running = false
	waiting := p.underWay()
	p.mu.Unlock()
	if waiting != "" {
		p.log.Info("closing: waiting for attempts in flight", "to", waiting)
	}
	idle := func() bool { return p.busy == 0 }
	if err := p.until(ctx, idle); err != nil {
		p.mu.Lock()
		waiting = p.underWay()
		p.mu.Unlock()
		p.closeErr = fmt.Errorf("closing the provider: cut the attempts in flight to %s: %w", waiting, err)
		p.cut()
		_ = p.until(context.WithoutCancel(ctx), idle) // an attempt that is cut ends at once
	}
	p.cut()
	p.stop()
	p.background.Wait()
	p.mu.Lock()
	if p.out.failed != nil {
		p.closeErr = errors.Join(p.closeErr, p.out.failed)
	}
	p.mu.Unlock()
	p.closeErr = errors.Join(p.closeErr, p.release())
	close(p.closed)
	return p.closeErr
}

// release gives back what prepare took.
func (p *Provider) release() error {
	p.cut()
	p.sender.Close()
	p.restricted.Close()
	if p.options.Journal == nil {
		return p.journal.Close()
	}
	return nil
}

// underWay says which subscriptions have attempts in flight.
func (p *Provider) underWay() string {
	var to []string
	for _, s := range p.inOrder {
		if s.workers > 0 {
			to = append(to, fmt.Sprintf("%q (%d)", s.sub.Label, s.workers))
		}
	}
	return strings.Join(to, ", ")
}

// Reset brings the provider back to its start, for the next test: nothing is owed, the log is empty, the clinic is as
// it was founded, there are no faults and no traffic, and the subscriptions are those of the options. Tokens stay.
// Attempts in flight are cut. Once begun it goes on to its end, also when ctx is done.
func (p *Provider) Reset(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("resetting the provider: %w", err)
	}
	p.mu.Lock()
	cut := p.cut
	p.mu.Unlock()
	cut() // also what is sent by hand, which holds the stage
	p.stage.Lock()
	defer p.stage.Unlock()
	ctx = context.WithoutCancel(ctx) // half a reset is worse than one that nobody waits for
	p.mu.Lock()
	if p.closing {
		p.mu.Unlock()
		return errClosing()
	}
	p.forget()
	p.mu.Unlock()
	err := p.empty(ctx)
	p.mu.Lock()
	p.attempting, p.cut = context.WithCancel(context.Background())
	p.keepPruning()
	p.mu.Unlock()
	if err != nil {
		return fmt.Errorf("resetting the provider: %w", err)
	}
	o := p.options
	o.Tokens = nil
	return p.initialize(ctx, o)
}

// empty waits for what is under way, and forgets all that Reset does not found anew.
func (p *Provider) empty(ctx context.Context) error {
	if err := p.quiet(ctx); err != nil {
		return err
	}
	if err := p.journal.Reset(ctx, p.clock.Now(), journal.KindToken); err != nil {
		return err
	}
	p.mu.Lock()
	p.forget()
	p.subscribers, p.inOrder = map[string]*subscriber{}, nil
	p.byType, p.byEndpoint = map[string][]*subscriber{}, map[string][]*subscriber{}
	p.mu.Unlock()
	p.clinic.mu.Lock()
	defer p.clinic.mu.Unlock()
	p.clinic.initialize(p.clinic.options)
	return nil
}

// forget drops what is owed and planned.
func (p *Provider) forget() {
	p.traffic.Running = false
	p.traffic = &traffic{}
	p.timetable = timetable{}
	for _, s := range p.inOrder {
		for _, o := range s.outstanding {
			o.void = true
		}
		s.queue.clear()
		clear(s.outstanding)
		s.faults, s.endings, s.drawn = nil, nil, 0
	}
	p.unfinished = 0
	clear(p.accepted)
}
