package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"semblance/simulator/journal"
)

// Close ends the run. It accepts nothing new, waits for the attempts in flight and records their results; unfinished
// deliveries stay in the journal. If ctx ends first, the attempts are cut, which is recorded too, and the error names the
// subscriptions concerned. A second Close waits for the first.
func (p *Provider) Close(ctx context.Context) error {
	p.mu.Lock()
	for p.gate.closed {
		p.gate.opened.Wait()
	}
	if p.life.closing {
		p.mu.Unlock()
		<-p.life.closed
		return p.life.err
	}
	p.life.closing = true
	if to := p.inFlight(); to != "" {
		p.log.Info("closing: waiting for attempts in flight", "to", to)
	}
	p.mu.Unlock()
	idle := func() bool { return p.workers.busy == 0 }
	if err := p.until(ctx, idle); err != nil {
		p.mu.Lock()
		p.life.err = fmt.Errorf("closing the provider: cut the attempts in flight to %s: %w", p.inFlight(), err)
		p.workers.cut()
		p.mu.Unlock()
		_ = p.until(context.WithoutCancel(ctx), idle) // an attempt that is cut ends at once
	}
	p.life.stop()
	p.life.background.Wait()
	p.mu.Lock()
	p.life.err = errors.Join(p.life.err, p.outbox.failed)
	p.mu.Unlock()
	p.life.err = errors.Join(p.life.err, p.release())
	close(p.life.closed)
	return p.life.err
}

// release releases the resources of prepare.
func (p *Provider) release() error {
	p.life.stop()
	p.workers.cut()
	p.sender.Close()
	if p.options.Journal == nil {
		return p.journal.Close()
	}
	return nil
}

// inFlight lists the subscriptions with attempts in flight.
func (p *Provider) inFlight() string {
	var to []string
	for _, s := range p.state.all {
		if s.backlog.workers > 0 {
			to = append(to, fmt.Sprintf("%q (%d)", s.Label, s.backlog.workers))
		}
	}
	return strings.Join(to, ", ")
}

// quiet reports whether nothing is under way: no attempt, no job, no commit.
func (p *Provider) quiet() bool { return p.workers.busy == 0 && p.outbox.empty() && !p.gate.closed }

// Reset brings the provider back to its start: no deliveries, no faults, no traffic, a new clinic, and the subscriptions of
// the options. Tokens stay. Attempts in flight are cut. If the journal refuses the reset, nothing has changed, and the
// deliveries whose attempts were cut are attempted again. Once it has begun it does not end early with ctx.
func (p *Provider) Reset(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("resetting the provider: %w", err)
	}
	p.mu.Lock()
	if err := p.admit(); err != nil {
		p.mu.Unlock()
		return err
	}
	p.gate.closed, p.gate.draining = true, true
	p.workers.cut()
	p.mu.Unlock()
	_ = p.until(context.Background(), func() bool { return p.workers.busy == 0 && p.outbox.empty() }) // every attempt is cut
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.openGate()
	p.workers.renew()
	if err := p.reset(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("resetting the provider: %w", err)
	}
	return nil
}

// reset resets the journal and replaces the state by the initial one, in one commit.
func (p *Provider) reset(ctx context.Context) error {
	options := p.state.clinic.options
	options.At = p.Now()
	before, initial, c := p.state, newState(options, p.options.window), &commit{}
	initial.tokens = before.tokens
	p.state = initial
	err := p.initialize(c, nil)
	p.state = before
	if err != nil {
		return err
	}
	p.mu.Unlock()
	err = p.journal.Reset(ctx, p.Now(), []journal.Kind{journal.KindToken}, c.records...)
	p.mu.Lock()
	if err != nil {
		p.journalFails(err)
		return err
	}
	initial.settle(c)
	p.replaceState(initial)
	clear(p.progress.accepted)
	return nil
}
