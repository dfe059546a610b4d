// Package journal records everything in the simulated provider: every event, the deliveries it leads to, each attempt
// with its exact request and response, and the subscriptions, tokens, faults, settings, notices and actions of the
// clinic. A provider that starts with an existing journal continues where the last one stopped.
//
//	j := journal.NewMemory(journal.Options{})
//	defer j.Close()
//	event := &journal.Event{At: now, Event: e}
//	delivery := &journal.Delivery{Delivery: d, DeliveryState: journal.DeliveryState{State: journal.Pending, Due: now}}
//	err := j.Append(ctx, event, delivery) // commits both or neither; then the event may be acknowledged
//	...
//	err = j.Append(ctx, &journal.Attempt{Attempt: a, Next: journal.DeliveryState{State: journal.Delivered}})
//
// All records are numbered in one sequence, in the order of their commits. A follower reads with [Journal.Read] from the
// last number it has seen and waits with [Journal.Committed]. A slow follower delays nobody.
//
// This package contains the interface and a journal in memory; simulator/journal/sqlite contains the journal in a file.
// Neither reads a clock: the age of a record is measured from the simulated time given to [Journal.Prune].
package journal

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"time"
)

// Seq is the number of a record, from 1 up. A number is never used twice, not even after a reset. There may be gaps.
type Seq int64

// Journal is a journal, in memory or in a file. Its methods may be called from many goroutines. The journal and its
// callers share the records, so nobody changes a record after it was appended or read.
type Journal interface {
	// Append commits all the records or none of them, and returns after the commit. It sets the number of each
	// record, and the number of each attempt within its delivery. An attempt or a transition changes its delivery in the
	// same commit. If that delivery is not in the journal, as after a reset, nothing is written and the error is ErrGone.
	Append(ctx context.Context, records ...Record) error

	// Committed returns the number of the last committed record, and a channel that is closed when a later record is
	// committed or the journal is closed.
	Committed() (Seq, <-chan struct{})

	// Stats returns the number of records by kind and state. The journal maintains these numbers; the call is cheap.
	Stats() Stats

	// Read returns up to limit records with a number above after, oldest first: of the given kinds, or of all [Kinds].
	// Attempts have no headers and bodies; use Attempt for these. A delivery has its present state.
	Read(ctx context.Context, after Seq, limit int, kinds ...Kind) ([]Record, error)

	// Latest returns up to limit records of a kind with a number below before, or any number if before is 0, newest first.
	// The kind is one of those that are neither events, deliveries nor attempts.
	Latest(ctx context.Context, kind Kind, before Seq, limit int) ([]Record, error)

	// Current yields the records of a kind that are in force, oldest first. Of each subscription (deleted ones
	// included), token, fault and setting it yields the last version, unless that was revoked, cleared or removed. Of
	// the clinic it yields the last snapshot and every action after it. If an error occurs it is yielded last.
	Current(ctx context.Context, kind Kind) iter.Seq2[Record, error]

	// Unfinished yields the pending and held deliveries of a subscription ("" for all) with a number above after,
	// oldest first. It reads a few at a time, so the caller may stop early.
	Unfinished(ctx context.Context, subscriptionID string, after Seq) iter.Seq2[*Delivery, error]

	// Queue returns up to limit deliveries of a subscription that have the state, Pending or Held, ordered by due time and
	// then by number, from the first one after the position. The limit is as in Query. A journal in a file reads only the
	// deliveries that it returns.
	Queue(ctx context.Context, subscriptionID string, state State, after QueuePosition, limit int) ([]*Delivery, error)
	// Backlogs returns the number of unfinished deliveries of each subscription that has any, by its id.
	Backlogs(ctx context.Context) (map[string]int, error)

	// MaxUnfinished returns the number of unfinished deliveries that the journal can hold, or 0 if there is no limit.
	MaxUnfinished() int

	// Events returns a page of the events that match the query.
	Events(ctx context.Context, q Query) (Page[*Event], error)
	// Deliveries returns a page of the deliveries that match the query.
	Deliveries(ctx context.Context, q Query) (Page[*Delivery], error)
	// Attempts returns a page of the attempts that match the query, without headers and bodies unless q.Full is set.
	Attempts(ctx context.Context, q Query) (Page[*Attempt], error)

	// Event returns one event, or ErrNotFound.
	Event(ctx context.Context, seq Seq) (*Event, error)
	// Delivery returns the delivery with the given id (its outboxId), or ErrNotFound.
	Delivery(ctx context.Context, id string) (*Delivery, error)
	// Attempt returns one attempt with headers and bodies, or ErrNotFound.
	Attempt(ctx context.Context, seq Seq) (*Attempt, error)

	// ClinicRecord returns the record of the clinic with the id, or ErrNotFound.
	ClinicRecord(ctx context.Context, id string) (*ClinicRecord, error)
	// ClinicRecords returns a page of the records of the clinic that match the query.
	ClinicRecords(ctx context.Context, q RecordQuery) (RecordPage, error)

	// Prune deletes the records that, at the simulated time now, are older than Options.Age or exceed Options.Rows.
	// It deletes in small steps, between which others can write, and returns the number of deleted records. A
	// delivery is deleted with its attempts, an event with its last delivery. Unfinished deliveries and records that
	// are in force are never deleted. A record of the clinic is deleted when it is not permanent, no event in the
	// journal names it, and it was last changed more than RecordSlack records before the first of these events.
	Prune(ctx context.Context, now time.Time) (int, error)

	// Reset deletes all events, deliveries, attempts and transitions, and the records of every other kind except
	// those in keep. In the same commit it appends a Reset, by which followers learn of it, and then the records,
	// which must not be events, deliveries, attempts or transitions.
	Reset(ctx context.Context, at time.Time, keep []Kind, records ...Record) error

	// Close waits for commits in progress and closes the journal. Later calls return ErrClosed.
	Close() error
}

