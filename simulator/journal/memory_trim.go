package journal

import (
	"context"
	"fmt"
	"time"
)

// thresholds are the sizes of the journal at which it deletes its oldest records. They are an eighth above the sizes
// after a deletion, so that the cost of deleting stays in proportion to that of appending.
type thresholds struct {
	events, finished, attempts, others int
	bytes                              int64
}

func (m *Memory) nextTrim() thresholds {
	above := func(n int) int { return max(n, m.options.Rows) + max(n, m.options.Rows)/8 }
	bytes := max(m.bytes, m.options.Bytes)
	return thresholds{
		events:   above(len(m.events)),
		finished: above(m.finished()),
		attempts: above(len(m.attempts)),
		others:   above(len(m.others)),
		bytes:    bytes + bytes/8,
	}
}

// finished returns the number of finished deliveries.
func (m *Memory) finished() int { return m.stats.Deliveries - m.stats.Unfinished() }

func (m *Memory) trimIfDue() {
	rows := m.options.Rows > 0 && (len(m.events) > m.trimAt.events || m.finished() > m.trimAt.finished ||
		len(m.attempts) > m.trimAt.attempts || len(m.others) > m.trimAt.others)
	if rows || m.options.Bytes > 0 && m.bytes > m.trimAt.bytes {
		m.trim(time.Time{})
		m.pruneRecords()
	}
}

// pruneRecords deletes the clinic records that no event names, and returns their number.
func (m *Memory) pruneRecords() int {
	if len(m.events) == 0 {
		return 0
	}
	return m.records.prune(m.events[0].Seq - RecordSlack)
}

// Prune implements [Journal].
func (m *Memory) Prune(ctx context.Context, now time.Time) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return 0, fmt.Errorf("pruning the journal: %w", ErrClosed)
	}
	var before time.Time
	if m.options.Age > 0 {
		before = now.Add(-m.options.Age)
	}
	removed := m.trim(before) + m.pruneRecords()
	m.notifier.Publish(m.last, m.stats)
	return removed, nil
}

// trim deletes records, oldest first, until none is from before the given time and the options are met. It returns how
// many it deleted.
func (m *Memory) trim(before time.Time) int {
	t := trimmer{before: before, rows: m.options.Rows, bytes: m.options.Bytes}
	size := m.size()
	m.trimDeliveries(&t)
	m.trimAttempts(&t)
	n := len(m.events)
	m.events = filter(m.events, func() bool { return t.dated() || t.finished > 0 || t.tooMany(n) }, func(e *eventEntry) bool {
		if e.deliveries > 0 || !e.finished && !t.old(e.At) && !t.tooMany(n) {
			return true
		}
		if e.finished {
			t.finished--
		}
		n--
		m.bytes -= weight(e.Event)
		return false
	})
	n = len(m.others)
	m.others = filter(m.others, func() bool { return t.dated() || t.tooMany(n) }, func(r Record) bool {
		if m.inForce(r) || !t.old(r.When()) && !t.tooMany(n) {
			return true
		}
		n--
		m.bytes -= weight(r)
		return false
	})
	m.stats.Events, m.stats.Deliveries, m.stats.Attempts = len(m.events), len(m.deliveries), len(m.attempts)
	m.trimAt = m.nextTrim()
	return size - m.size()
}

// size returns the number of records.
func (m *Memory) size() int {
	return len(m.events) + len(m.deliveries) + len(m.attempts) + len(m.others)
}

// trimmer has the limits of one run of trim.
type trimmer struct {
	before time.Time
	rows   int
	bytes  int64

	attempts, finished int // attempts and events of deleted deliveries that are to be deleted
}

// dated reports whether records are deleted by their age.
func (t *trimmer) dated() bool { return !t.before.IsZero() }

func (t *trimmer) old(at time.Time) bool { return at.Before(t.before) }
func (t *trimmer) tooMany(n int) bool    { return t.rows > 0 && n > t.rows }

func (m *Memory) trimDeliveries(t *trimmer) {
	finished, attempts := m.finished(), len(m.attempts)
	full := func() bool { return t.tooMany(finished) || t.tooMany(attempts) || t.bytes > 0 && m.bytes > t.bytes }
	m.deliveries = filter(m.deliveries, func() bool { return t.dated() || full() }, func(e *deliveryEntry) bool {
		d := e.current.Load()
		if d.State.Unfinished() || !full() && !(t.old(d.CreatedAt) && t.old(d.LastAt)) {
			return true
		}
		finished--
		attempts -= d.Attempts
		t.attempts += d.Attempts
		m.bytes -= weight(d) + e.attempts
		e.deleted = true
		e.event.deliveries--
		if e.event.finished = e.event.deliveries == 0; e.event.finished {
			t.finished++
		}
		delete(m.byID, d.ID)
		return false
	})
}

// trimAttempts deletes the attempts of deleted deliveries, and old ones without a delivery.
func (m *Memory) trimAttempts(t *trimmer) {
	more := func() bool { return t.dated() || t.attempts > 0 || t.tooMany(m.unattached) }
	m.attempts = filter(m.attempts, more, func(e *attemptEntry) bool {
		switch {
		case e.delivery != nil && e.delivery.deleted:
			t.attempts--
			return false
		case e.delivery != nil || !t.tooMany(m.unattached) && !t.old(e.StartedAt):
			return true
		}
		m.unattached--
		m.bytes -= weight(e.Attempt)
		return false
	})
}

func (m *Memory) inForce(r Record) bool {
	if c, ok := r.(*Clinic); ok {
		return len(m.clinic) > 0 && c.Seq >= m.clinic[0].Seq
	}
	key, _, ok := Key(r)
	return ok && m.current[r.Kind()][key] == r
}

// filter returns a new slice with the elements to keep, and all others as soon as there is no more to delete. The old slice is
// unchanged: a reader may be using it.
func filter[T any](all []T, more func() bool, keep func(T) bool) []T {
	result := make([]T, 0, len(all))
	for i, e := range all {
		if !more() {
			return append(result, all[i:]...)
		}
		if keep(e) {
			result = append(result, e)
		}
	}
	return result
}

// weight returns the estimated memory of a record in bytes.
func weight(r Record) int64 {
	switch r := r.(type) {
	case *ClinicRecord:
		return 0
	case *Event:
		return 200 + 60*int64(len(r.Identifiers))
	case *Delivery:
		return 500
	case *Attempt:
		n := 700 + len(r.Request.Body) + len(r.Response.Body) + len(r.Request.URL)
		for _, h := range r.Request.Headers {
			n += 32 + len(h.Name) + len(h.Value)
		}
		for _, h := range r.Response.Headers {
			n += 32 + len(h.Name) + len(h.Value)
		}
		return int64(n)
	case *Setting:
		return 200 + int64(len(r.Value))
	case *Clinic:
		return 200 + int64(len(r.Data))
	}
	return 500
}
