package journal

import (
	"context"
	"fmt"
	"time"
)

// marks say at which sizes the journal is trimmed next: an eighth above what a trim leaves, so that trimming costs a
// fixed share of appending, however much there is that must stay.
type marks struct {
	changes, finished, attempts, others int
	bytes                               int64
}

func (m *Memory) marksNow() marks {
	above := func(n int) int { return max(n, m.options.Rows) + max(n, m.options.Rows)/8 }
	most := max(m.bytes, m.options.Bytes)
	return marks{
		changes:  above(len(m.changes)),
		finished: above(m.finished()),
		attempts: above(len(m.attempts)),
		others:   above(len(m.others)),
		bytes:    most + most/8,
	}
}

func (m *Memory) finished() int { return m.tally.Deliveries - m.tally.Owed() }

func (m *Memory) trimIfDue() {
	rows := m.options.Rows > 0 && (len(m.changes) > m.marks.changes || m.finished() > m.marks.finished ||
		len(m.attempts) > m.marks.attempts || len(m.others) > m.marks.others)
	if rows || m.options.Bytes > 0 && m.bytes > m.marks.bytes {
		m.trim(time.Time{})
	}
}

// Prune implements [Journal].
func (m *Memory) Prune(ctx context.Context, now time.Time) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return 0, fmt.Errorf("prune the journal: %w", ErrClosed)
	}
	var before time.Time
	if m.options.Age > 0 {
		before = now.Add(-m.options.Age)
	}
	removed := m.trim(before)
	m.news.Publish(m.last, m.tally)
	return removed, nil
}

// trim forgets the oldest of what is finished until the bounds hold, and what happened before the time given. A
// delivery goes with its attempts, a change with the last of its deliveries.
func (m *Memory) trim(before time.Time) int {
	t := trimmer{before: before, rows: m.options.Rows, bytes: m.options.Bytes}
	size := len(m.changes) + len(m.deliveries) + len(m.attempts) + len(m.others)
	m.trimDeliveries(&t)
	m.trimAttempts(&t)
	excess := len(m.changes)
	m.changes = sieve(m.changes, func(h *heldChange) bool {
		if h.deliveries > 0 || !h.done && !t.old(h.At) && !t.over(excess) {
			return true
		}
		excess--
		m.bytes -= weight(h.Change)
		return false
	})
	excess = len(m.others)
	m.others = sieve(m.others, func(r Record) bool {
		if m.inForce(r) || !t.old(r.When()) && !t.over(excess) {
			return true
		}
		excess--
		m.bytes -= weight(r)
		return false
	})
	m.tally.Changes, m.tally.Deliveries, m.tally.Attempts = len(m.changes), len(m.deliveries), len(m.attempts)
	m.marks = m.marksNow()
	return size - (len(m.changes) + len(m.deliveries) + len(m.attempts) + len(m.others))
}

type trimmer struct {
	before time.Time
	rows   int
	bytes  int64
}

func (t *trimmer) old(at time.Time) bool { return at.Before(t.before) }
func (t *trimmer) over(n int) bool       { return t.rows > 0 && n > t.rows }

func (m *Memory) trimDeliveries(t *trimmer) {
	finished, attempts := m.finished(), len(m.attempts)
	m.deliveries = sieve(m.deliveries, func(h *heldDelivery) bool {
		d := h.now.Load()
		if d.State.Owed() {
			return true
		}
		full := t.over(finished) || t.over(attempts) || t.bytes > 0 && m.bytes > t.bytes
		if !full && !(t.old(d.CreatedAt) && t.old(d.LastAt)) {
			return true
		}
		finished--
		attempts -= d.Attempts
		m.bytes -= weight(d) + h.bytes
		h.gone = true
		h.of.deliveries--
		h.of.done = h.of.deliveries == 0
		delete(m.byID, d.ID)
		return false
	})
}

func (m *Memory) trimAttempts(t *trimmer) {
	loose := 0
	for _, h := range m.attempts {
		if h.of == nil {
			loose++
		}
	}
	m.attempts = sieve(m.attempts, func(h *heldAttempt) bool {
		if h.of != nil {
			return !h.of.gone
		}
		if !t.over(loose) && !t.old(h.StartedAt) {
			return true
		}
		loose--
		m.bytes -= weight(h.Attempt)
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

// sieve returns what is to stay in a shelf of its own, because somebody may still be reading the old one.
func sieve[T any](shelf []T, stays func(T) bool) []T {
	kept := make([]T, 0, len(shelf))
	for _, h := range shelf {
		if stays(h) {
			kept = append(kept, h)
		}
	}
	return kept
}

// weight estimates the bytes that a record holds.
func weight(r Record) int64 {
	switch r := r.(type) {
	case *Change:
		return 200 + 60*int64(len(r.Identifiers))
	case *Delivery:
		return 500
	case *Attempt:
		n := 700 + len(r.Sent.Body) + len(r.Came.Body) + len(r.Sent.URL)
		for _, h := range r.Sent.Headers {
			n += 32 + len(h.Name) + len(h.Value)
		}
		for _, h := range r.Came.Headers {
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