// The errors of a journal. They are returned wrapped: use errors.Is.
var (
	ErrNotFound = errors.New("not in the journal")
	ErrGone     = errors.New("the delivery was deleted from the journal")
	ErrClosed   = errors.New("the journal is closed")
	ErrCursor   = errors.New("unknown cursor")
	ErrFull     = errors.New("the journal is full")                      // nothing of the call was recorded
	ErrDamaged  = errors.New("the journal is damaged")                   // found when it was opened or later
	ErrMissing  = errors.New("the journal file was deleted or replaced") // while it was open; nothing of the call was recorded
)

// Defaults of [Options].
const (
	DefaultAge   = 30 * 24 * time.Hour // the retention of the provider's own log
	DefaultRows  = 50_000              // each of events, deliveries and attempts; minutes of full load, weeks of a practice
	DefaultBytes = 256 << 20           // of memory, estimated; for the journal in memory only
)

// Options limit the size of a journal. The zero value has the defaults.
type Options struct {
	Age   time.Duration // records older than this may be deleted; 0 means DefaultAge, a negative value no limit
	Rows  int           // finished deliveries, their attempts, and events; 0 means the journal's default, a negative value no limit
	Bytes int64         // the memory of a journal in memory, clinic records apart; 0 means DefaultBytes, a negative value no limit; see Memory
}

// WithDefaults returns the options with the default in place of each zero.
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

// Stats counts the records of a journal.
type Stats struct {
	Events, Deliveries, Attempts int
	Pending, Held                int // deliveries in these states
}

// Unfinished returns the number of pending and held deliveries.
func (s Stats) Unfinished() int { return s.Pending + s.Held }

// Add adds n to the number of deliveries in the state, if Stats counts that state.
func (s *Stats) Add(state State, n int) {
	switch state {
	case Pending:
		s.Pending += n
	case Held:
		s.Held += n
	}
}

// QueuePosition is the position of a delivery in the queue of its subscription. The zero value is before the first.
type QueuePosition struct {
	Due time.Time
	Seq Seq
}

// QueuePosition returns the position of the delivery.
func (d *Delivery) QueuePosition() QueuePosition { return QueuePosition{d.Due, d.Seq} }

// Compare returns -1, 0 or 1 if p is before, at or after q.
func (p QueuePosition) Compare(q QueuePosition) int {
	return cmp.Or(p.Due.Compare(q.Due), cmp.Compare(p.Seq, q.Seq))
}

// Load returns the records of T's kind that are in force, oldest first:
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
