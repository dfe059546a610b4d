package journal

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"semblance/schemas"
)

// view is the content of the journal at one moment.
type view struct {
	events     []*eventEntry
	deliveries []*deliveryEntry
	attempts   []*attemptEntry
	others     []Record
}

func (m *Memory) view(ctx context.Context) (view, error) {
	if err := ctx.Err(); err != nil {
		return view{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return view{}, fmt.Errorf("reading the journal: %w", ErrClosed)
	}
	return view{m.events, m.deliveries, m.attempts, m.others}, nil
}

// Read implements [Journal].
func (m *Memory) Read(ctx context.Context, after Seq, limit int, kinds ...Kind) ([]Record, error) {
	v, err := m.view(ctx)
	if err != nil {
		return nil, err
	}
	wanted := func(k Kind) bool { return len(kinds) == 0 || slices.Contains(kinds, k) }
	limit = (&Query{Limit: limit}).Size()
	var all []Record
	if wanted(KindEvent) {
		for _, e := range firstAfter(v.events, after, limit) {
			all = append(all, e.Event)
		}
	}
	if wanted(KindDelivery) {
		for _, e := range firstAfter(v.deliveries, after, limit) {
			all = append(all, e.current.Load())
		}
	}
	if wanted(KindAttempt) {
		for _, e := range firstAfter(v.attempts, after, limit) {
			all = append(all, e.Brief())
		}
	}
	others := firstAfter(v.others, after, len(v.others))
	for n := 0; len(others) > 0 && n < limit; others = others[1:] {
		if wanted(others[0].Kind()) {
			all = append(all, others[0])
			n++
		}
	}
	slices.SortFunc(all, compareSeq)
	return all[:min(limit, len(all))], nil
}

// Latest implements [Journal].
func (m *Memory) Latest(ctx context.Context, kind Kind, before Seq, limit int) ([]Record, error) {
	v, err := m.view(ctx)
	if err != nil {
		return nil, err
	}
	limit = (&Query{Limit: limit}).Size()
	var latest []Record
	for _, r := range slices.Backward(v.others) {
		if r.Kind() == kind && (before == 0 || r.Sequence() < before) {
			if latest = append(latest, r); len(latest) == limit {
				break
			}
		}
	}
	return latest, nil
}

func compareSeq(a, b Record) int { return cmp.Compare(a.Sequence(), b.Sequence()) }

// firstAfter returns up to limit entries with numbers above seq.
func firstAfter[T sequenced](entries []T, seq Seq, limit int) []T {
	rest := entries[after(entries, seq):]
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
		slices.SortFunc(all, compareSeq)
		for _, r := range all {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// Unfinished implements [Journal].
func (m *Memory) Unfinished(ctx context.Context, subscriptionID string, after Seq) iter.Seq2[*Delivery, error] {
	return func(yield func(*Delivery, error) bool) {
		v, err := m.view(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, e := range firstAfter(v.deliveries, after, len(v.deliveries)) {
			d := e.current.Load()
			if !d.State.Unfinished() || subscriptionID != "" && subscriptionID != d.SubscriptionID {
				continue
			}
			if !yield(d, nil) {
				return
			}
		}
	}
}

// Queue implements [Journal].
func (m *Memory) Queue(ctx context.Context, subscriptionID string, state State, after QueuePosition, limit int) ([]*Delivery, error) {
	v, err := m.view(ctx)
	if err != nil {
		return nil, err
	}
	limit = (&Query{Limit: limit}).Size()
	var all []*Delivery
	var end QueuePosition // deliveries after this position are not among the first; zero if unknown
	keepFirst := func() {
		slices.SortFunc(all, func(a, b *Delivery) int { return a.QueuePosition().Compare(b.QueuePosition()) })
		if len(all) > limit {
			all = all[:limit]
			end = all[limit-1].QueuePosition()
		}
	}
	for _, e := range v.deliveries {
		d := e.current.Load()
		if d.State != state || d.SubscriptionID != subscriptionID {
			continue
		}
		if p := d.QueuePosition(); p.Compare(after) <= 0 || end.Seq > 0 && p.Compare(end) > 0 {
			continue
		}
		if all = append(all, d); len(all) >= 2*limit {
			keepFirst()
		}
	}
	keepFirst()
	return all, nil
}

// Backlogs implements [Journal].
func (m *Memory) Backlogs(ctx context.Context) (map[string]int, error) {
	all := map[string]int{}
	for d, err := range m.Unfinished(ctx, "", 0) {
		if err != nil {
			return nil, err
		}
		all[d.SubscriptionID]++
	}
	return all, nil
}

// Events implements [Journal].
func (m *Memory) Events(ctx context.Context, q Query) (Page[*Event], error) {
	v, err := m.view(ctx)
	if err != nil {
		return Page[*Event]{}, err
	}
	return page(&q, v.events, func(e *eventEntry) (item *Event, read, matches bool) {
		return e.Event, true, q.matchesEvent(e.Event)
	})
}

// Deliveries implements [Journal].
func (m *Memory) Deliveries(ctx context.Context, q Query) (Page[*Delivery], error) {
	v, err := m.view(ctx)
	if err != nil {
		return Page[*Delivery]{}, err
	}
	return page(&q, v.deliveries, func(e *deliveryEntry) (item *Delivery, read, matches bool) {
		d := e.current.Load()
		return d, q.readsDelivery(d), q.matchesDelivery(d)
	})
}

// Attempts implements [Journal].
func (m *Memory) Attempts(ctx context.Context, q Query) (Page[*Attempt], error) {
	v, err := m.view(ctx)
	if err != nil {
		return Page[*Attempt]{}, err
	}
	return page(&q, v.attempts, func(e *attemptEntry) (item *Attempt, read, matches bool) {
		item, matches = e.Attempt, q.matchesAttempt(e.Attempt, e.event())
		if matches && !q.Full {
			item = e.Brief()
		}
		return item, q.DeliveryID == "" || e.DeliveryID == q.DeliveryID, matches
	})
}

func (e *attemptEntry) event() *schemas.Event {
	if e.delivery == nil {
		return nil
	}
	return &e.delivery.event.Event.Event
}

// page returns a page of the entries that match, in the query's order from its cursor on. The function search returns the
// record of an entry, whether a search reads it, and whether it matches.
func page[E sequenced, T Record](q *Query, entries []E, search func(E) (item T, read, matches bool)) (Page[T], error) {
	var p Page[T]
	position, err := q.Position()
	if err != nil {
		return p, err
	}
	entries = entries[after(entries, q.After):]
	if position > 0 && q.Oldest {
		entries = entries[after(entries, position):]
	} else if position > 0 {
		entries = entries[:after(entries, position-1)]
	}
	var last Seq
	n, bytes := 0, 0
	for i := range entries {
		e := entries[i]
		if !q.Oldest {
			e = entries[len(entries)-1-i]
		}
		item, read, matches := search(e)
		switch {
		case !read:
			continue
		case n == MaxSearch:
			p.Continue(q, last)
			return p, nil
		}
		n++
		last = e.Sequence()
		if !matches {
			continue
		}
		if len(p.Items) == q.Size() || bytes > MaxPageBytes {
			p.Continue(q, p.Items[len(p.Items)-1].Sequence())
			break
		}
		p.Items = append(p.Items, item)
		if a, ok := any(item).(*Attempt); ok {
			bytes += len(a.Request.Body) + len(a.Response.Body)
		}
	}
	return p, nil
}

// Event implements [Journal].
func (m *Memory) Event(ctx context.Context, seq Seq) (*Event, error) {
	v, err := m.view(ctx)
	if err != nil {
		return nil, err
	}
	if e := bySeq(v.events, seq); e != nil {
		return e.Event, nil
	}
	return nil, fmt.Errorf("event %d: %w", seq, ErrNotFound)
}

// Delivery implements [Journal].
func (m *Memory) Delivery(ctx context.Context, id string) (*Delivery, error) {
	if _, err := m.view(ctx); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.byID[id]; e != nil {
		return e.current.Load(), nil
	}
	return nil, fmt.Errorf("delivery %q: %w", id, ErrNotFound)
}

// Attempt implements [Journal].
func (m *Memory) Attempt(ctx context.Context, seq Seq) (*Attempt, error) {
	v, err := m.view(ctx)
	if err != nil {
		return nil, err
	}
	if e := bySeq(v.attempts, seq); e != nil {
		return e.Attempt, nil
	}
	return nil, fmt.Errorf("attempt %d: %w", seq, ErrNotFound)
}
