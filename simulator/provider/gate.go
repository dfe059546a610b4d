package provider

import (
	"context"
	"sync"
)

// gate lets one command at a time have the outbox for itself: while it is closed nothing else is submitted, so that the
// state does not change between the decision of a command and its commit.
type gate struct {
	closed   bool
	draining bool       // closed by a reset, which waits for the attempts in flight: they may still be recorded
	opened   *sync.Cond // the gate opened
}

// admit waits until the gate is open. It is called before a decision about something new.
func (p *Provider) admit() error {
	for p.gate.closed {
		p.gate.opened.Wait()
	}
	switch {
	case p.life.closing:
		return errClosing()
	case p.outbox.unread:
		return p.outbox.failed
	}
	return nil
}

// admitResult waits until the result of an attempt may be submitted.
func (p *Provider) admitResult() {
	for p.gate.closed && !p.gate.draining {
		p.gate.opened.Wait()
	}
}

func errClosing() error {
	return refuse(CodeClosed, "", "the provider is closing and accepts nothing new")
}

// openGate opens the gate and lets everything continue that waited for it.
func (p *Provider) openGate() {
	p.gate.closed, p.gate.draining = false, false
	p.gate.opened.Broadcast()
	p.resumeWork()
}

// command runs a command: decide returns its records in a commit, which are committed and then applied. A command
// without records has nothing to do. If ctx ends first, the result is unknown.
func (p *Provider) command(ctx context.Context, decide func(c *commit) error) error {
	c := newCommit()
	c.command = true
	p.mu.Lock()
	err := p.admit()
	if err == nil {
		err = decide(c)
	}
	if err != nil || len(c.records) == 0 {
		p.mu.Unlock()
		return err
	}
	p.gate.closed = true
	p.enqueue(c)
	p.mu.Unlock()
	return c.wait(ctx)
}
