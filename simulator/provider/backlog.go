package provider

import (
	"cmp"
	"slices"
	"time"

	"semblance/simulator/journal"
)

// backlog holds the unfinished deliveries of one subscription: a window of the next ones, which are in memory, and the
// number of the others, which only the journal has. One with an attempt in flight is in neither schedule.
type backlog struct {
	queue      schedule[*pending] // those in memory that wait for an attempt, by due time
	held       schedule[*pending] // those in memory that wait until the subscription is resumed
	unfinished int                // those that are unfinished in the journal too
	beyond     int                // those that are not in memory
	horizon    slot               // if there are any, a delivery that is due after it is not kept in memory
	heldFirst  bool               // there may be some that were held, which precede all that are due
	busy       bool               // a job reads or changes deliveries beyond the window
	reading    *reading           // nil unless it reads while everything else continues
	settled    bool               // the subscription is paused, and those beyond the window are held
	workers    int                // goroutines, each with one attempt in flight at most
	timer      *timer             // wakes a worker when the first of the queue is due; nil until it is needed
}

// reading notes the changes of a backlog while the deliveries that follow its window are read.
type reading struct {
	gone  map[string]bool // deliveries that were finished, by outboxId; the journal may not know it yet
	stale bool            // deliveries beyond the window have changed
}

// pending is a delivery that is not finished.
type pending struct {
	slot                           // when the next attempt is due
	record       *journal.Delivery // as it was created or read
	subscription *subscription
	state        journal.State // Pending or Held
	number       uint64        // among the deliveries that this provider has seen; it decides the jitter of retries
	tries        int           // attempts since it was queued, or queued again
	attempts     int           // attempts in all
	status       int           // HTTP status of the last response; 0 if there was none
	firstAt      time.Time     // start of the first attempt
	committed    bool          // the journal has it: it may be attempted
	blocked      bool          // it is in held, not in queue
	task         *task         // the attempt in flight, or nil
}

// markStale notes that deliveries beyond the window may have changed.
func (b *backlog) markStale() {
	if b.reading != nil {
		b.reading.stale = true
	}
}

// take takes a delivery out of the schedule that it is in.
func (b *backlog) take(d *pending) {
	if d.blocked {
		b.held.remove(d)
	} else {
		b.queue.remove(d)
	}
}

// arrange puts a delivery that is in no schedule into the one where it belongs.
func (b *backlog) arrange(d *pending) {
	d.blocked = d.subscription.blocks()
	switch {
	case d.task != nil:
	case d.blocked:
		b.held.add(d)
	default:
		b.queue.add(d)
	}
}

// blocks reports whether no delivery to the subscription is attempted.
func (s *subscription) blocks() bool { return s.DeliveryPaused || s.Deleted }

// inMemory returns the number of waiting deliveries in memory.
func (b *backlog) inMemory() int { return b.queue.length() + b.held.length() }

// next returns the delivery to attempt next, or nil: none is due, or the first is not in the journal yet.
func (b *backlog) next(now time.Time) *pending {
	d := b.first()
	if d == nil || !d.committed || d.due.After(now) {
		return nil
	}
	return d
}

// first returns the first delivery of the queue, or nil if the queue is empty or deliveries beyond the window precede it.
func (b *backlog) first() *pending {
	d := b.queue.first()
	if d != nil && b.beyond > 0 && !b.heldFirst && b.horizon.before(&d.slot) {
		return nil
	}
	return d
}

// needsMore reports whether deliveries beyond the window must be loaded. Those that were held precede only those that are
// not due.
func (b *backlog) needsMore(window int, now time.Time) bool {
	first := b.first()
	if b.heldFirst {
		return first == nil || first.due.After(now)
	}
	return first == nil || b.queue.length() <= window/2
}

// waiting returns the deliveries without an attempt in flight, in the order of their creation.
func (b *backlog) waiting() []*pending {
	all := slices.Concat(b.queue.all(), b.held.all())
	slices.SortFunc(all, func(a, b *pending) int { return cmp.Compare(a.order, b.order) })
	return all
}
