package provider

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"semblance/simulator/clock"
	"semblance/simulator/journal"
)

// mostUnwritten is how many commits may wait for the journal before workers wait for it too.
const mostUnwritten = 4096

// pruneEvery is after how many records the journal is pruned, whatever the time.
const pruneEvery = 20_000

// A transaction costs much the same whether it holds one commit or a hundred. Where the last one took its time, commits
// gather for twice as long before the next begins, within these bounds: on a file this halves the work, and in memory
// it hardly ever happens.
const (
	gatherFrom    = 100 * time.Microsecond
	mostGathering = 500 * time.Microsecond
	plenty        = 64 // commits are enough for a transaction: they need not wait for more
)

// commit is what goes to the journal together, and what follows once it is there.
type commit struct {
	records     []journal.Record
	outstanding []*outstanding // may be tried from then on
	wakes       []*subscriber  // have something to do from then on
	settled     int            // deliveries that are owed no more from then on
	accepted    *acceptance    // an attempt that the receiver accepted
	undo        []func()       // take back what must not be where the journal does not have it
	done        chan error     // gets what became of it; nil if nobody waits
}

func newCommit() *commit { return &commit{done: make(chan error, 1)} }

func (c *commit) wait(ctx context.Context) error {
	select {
	case err := <-c.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// outgoing holds commits on their way to the journal, in the order of what they tell.
type outgoing struct {
	waiting []*commit
	writing bool
	records int // since the last pruning
	failed  error
	more    *sync.Cond // there is something to write, or nothing will follow
	less    *sync.Cond // something was written
}

// submit hands a commit to the writer. Whoever changes what a record tells submits it before it gives up the lock, so
// the journal tells things in the order in which they happened.
func (p *Provider) submit(c *commit) {
	p.out.waiting = append(p.out.waiting, c)
	p.out.more.Signal()
}

// write takes what has gathered and appends it in one go, again and again: the more there is to do, the larger the
// transactions. It ends when ctx is done and nothing waits.
func (p *Provider) write(ctx context.Context) {
	wake := context.AfterFunc(ctx, func() {
		p.mu.Lock()
		p.out.more.Broadcast()
		p.mu.Unlock()
	})
	defer wake()
	var records []journal.Record
	var took time.Duration
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		if took > gatherFrom && len(p.out.waiting) < plenty && ctx.Err() == nil {
			p.mu.Unlock()
			_ = clock.Sleep(ctx, min(2*took, mostGathering)) // it ends early when ctx is done, and then nothing gathers any more
			p.mu.Lock()
		}
		for len(p.out.waiting) == 0 {
			if ctx.Err() != nil {
				return
			}
			p.out.more.Wait()
		}
		batch := p.out.waiting
		p.out.waiting, p.out.writing = nil, true
		p.mu.Unlock()
		records = records[:0]
		for _, c := range batch {
			records = append(records, c.records...)
		}
		began := clock.Now()
		err := p.journal.Append(context.Background(), records...)
		took = clock.Since(began)
		n := len(records)
		clear(records)
		errs := []error{err}
		if errors.Is(err, journal.ErrGone) {
			errs = p.writeEach(batch)
		}
		p.mu.Lock()
		for i, c := range batch {
			p.written(c, errs[min(i, len(errs)-1)])
		}
		p.out.writing = false
		p.journalled(n, errs)
	}
}

// writeEach appends commits one by one: one of them tells of a delivery that is not kept any more, and must not take
// the others with it.
func (p *Provider) writeEach(batch []*commit) []error {
	errs := make([]error, len(batch))
	for i, c := range batch {
		errs[i] = p.journal.Append(context.Background(), c.records...)
	}
	return errs
}

// written does what follows a commit.
func (p *Provider) written(c *commit, err error) {
	p.unfinished -= c.settled
	if c.accepted != nil {
		p.accepted[*c.accepted]++
	}
	if err != nil {
		err = fmt.Errorf("writing to the journal: %w", err)
		p.retract(c.outstanding)
		for _, undo := range c.undo {
			undo()
		}
	} else {
		for _, o := range c.outstanding {
			o.committed = true
			p.wake(o.to)
		}
		for _, s := range c.wakes {
			p.wakeAll(s)
		}
	}
	if c.done != nil {
		c.done <- err
	}
}

// journalled notes how it went to write n records.
func (p *Provider) journalled(n int, errs []error) {
	before := p.out.failed
	p.out.failed = nil
	for _, err := range errs {
		if err != nil && !errors.Is(err, journal.ErrGone) {
			p.out.failed = err
		}
	}
	if p.out.failed != nil && before == nil {
		p.log.Error("the journal takes nothing", "error", p.out.failed)
	}
	p.out.records += n
	if p.out.records >= pruneEvery {
		p.out.records = 0
		p.job(p.prune)
	}
	p.out.less.Broadcast()
	p.notify()
}

// prune lets the journal forget what is old by the simulated clock.
func (p *Provider) prune(ctx context.Context) {
	if _, err := p.journal.Prune(ctx, p.clock.Now()); err != nil && ctx.Err() == nil {
		p.log.Error("pruning the journal", "error", err)
	}
}
