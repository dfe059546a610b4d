package provider

import (
	"cmp"
	"slices"
	"time"

	"semblance/simulator/journal"
)

// backlog holds the unfinished deliveries of one subscription. One with an attempt in flight is in neither schedule.
type backlog struct {
	queue      schedule[*pending] // those that wait for an attempt, by due time
	held       schedule[*pending] // those that wait until the subscription is resumed
	unfinished int                // those that are unfinished in the journal too
	workers    int                // goroutines, each with one attempt in flight at most
	timer      *timer             // wakes a worker when the first of the queue is due; nil until it is needed
}

// pending is a delivery that is not finished.
type pending struct {
	slot                           // when the next attempt is due
	record       *journal.Delivery // as it was created or read
	subscription *subscription
	origin       string        // of its event; "" if only the journal knows it
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
	d.blocked = d.subscription.DeliveryPaused || d.subscription.Deleted
	switch {
	case d.task != nil:
	case d.blocked:
		b.held.add(d)
	default:
		b.queue.add(d)
	}
}

// next returns the delivery to attempt next, or nil: none is due, or the first is not in the journal yet.
func (b *backlog) next(now time.Time) *pending {
	d := b.queue.first()
	if d == nil || !d.committed || d.due.After(now) {
		return nil
	}
	return d
}

// waiting returns the deliveries without an attempt in flight, in the order of their creation.
func (b *backlog) waiting() []*pending {
	all := slices.Concat(b.queue.heap, b.held.heap)
	slices.SortFunc(all, func(a, b *pending) int { return cmp.Compare(a.order, b.order) })
	return all
}
