package provider

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"semblance/simulator/journal"
)

// mostUnwritten is how many commits may wait for the journal before workers wait for it too.
const mostUnwritten = 4096

// pruneEvery is after how many records the journal is pruned, whatever the time.
const pruneEvery = 20_000

// commit is what goes to the journal together, and what follows once it is there.
type commit struct {
	records  []journal.Record
	owed     []*owed       // may be tried from then on
	kicks    []*subscriber // have something to do from then on
	settled  int           // deliveries that are owed no more from then on
	accepted *acceptance   // an attempt that the receiver accepted
	done     chan error    // gets what became of it; nil if nobody waits
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
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
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
		err := p.journal.Append(context.Background(), records...)
		n := len(records)
		clear(records)
		if errors.Is(err, journal.ErrGone) && len(batch) > 1 {
			err = p.writeEach(batch)
		} else {
			p.mu.Lock()
			for _, c := range batch {
				p.written(c, err)
			}
			p.mu.Unlock()
		}
		p.mu.Lock()
		p.out.writing = false
		p.journalled(n, err)
	}
}

// writeEach appends commits one by one: one of them tells of a delivery that was reset away, and must not take the
// others with it.
func (p *Provider) writeEach(batch []*commit) error {
	var failed error
	for _, c := range batch {
		err := p.journal.Append(context.Background(), c.records...)
		if err != nil && !errors.Is(err, journal.ErrGone) {
			failed = err
		}
		p.mu.Lock()
		p.written(c, err)
		p.mu.Unlock()
	}
	return failed
}

// written does what follows a commit.
func (p *Provider) written(c *commit, err error) {
	p.owed -= c.settled
	if c.accepted != nil {
		p.accepted[*c.accepted]++
	}
	if err != nil {
		err = fmt.Errorf("writing to the journal: %w", err)
		p.retract(c.owed)
	} else {
		for _, o := range c.owed {
			o.committed = true
			p.kick(o.to)
		}
		for _, s := range c.kicks {
			p.kickAll(s)
		}
	}
	if c.done != nil {
		c.done <- err
	}
}

// journalled notes how a transaction of n records ended.
func (p *Provider) journalled(n int, err error) {
	if err != nil && (p.out.failed == nil || p.out.failed.Error() != err.Error()) {
		p.log.Error("the journal takes nothing", "error", err)
	}
	p.out.failed = err
	p.out.records += n
	if p.out.records >= pruneEvery {
		p.out.records = 0
		p.job(p.prune)
	}
	p.out.less.Broadcast()
	p.notify()
}

// prune lets the journal forget what is old by the story's clock.
func (p *Provider) prune(ctx context.Context) {
	if _, err := p.journal.Prune(ctx, p.clock.Now()); err != nil && ctx.Err() == nil {
		p.log.Error("pruning the journal", "error", err)
	}
}
