package journal

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"semblance/schemas"
)

// view is what the shelves held at one moment.
type view struct {
	changes    []*heldChange
	deliveries []*heldDelivery
	attempts   []*heldAttempt
	others     []Record
}

func (m *Memory) view(ctx context.Context) (view, error) {
	if err := ctx.Err(); err != nil {
		return view{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return view{}, fmt.Errorf("read the journal: %w", ErrClosed)
	}
	return view{m.changes, m.deliveries, m.attempts, m.others}, nil
}

// Read implements [Journal].
func (m *Memory) Read(ctx context.Context, after Seq, limit int, kinds ...Kind) ([]Record, error) {
	v, err := m.view(ctx)
	if err != nil {
		return nil, err
	}
	wants := func(k Kind) bool { return len(kinds) == 0 || slices.Contains(kinds, k) }
	limit = (&Query{Limit: limit}).Size()
	var all []Record
	if wants(KindChange) {
		for _, h := range first(v.changes, after, limit) {
			all = append(all, h.Change)
		}
	}
	if wants(KindDelivery) {
		for _, h := range first(v.deliveries, after, limit) {
			all = append(all, h.now.Load())
		}
	}
	if wants(KindAttempt) {
		for _, h := range first(v.attempts, after, limit) {
			all = append(all, h.Brief())
		}
	}
	others := v.others[from(v.others, after):]
	for n := 0; len(others) > 0 && n < limit; others = others[1:] {
		if wants(others[0].Kind()) {
			all = append(all, others[0])
			n++
		}
	}
	slices.SortFunc(all, bySeq)
	return all[:min(limit, len(all))], nil
}

func bySeq(a, b Record) int { return cmp.Compare(a.Sequence(), b.Sequence()) }

func first[T sequenced](shelf []T, after Seq, limit int) []T {
	rest := shelf[from(shelf, after):]
	return rest[:min(limit, len(rest))]
}

// Current implements [Journal].
func (m *Memory) Current(ctx context.Context, kind Kind) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		if _, err := m.view(ctx); err != nil {
			yield(nil, err)
			return
		}
		m.mu.Lock()
		var all []Record
		for _, r := range m.current[kind] {
			all = append(all, r)
		}
		if kind == KindClinic {
			for _, c := range m.clinic {
				all = append(all, c)
			}
		}
		m.mu.Unlock()
		slices.SortFunc(all, bySeq)
		for _, r := range all {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// Owed implements [Journal].
func (m *Memory) Owed(ctx context.Context, subscriptionID string, after Seq) iter.Seq2[*Delivery, error] {
	return func(yield func(*Delivery, error) bool) {
		v, err := m.view(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, h := range v.deliveries[from(v.deliveries, after):] {
			d := h.now.Load()
			if !d.State.Owed() || subscriptionID != "" && subscriptionID != d.SubscriptionID {
				continue
			}
			if !yield(d, nil) {
				return
			}
		}
	}
}

// Changes implements [Journal].
func (m *Memory) Changes(ctx context.Context, q Query) (Page[*Change], error) {
	v, err := m.view(ctx)
	if err != nil {
		return Page[*Change]{}, err
	}
	return page(&q, v.changes, func(h *heldChange) (*Change, bool) { return h.Change, q.fitsChange(h.Change) })
}

// Deliveries implements [Journal].
func (m *Memory) Deliveries(ctx context.Context, q Query) (Page[*Delivery], error) {
	v, err := m.view(ctx)
	if err != nil {
		return Page[*Delivery]{}, err
	}
	return page(&q, v.deliveries, func(h *heldDelivery) (*Delivery, bool) {
		d := h.now.Load()
		return d, q.fitsDelivery(d)
	})
}

// Attempts implements [Journal].
func (m *Memory) Attempts(ctx context.Context, q Query) (Page[*Attempt], error) {
	v, err := m.view(ctx)
	if err != nil {
		return Page[*Attempt]{}, err
	}
	return page(&q, v.attempts, func(h *heldAttempt) (*Attempt, bool) {
		switch {
		case !q.fitsAttempt(h.Attempt, h.change()):
			return nil, false
		case q.Full:
			return h.Attempt, true
		}
		return h.Brief(), true
	})
}

func (h *heldAttempt) change() *schemas.Change {
	if h.of == nil {
		return nil
	}
	return &h.of.of.Change.Change
}

// page takes from the shelf what fits, in the query's direction from its cursor on.
func page[H sequenced, T Record](q *Query, shelf []H, take func(H) (T, bool)) (Page[T], error) {
	var p Page[T]
	place, err := q.Place()
	if err != nil {
		return p, err
	}
	shelf = shelf[from(shelf, q.After):]
	if place > 0 && q.Oldest {
		shelf = shelf[from(shelf, place):]
	} else if place > 0 {
		shelf = shelf[:from(shelf, place-1)]
	}
	bytes := 0
	for i := range shelf {
		h := shelf[i]
		if !q.Oldest {
			h = shelf[len(shelf)-1-i]
		}
		item, fits := take(h)
		if !fits {
			continue
		}
		if len(p.Items) == q.Size() || bytes > MaxPageBytes {
			p.Next = q.Mark(p.Items[len(p.Items)-1].Sequence())
			break
		}
		p.Items = append(p.Items, item)
		if a, ok := any(item).(*Attempt); ok {
			bytes += len(a.Sent.Body) + len(a.Came.Body)
		}
	}
	return p, nil
}

// Count implements [Journal].
func (m *Memory) Count(ctx context.Context, kind Kind, q Query) (int, error) {
	v, err := m.view(ctx)
	if err != nil {
		return 0, err
	}
	n := 0
	switch kind {
	case KindChange:
		for _, h := range v.changes[from(v.changes, q.After):] {
			if q.fitsChange(h.Change) {
				n++
			}
		}
	case KindDelivery:
		for _, h := range v.deliveries[from(v.deliveries, q.After):] {
			if q.fitsDelivery(h.now.Load()) {
				n++
			}
		}
	case KindAttempt:
		for _, h := range v.attempts[from(v.attempts, q.After):] {
			if q.fitsAttempt(h.Attempt, h.change()) {
				n++
			}
		}
	default:
		return 0, fmt.Errorf("count in the journal: a %s cannot be counted", kind)
	}
	return n, nil
}

// Change implements [Journal].
func (m *Memory) Change(ctx context.Context, seq Seq) (*Change, error) {
	v, err := m.view(ctx)
	if err != nil {
		return nil, err
	}
	if h := at(v.changes, seq); h != nil {
		return h.Change, nil
	}
	return nil, fmt.Errorf("change %d: %w", seq, ErrNotFound)
}

// Delivery implements [Journal].
func (m *Memory) Delivery(ctx context.Context, id string) (*Delivery, error) {
	if _, err := m.view(ctx); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if h := m.byID[id]; h != nil {
		return h.now.Load(), nil
	}
	return nil, fmt.Errorf("delivery %q: %w", id, ErrNotFound)
}

// Attempt implements [Journal].
func (m *Memory) Attempt(ctx context.Context, seq Seq) (*Attempt, error) {
	v, err := m.view(ctx)
	if err != nil {
		return nil, err
	}
	if h := at(v.attempts, seq); h != nil {
		return h.Attempt, nil
	}
	return nil, fmt.Errorf("attempt %d: %w", seq, ErrNotFound)
}
