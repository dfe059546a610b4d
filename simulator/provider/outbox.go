package provider

import (
	"context"
	"sync"

	"semblance/simulator/journal"
)

// commit is a list of records that go to the journal together, with the consequences of the commit.
type commit struct {
	records  []journal.Record
	command  bool            // the records are applied after the commit; otherwise they were applied before
	added    []*pending      // deliveries that may be attempted from then on
	finished []*subscription // each has one unfinished delivery less from then on
	then     func()          // runs after that, with the lock held; may be nil
	done     chan error      // receives the result; nil if nobody waits
}

func newCommit() *commit { return &commit{done: make(chan error, 1)} }

func (c *commit) add(records ...journal.Record) { c.records = append(c.records, records...) }

// wait waits for the result of the commit. If ctx ends first, the result is unknown.
func (c *commit) wait(ctx context.Context) error {
	select {
	case err := <-c.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// outbox holds the commits on their way to the journal, in order.
type outbox struct {
	waiting   []*commit
	writing   bool
	unpruned  int                // records since the journal was pruned last
	failed    error              // why the journal refused the last commit, or could not be read; nil if it works
	pauses    int                // in a row, see journalFails
	recovery  context.CancelFunc // ends the pause that is under way; nil without one
	different bool               // the state differs from the journal and must be loaded
	unread    bool               // it could not be loaded: nothing is submitted until it is
	more      *sync.Cond         // a commit waits, or the provider stops
	less      *sync.Cond         // commits were written
}

func (o *outbox) empty() bool { return len(o.waiting) == 0 && !o.writing }

// submit applies the records of a commit and sends it to the writer.
func (p *Provider) submit(c *commit) {
	p.applyAll(c)
	p.enqueue(c)
}

func (p *Provider) enqueue(c *commit) {
	p.outbox.waiting = append(p.outbox.waiting, c)
	p.outbox.more.Signal()
}

// applyAll applies the records of a commit. An error is a mistake of this package; then the state is loaded again.
func (p *Provider) applyAll(c *commit) {
	for _, r := range c.records {
		if err := p.state.apply(r, c); err != nil {
			p.log.Error("applying a record", "kind", r.Kind(), "error", err)
			p.outbox.different = true
		}
	}
}
