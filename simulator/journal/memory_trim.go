package journal

import (
	"context"
	"fmt"
	"time"
)

// marks say at which sizes the journal is trimmed next: an eighth above what a trim leaves, so that trimming costs a
// fixed share of appending, however much there is that must stay.
type marks struct {
	events, finished, attempts, others int
	bytes                              int64
}

func (m *Memory) marksNow() marks {
	above := func(n int) int { return max(n, m.options.Rows) + max(n, m.options.Rows)/8 }
	most := max(m.bytes, m.options.Bytes)
	return marks{
		events:   above(len(m.events)),
		finished: above(m.finished()),
		attempts: above(len(m.attempts)),
		others:   above(len(m.others)),
		bytes:    most + most/8,
	}
}

func (m *Memory) finished() int { return m.stats.Deliveries - m.stats.Unfinished() }

func (m *Memory) trimIfDue() {
	rows := m.options.Rows > 0 && (len(m.events) > m.marks.events || m.finished() > m.marks.finished ||
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
	m.news.Publish(m.last, m.stats)
	return removed, nil
}

// trim forgets the oldest of what is finished until the bounds hold, and what happened before the time given. A
// delivery goes with its attempts, a change with the last of its deliveries.
func (m *Memory) trim(before time.Time) int {
	t := trimmer{before: before, rows: m.options.Rows, bytes: m.options.Bytes}
	size := len(m.events) + len(m.deliveries) + len(m.attempts) + len(m.others)
	m.trimDeliveries(&t)
	m.trimAttempts(&t)
	excess := len(m.events)
	m.events = filter(m.events, func(h *heldEvent) bool {
		if h.deliveries > 0 || !h.done && !t.old(h.At) && !t.over(excess) {
			return true
		}
		excess--
		m.bytes -= weight(h.Event)
		return false
	})
	excess = len(m.others)
	m.others = filter(m.others, func(r Record) bool {
		if m.inForce(r) || !t.old(r.When()) && !t.over(excess) {
			return true
		}
		excess--
		m.bytes -= weight(r)
		return false
	})
	m.stats.Events, m.stats.Deliveries, m.stats.Attempts = len(m.events), len(m.deliveries), len(m.attempts)
	m.marks = m.marksNow()
	return size - (len(m.events) + len(m.deliveries) + len(m.attempts) + len(m.others))
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
	m.deliveries = filter(m.deliveries, func(h *heldDelivery) bool {
		d := h.now.Load()
		if d.State.Unfinished() {
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
	m.attempts = filter(m.attempts, func(h *heldAttempt) bool {
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
func filter[T any](index []T, stays func(T) bool) []T {
	kept := make([]T, 0, len(index))
	for _, h := range index {
		if stays(h) {
			kept = append(kept, h)
		}
	}
	return kept
}

// weight estimates the bytes that a record holds.
func weight(r Record) int64 {
	switch r := r.(type) {
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
