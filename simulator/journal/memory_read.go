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
	events     []*heldEvent
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
	return view{m.events, m.deliveries, m.attempts, m.others}, nil
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
	if wants(KindEvent) {
		for _, h := range first(v.events, after, limit) {
			all = append(all, h.Event)
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

func first[T sequenced](index []T, after Seq, limit int) []T {
	rest := index[from(index, after):]
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
func (m *Memory) Unfinished(ctx context.Context, subscriptionID string, after Seq) iter.Seq2[*Delivery, error] {
	return func(yield func(*Delivery, error) bool) {
		v, err := m.view(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, h := range v.deliveries[from(v.deliveries, after):] {
			d := h.now.Load()
			if !d.State.Unfinished() || subscriptionID != "" && subscriptionID != d.SubscriptionID {
				continue
			}
			if !yield(d, nil) {
				return
			}
		}
	}
}

// Changes implements [Journal].
func (m *Memory) Events(ctx context.Context, q Query) (Page[*Event], error) {
	v, err := m.view(ctx)
	if err != nil {
		return Page[*Event]{}, err
	}
	return page(&q, v.events, func(h *heldEvent) (*Event, bool) { return h.Event, q.matchesEvent(h.Event) })
}

// Deliveries implements [Journal].
func (m *Memory) Deliveries(ctx context.Context, q Query) (Page[*Delivery], error) {
	v, err := m.view(ctx)
	if err != nil {
		return Page[*Delivery]{}, err
	}
	return page(&q, v.deliveries, func(h *heldDelivery) (*Delivery, bool) {
		d := h.now.Load()
		return d, q.matchesDelivery(d)
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
		case !q.matchesAttempt(h.Attempt, h.event()):
			return nil, false
		case q.Full:
			return h.Attempt, true
		}
		return h.Brief(), true
	})
}

func (h *heldAttempt) event() *schemas.Event {
	if h.of == nil {
		return nil
	}
	return &h.of.of.Event.Event
}

// page takes from the shelf what fits, in the query's direction from its cursor on.
func page[H sequenced, T Record](q *Query, index []H, take func(H) (T, bool)) (Page[T], error) {
	var p Page[T]
	place, err := q.Position()
	if err != nil {
		return p, err
	}
	index = index[from(index, q.After):]
	if place > 0 && q.Oldest {
		index = index[from(index, place):]
	} else if place > 0 {
		index = index[:from(index, place-1)]
	}
	bytes := 0
	for i := range index {
		h := index[i]
		if !q.Oldest {
			h = index[len(index)-1-i]
		}
		item, fits := take(h)
		if !fits {
			continue
		}
		if len(p.Items) == q.Size() || bytes > MaxPageBytes {
			p.Next = q.CursorAfter(p.Items[len(p.Items)-1].Sequence())
			break
		}
		p.Items = append(p.Items, item)
		if a, ok := any(item).(*Attempt); ok {
			bytes += len(a.Request.Body) + len(a.Response.Body)
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
	case KindEvent:
		for _, h := range v.events[from(v.events, q.After):] {
			if q.matchesEvent(h.Event) {
				n++
			}
		}
	case KindDelivery:
		for _, h := range v.deliveries[from(v.deliveries, q.After):] {
			if q.matchesDelivery(h.now.Load()) {
				n++
			}
		}
	case KindAttempt:
		for _, h := range v.attempts[from(v.attempts, q.After):] {
			if q.matchesAttempt(h.Attempt, h.event()) {
				n++
			}
		}
	default:
		return 0, fmt.Errorf("count in the journal: a %s cannot be counted", kind)
	}
	return n, nil
}

// Change implements [Journal].
func (m *Memory) Event(ctx context.Context, seq Seq) (*Event, error) {
	v, err := m.view(ctx)
	if err != nil {
		return nil, err
	}
	if h := at(v.events, seq); h != nil {
		return h.Event, nil
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
