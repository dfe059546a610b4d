package provider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"semblance/simulator/clock"
	"semblance/simulator/journal"
)

// maxUnwritten is the number of commits that may wait for the journal before workers wait too.
const maxUnwritten = 4096

// pruneEvery is the number of records after which the journal is pruned, independent of time.
const pruneEvery = 20_000

// A transaction takes about the same time for one commit as for a hundred. So if the last one was slow, commits gather
// for twice its duration before the next begins, within these bounds. On a file this halves the work; in memory it hardly
// ever happens.
const (
	gatherFrom = 100 * time.Microsecond
	maxGather  = 500 * time.Microsecond
	fullBatch  = 64 // commits; a batch of this size does not wait for more
)

// write appends the commits that have gathered in the outbox to the journal, until the provider stops and none waits. The
// more there is to do, the larger the transactions are.
func (p *Provider) write() {
	ctx := p.life.running
	defer context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.outbox.more.Broadcast()
	})()
	var took time.Duration
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		if took > gatherFrom && len(p.outbox.waiting) < fullBatch && ctx.Err() == nil {
			p.mu.Unlock()
			_ = clock.Sleep(ctx, min(2*took, maxGather)) // it ends early when the provider stops
			p.mu.Lock()
		}
		for len(p.outbox.waiting) == 0 {
			if ctx.Err() != nil {
				return
			}
			p.outbox.more.Wait()
		}
		batch := p.outbox.waiting
		p.outbox.waiting, p.outbox.writing = nil, true
		p.mu.Unlock()
		began := clock.Now()
		errs := p.append(batch)
		took = clock.Since(began)
		p.mu.Lock()
		p.outbox.writing = false
		p.finish(batch, errs)
		if p.outbox.different {
			p.recoverState()
		}
		p.outbox.less.Broadcast()
		p.progress.notify()
	}
}

// append appends commits to the journal in one transaction and returns the result of each. If one of them concerns a
// delivery that the journal no longer has, each commit is appended alone, so that this one does not affect the others.
// Any other error refuses the rest too.
func (p *Provider) append(batch []*commit) []error {
	errs := make([]error, len(batch))
	n := 0
	for _, c := range batch {
		n += len(c.records)
	}
	records := make([]journal.Record, 0, n)
	for _, c := range batch {
		records = append(records, c.records...)
	}
	err := p.journal.Append(context.Background(), records...)
	for i, c := range batch {
		if errs[i] = err; errors.Is(err, journal.ErrGone) {
			errs[i] = p.journal.Append(context.Background(), c.records...)
		}
		if errs[i] != nil && !errors.Is(errs[i], journal.ErrGone) {
			err = errs[i]
		}
	}
	return errs
}

// finish does everything that follows from the results of commits. If the journal refused one, the commits behind it were
// decided on a state that it does not have, so they are refused too.
func (p *Provider) finish(batch []*commit, errs []error) {
	var failed error
	for i, c := range batch {
		switch {
		case errs[i] == nil:
			p.written(c)
			continue
		case !errors.Is(errs[i], journal.ErrGone):
			failed = errs[i]
		}
		p.refuse(c, errs[i])
	}
	if failed == nil {
		p.journalWorks()
		return
	}
	behind := p.outbox.waiting
	p.outbox.waiting = nil
	for _, c := range behind {
		p.refuse(c, failed)
	}
	p.journalFails(failed)
}

// written does what follows a commit.
func (p *Provider) written(c *commit) {
	if c.command {
		p.applyAll(c)
	}
	p.state.settle(c)
	p.progress.count(c.records)
	if c.then != nil {
		c.then()
	}
	if c.command {
		p.openGate()
	}
	for i, d := range c.added {
		if i == 0 || d.subscription != c.added[i-1].subscription {
			p.wake(d.subscription)
		}
	}
	if c.done != nil {
		c.done <- nil
	}
	if p.outbox.unpruned += len(c.records); p.outbox.unpruned >= pruneEvery {
		p.outbox.unpruned = 0
		p.job(p.prune)
	}
}

// refuse tells that a commit was not made.
func (p *Provider) refuse(c *commit, err error) {
	p.outbox.different = true
	if c.command {
		p.openGate()
	}
	if c.done != nil {
		c.done <- fmt.Errorf("writing to the journal: %w", err)
	}
}

// prune removes old records from the journal, by the simulated clock.
func (p *Provider) prune(ctx context.Context) {
	if _, err := p.journal.Prune(ctx, p.Now()); err != nil && ctx.Err() == nil {
		p.log.Error("pruning the journal", "error", err)
	}
}
