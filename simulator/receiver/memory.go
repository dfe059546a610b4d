package receiver

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"time"

	"semblance/schemas"
)

// maxTold bounds what is kept of what one record was told.
const maxTold = 64

// memory is what the receiver has taken: the last events, and the state of the records that they concern.
type memory struct {
	mu      sync.Mutex
	seed    maphash.Seed
	events  ring[*Event]
	byID    map[string]*Event
	records ring[string]
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
		seed:    maphash.MakeSeed(),
		events:  ring[*Event]{size: size},
		byID:    map[string]*Event{},
		records: ring[string]{size: size},
		states:  map[string]*record{},
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
	if forgotten, ok := m.events.push(&kept); ok {
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
	r := &record{kind: kind(id.Name)}
	m.states[id.Value] = r
	if forgotten, ok := m.records.push(id.Value); ok {
		delete(m.states, forgotten)
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

// ring keeps the last size of what is pushed.
type ring[T any] struct {
	size  int
	items []T
	next  int // where the oldest is, once it is full
}

// push adds an item and returns the one that it drops, if it drops one.
func (r *ring[T]) push(item T) (dropped T, full bool) {
	if len(r.items) < r.size {
		r.items = append(r.items, item)
		return dropped, false
	}
	dropped, r.items[r.next] = r.items[r.next], item
	r.next = (r.next + 1) % r.size
	return dropped, true
}

// all returns what is kept, the oldest first.
func (r *ring[T]) all() func(yield func(T) bool) {
	return func(yield func(T) bool) {
		for i := range r.items {
			if !yield(r.items[(r.next+i)%len(r.items)]) {
				return
			}
		}
	}
}
