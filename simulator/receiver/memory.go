package receiver

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"time"

	"semblance/schemas"
)

// The bounds of the memory beside the number of events and records.
const (
	maxTold = 32       // things that one record was told
	maxKept = 64 << 20 // bytes of bodies, for events that are far larger than the provider's
)

// memory is what the receiver has taken: the last events, and the state of the records that they concern.
type memory struct {
	mu      sync.Mutex
	seed    maphash.Seed
	size    int // of events, and of records
	events  queue[*Event]
	kept    int // bytes of their bodies
	byID    map[string]*Event
	records queue[string]
	states  map[string]*record
	totals  Totals
}

// Totals count every delivery since the start, by what became of it.
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

// record is the state of one record, as far as events tell it: which different things they said. It is a set, so a
// retry adds nothing to it, whatever its eventId and however late it comes.
type record struct {
	kind    string
	told    []told // in the order in which they were first told
	changes int    // how many things were new
	state   string
	deleted bool
}

// told is one thing that a record was told: an event type with all its identifiers and metadata.
type told struct {
	print     uint64
	eventType string
	times     int
	last      time.Time
}

func newMemory(size int) *memory {
	return &memory{
		seed:   maphash.MakeSeed(),
		size:   size,
		byID:   map[string]*Event{},
		states: map[string]*record{},
	}
}

// take takes an event: at most once for its eventId, and without effect if its records know it already. It is remembered
// last, when nothing can fail any more.
func (m *memory) take(e *Event) (Outcome, error) { return m.takeAs(e, m.print(e)), nil }

// takeAs takes an event that says what print stands for.
func (m *memory) takeAs(e *Event, print uint64) Outcome {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.again(e) {
		return Duplicate
	}
	outcome := Unchanged
	if m.tell(e, print) {
		outcome = Accepted
	}
	m.remember(e, outcome)
	return outcome
}

// ignore remembers an event of a type that the receiver does not know.
func (m *memory) ignore(e *Event) Outcome {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.again(e) {
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

// again reports whether the eventId was taken before; then e becomes what is known of it.
func (m *memory) again(e *Event) bool {
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
	kept := *e
	m.byID[kept.EventID] = &kept
	m.events.push(&kept)
	m.kept += kept.size
	for m.events.count > m.size || m.kept > maxKept && m.events.count > 1 {
		forgotten := m.events.pop()
		m.kept -= forgotten.size
		delete(m.byID, forgotten.EventID)
	}
}

// tell tells the event to the records that it concerns, and says whether that was news to any of them.
func (m *memory) tell(e *Event, print uint64) (news bool) {
	for _, id := range subjects(e) {
		if m.state(id).tell(e, print) {
			news = true
		}
	}
	return news
}

func (m *memory) state(id schemas.Identifier) *record {
	if r := m.states[id.Value]; r != nil {
		return r
	}
	r := &record{kind: strings.Clone(kind(id.Name))}
	name := strings.Clone(id.Value) // a part of the body, which need not be kept for it
	m.states[name] = r
	m.records.push(name)
	if m.records.count > m.size {
		delete(m.states, m.records.pop())
	}
	return r
}

func (r *record) tell(e *Event, print uint64) (news bool) {
	for i := range r.told {
		if r.told[i].print == print {
			r.told[i].times++
			r.told[i].last = e.ReceivedAt
			return false
		}
	}
	if len(r.told) == maxTold {
		r.told = slices.Delete(r.told, 0, 1)
	}
	r.told = append(r.told, told{print, e.EventType, 1, e.ReceivedAt})
	r.changes++
	r.advance(e.EventType)
	return true
}

// advance moves the record's state to what an event type says. It never moves back: what is deleted stays so, and a
// patient's journey goes forward, because an event that comes late may be an old one. An update is no state.
func (r *record) advance(eventType string) {
	next := eventType[strings.LastIndexByte(eventType, '.')+1:]
	back := journey(next) >= 0 && journey(next) < journey(r.state)
	if r.deleted || back || next == "updated" && r.state != "" {
		return
	}
	r.state = next
	r.deleted = strings.Count(eventType, ".") == 1 && next == "deleted" ||
		strings.HasPrefix(eventType, "availability.") && next == "removed"
}

// journey is how far along a patient's visit is.
func journey(state string) int {
	return slices.Index([]string{"arrived", "inConsultation", "completed", "noShow"}, state)
}

// print is the fingerprint of what an event says: everything but its eventId and its subscription.
func (m *memory) print(e *Event) uint64 {
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

// subjects returns which records an event is about: the one that its type is named after, as booking in
// booking.created. A merge is about both patients; failing all that, the first identifier is the subject.
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

// kind is what an identifier names: bookingId names a booking.
func kind(identifier string) string { return strings.TrimSuffix(identifier, "Id") }

// queue is a first-in, first-out queue in one slice.
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

// at returns the item at i, counted from the oldest.
func (q *queue[T]) at(i int) T { return q.items[(q.first+i)%len(q.items)] }
