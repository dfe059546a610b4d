package receiver

import (
	"context"
	"hash/maphash"
	"slices"
	"strings"
	"sync"

	"semblance/schemas"
)

// Bounds of the memory, beside the number of events and records.
const (
	maxRecordEvents = 32       // events of one record
	maxStoredBytes  = 64 << 20 // bytes of bodies, for events far larger than the provider's
)

// memory holds the last processed events and the state of their records.
type memory struct {
	mu          sync.Mutex
	seed        maphash.Seed
	size        int // the largest number of events, and of records
	events      queue[*Event]
	storedBytes int // of the bodies, in bytes
	byID        map[string]*Event
	records     queue[string]
	states      map[string]*Record // by id
	totals      Totals
}

// Totals counts the deliveries since the start by outcome.
type Totals struct {
	Received  int `json:"received"`
	Accepted  int `json:"accepted"`
	Unchanged int `json:"unchanged"`
	Duplicate int `json:"duplicate"`
	Ignored   int `json:"ignored"`
	Refused   int `json:"refused"`
}

func (t *Totals) count(o Outcome) {
	t.Received++
	switch o {
	case Accepted:
		t.Accepted++
	case Unchanged:
		t.Unchanged++
	case Duplicate:
		t.Duplicate++
	case Ignored:
		t.Ignored++
	case Refused:
		t.Refused++
	}
}

func newMemory(size int) *memory {
	return &memory{
		seed:   maphash.MakeSeed(),
		size:   size,
		byID:   map[string]*Event{},
		states: map[string]*Record{},
	}
}

// process applies an event at most once for its eventId, and without effect if its records have it already. It remembers
// the event last, when nothing can fail any more.
func process(_ context.Context, m *memory, e *Event) (Outcome, error) {
	return m.processAs(e, m.fingerprint(e)), nil
}

// processAs processes an event that is identified by its fingerprint.
func (m *memory) processAs(e *Event, print uint64) Outcome {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.isDuplicate(e) {
		return Duplicate
	}
	outcome := Unchanged
	if m.apply(e, print) {
		outcome = Accepted
	}
	m.remember(e, outcome)
	return outcome
}

// ignore remembers an event of an unknown type.
func (m *memory) ignore(e *Event) Outcome {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.isDuplicate(e) {
		m.remember(e, Ignored)
	}
	return Ignored
}

// count counts one delivery.
func (m *memory) count(o Outcome) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.totals.count(o)
}

// isDuplicate reports whether the eventId was processed before; if so, it replaces *e by the earlier event.
func (m *memory) isDuplicate(e *Event) bool {
	known := m.byID[e.EventID]
	if known == nil {
		return false
	}
	known.Deliveries++
	*e = *known
	return true
}

func (m *memory) remember(e *Event, o Outcome) {
	e.Outcome, e.Deliveries = o, 1
	stored := *e
	m.byID[stored.EventID] = &stored
	m.events.push(&stored)
	m.storedBytes += stored.size
	for m.events.count > m.size || m.storedBytes > maxStoredBytes && m.events.count > 1 {
		forgotten := m.events.pop()
		m.storedBytes -= forgotten.size
		delete(m.byID, forgotten.EventID)
	}
}

// apply applies the event to its records and reports whether it changed any of them.
func (m *memory) apply(e *Event, print uint64) (changed bool) {
	for _, id := range subjects(e) {
		if m.state(id).apply(e, print) {
			changed = true
		}
	}
	return changed
}

func (m *memory) state(id schemas.Identifier) *Record {
	if r := m.states[id.Value]; r != nil {
		return r
	}
	// Copies, so that the body is not retained. No event is an empty list.
	r := &Record{ID: strings.Clone(id.Value), Kind: strings.Clone(kind(id.Name)), Events: []RecordEvent{}}
	m.states[r.ID] = r
	m.records.push(r.ID)
	if m.records.count > m.size {
		delete(m.states, m.records.pop())
	}
	return r
}

func (r *Record) apply(e *Event, print uint64) (changed bool) {
	if e.Decoded != nil {
		r.Decoded = e.Decoded
	}
	for i := range r.Events {
		if r.Events[i].fingerprint == print {
			r.Events[i].Times++
			r.Events[i].Last = e.ReceivedAt
			return false
		}
	}
	if len(r.Events) == maxRecordEvents {
		r.Events = slices.Delete(r.Events, 0, 1)
	}
	r.Events = append(r.Events, RecordEvent{e.EventType, 1, e.ReceivedAt, print})
	r.Changes++
	r.advance(e.EventType)
	return true
}

// advance sets the record's state by an event type. It never goes back, because a late event may be an old one: a deleted
// record stays deleted, and a patient's journey only goes forward. An update does not change the state.
func (r *Record) advance(eventType string) {
	next := eventType[strings.LastIndexByte(eventType, '.')+1:]
	back := journey(next) >= 0 && journey(next) < journey(r.State)
	if r.Deleted || back || next == "updated" && r.State != "" {
		return
	}
	r.State = next
	r.Deleted = strings.Count(eventType, ".") == 1 && next == "deleted" ||
		strings.HasPrefix(eventType, "availability.") && next == "removed"
}

// journey returns the stage of a patient's visit.
func journey(state string) int {
	return slices.Index([]string{"arrived", "inConsultation", "completed", "noShow"}, state)
}

// fingerprint identifies an event by everything except its eventId and subscription.
func (m *memory) fingerprint(e *Event) uint64 {
	var h maphash.Hash
	h.SetSeed(m.seed)
	h.WriteString(e.EventType)
	for _, id := range e.Identifiers {
		h.WriteByte(0)
		h.WriteString(id.Name)
		h.WriteByte(0)
		h.WriteString(id.Value)
	}
	h.WriteByte(0)
	h.Write(e.Metadata)
	return h.Sum64()
}

// subjects returns the records that an event is about: the one that its type is named after, such as booking for
// booking.created, or both patients of a merge, or else the first identifier.
func subjects(e *Event) []schemas.Identifier {
	noun, _, _ := strings.Cut(e.EventType, ".")
	for i, id := range e.Identifiers {
		if kind(id.Name) == noun {
			return e.Identifiers[i : i+1]
		}
	}
	if e.EventType == "patient.merged" {
		return e.Identifiers
	}
	return e.Identifiers[:min(1, len(e.Identifiers))]
}

// kind returns the kind of record that an identifier names: booking for bookingId.
func kind(identifier string) string { return strings.TrimSuffix(identifier, "Id") }

// queue is a first-in, first-out queue.
type queue[T any] struct {
	items []T
	first int
	count int
}

func (q *queue[T]) push(item T) {
	if q.count == len(q.items) {
		grown := make([]T, max(16, 2*q.count))
		for i := range q.count {
			grown[i] = q.at(i)
		}
		q.items, q.first = grown, 0
	}
	q.items[(q.first+q.count)%len(q.items)] = item
	q.count++
}

func (q *queue[T]) pop() T {
	var none T
	item := q.items[q.first]
	q.items[q.first] = none
	q.first = (q.first + 1) % len(q.items)
	q.count--
	return item
}

// at returns item i, counted from the oldest.
func (q *queue[T]) at(i int) T { return q.items[(q.first+i)%len(q.items)] }
