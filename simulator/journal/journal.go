// Package journal keeps what happened, to be queried: every change, the deliveries that it gave, each attempt with the
// exact request and answer, and beside them the subscriptions, tokens, faults, settings, notices and the clinic's
// actions. A provider that is started again on its journal goes on where it was.
//
//	j := journal.NewMemory(journal.Options{})
//	defer j.Close()
//	change := &journal.Change{At: now, Change: c}
//	owed := &journal.Delivery{Delivery: d, Standing: journal.Standing{State: journal.Pending, Due: now}}
//	err := j.Append(ctx, change, owed) // committed, both or neither: now it may be acknowledged and tried
//	...
//	err = j.Append(ctx, &journal.Attempt{Attempt: a, Then: journal.Standing{State: journal.Delivered}})
//
// Everything appended is numbered in one sequence, in the order of its commit, so a follower reads with [Journal.Read]
// from the number it has seen, waits on [Journal.Committed], and costs nobody anything while it is slow.
//
// This package holds the interface and the journal in memory; simulator/journal/sqlite holds the durable one. Neither
// asks the time: what is old is decided by the time that [Journal.Prune] is given, the scenario's.
package journal

import (
	"context"
	"errors"
	"iter"
	"time"
)

// Seq is a place in the sequence of everything that was ever appended, from 1 up. Numbers are never used again, also
// not after a reset; there may be gaps.
type Seq int64

// Journal is what happened. Its methods may be called from many goroutines. Records given to it and records got from it
// are shared: nobody changes them any more.
type Journal interface {
	// Append commits the records, all of them or none, and returns only then. It numbers them, so that their Seq can
	// be read afterwards. An attempt or a move changes its delivery in the same commit; where that delivery is not
	// there any more (after a reset) nothing is written and the error is ErrGone.
	Append(ctx context.Context, records ...Record) error

	// Committed returns the number of the last record that is committed, and a channel that is closed when there is
	// a later one or the journal is closed.
	Committed() (Seq, <-chan struct{})

	// Tally returns how much there is. It is kept as records come and costs nothing to ask.
	Stats() Stats

	// Read returns up to limit records that follow after, oldest first: all kinds, or those named. Attempts come
	// without headers and bodies; Attempt has them. A delivery is shown as it stands now.
	Read(ctx context.Context, after Seq, limit int, kinds ...Kind) ([]Record, error)

	// Current yields, oldest first, what is in force of a kind that is kept by key: each subscription (deleted ones
	// too), token, fault and setting once, as it was last appended, without those that were withdrawn; of the clinic
	// the last snapshot and what came after it. It yields an error last.
	Current(ctx context.Context, kind Kind) iter.Seq2[Record, error]

	// Owed yields the deliveries of the subscription ("" for all) that follow after and are pending or kept, in the
	// order in which they came to be. It holds only a few at a time, so it may be left early and taken up again.
	Unfinished(ctx context.Context, subscriptionID string, after Seq) iter.Seq2[*Delivery, error]

	// Changes returns a page of the changes that fit the query.
	Events(ctx context.Context, q Query) (Page[*Event], error)
	// Deliveries returns a page of the deliveries that fit the query.
	Deliveries(ctx context.Context, q Query) (Page[*Delivery], error)
	// Attempts returns a page of the attempts that fit the query, without headers and bodies unless it asks for them.
	Attempts(ctx context.Context, q Query) (Page[*Attempt], error)
	// Count returns how many records of the kind (KindChange, KindDelivery or KindAttempt) fit the query, on all pages.
	Count(ctx context.Context, kind Kind, q Query) (int, error)

	// Change returns one change, or ErrNotFound.
	Event(ctx context.Context, seq Seq) (*Event, error)
	// Delivery returns the delivery of that id (the outboxId), or ErrNotFound.
	Delivery(ctx context.Context, id string) (*Delivery, error)
	// Attempt returns one attempt in full, or ErrNotFound.
	Attempt(ctx context.Context, seq Seq) (*Attempt, error)

	// Prune forgets what is older than the retention at the simulated time now, or more than it keeps, in small slices
	// between which others write. It returns how many records went. A delivery goes with its attempts, and a change
	// with the last of its deliveries. What is owed or in force stays, however old.
	Prune(ctx context.Context, now time.Time) (int, error)

	// Reset forgets all changes, deliveries, attempts and moves, and every other kind but those named, and appends a
	// Reset so that followers know.
	Reset(ctx context.Context, at time.Time, keep ...Kind) error

	// Close waits for what is being committed and closes the journal. Every later call gives ErrClosed.
	Close() error
}

// What a journal answers when it cannot do what it is asked. They are wrapped: use errors.Is.
var (
	ErrNotFound = errors.New("not in the journal")
	ErrGone     = errors.New("the delivery is not in the journal any more")
	ErrClosed   = errors.New("the journal is closed")
	ErrCursor   = errors.New("the cursor is none that this journal gave")
	ErrFull     = errors.New("no room is left for the journal") // nothing of what was to be appended is there
)

// How much a journal keeps unless it is told otherwise.
const (
	DefaultAge   = 30 * 24 * time.Hour // as long as the provider keeps its log
	DefaultRows  = 50_000              // of changes, of deliveries and of attempts: minutes of full load, weeks of a practice
	DefaultBytes = 256 << 20           // of memory, by estimate: only the journal in memory heeds it
)

// Options say how much is kept. The zero value keeps the defaults.
type Options struct {
	Age   time.Duration // what is older may be forgotten; 0 is DefaultAge, negative is for ever
	Rows  int           // at most so many finished deliveries, their attempts, and changes are kept; 0 is the default of the journal, negative no bound
	Bytes int64         // the same in bytes of memory; 0 is DefaultBytes, negative no bound
}

// WithDefaults fills in what is zero.
func (o Options) WithDefaults() Options {
	if o.Age == 0 {
		o.Age = DefaultAge
	}
	if o.Rows == 0 {
		o.Rows = DefaultRows
	}
	if o.Bytes == 0 {
		o.Bytes = DefaultBytes
	}
	return o
}

// Tally is how much there is in a journal.
type Stats struct {
	Events, Deliveries, Attempts int
	Pending, Held                int // the deliveries that are owed
}

// Owed returns how many deliveries are not finished.
func (t Stats) Unfinished() int { return t.Pending + t.Held }

// Count adds n deliveries in the state to those that are owed, if it is a state of these.
func (t *Stats) Add(s State, n int) {
	switch s {
	case Pending:
		t.Pending += n
	case Held:
		t.Held += n
	}
}

// Load returns everything that is in force of T's kind, oldest first:
//
//	subscriptions, err := journal.Load[*journal.Subscription](ctx, j, journal.KindSubscription)
func Load[T Record](ctx context.Context, j Journal, kind Kind) ([]T, error) {
	var all []T
	for r, err := range j.Current(ctx, kind) {
		if err != nil {
			return nil, err
		}
		if t, ok := r.(T); ok {
			all = append(all, t)
		}
	}
	return all, nil
}
