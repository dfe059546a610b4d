package journal

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Memory is the journal that lasts as long as the process. What it holds is bounded by its options, but for what is
// owed or in force; it forgets the oldest by itself as more is appended.
type Memory struct {
	options Options
	news    Notifier

	mu         sync.Mutex
	closed     bool
	last       Seq
	events     []*heldEvent
	deliveries []*heldDelivery
	attempts   []*heldAttempt
	others     []Record // every other kind
	byID       map[string]*heldDelivery
	current    map[Kind]map[string]Record
	clinic     []*Clinic // from the last snapshot on
	stats      Stats
	bytes      int64 // an estimate
	marks      marks // when to trim
}

// The shelves are slices in the order of the sequence. They only grow, or are replaced by shorter ones; so whoever
// has copied a slice's header under the lock may read it without. What still changes is a delivery, an atomic pointer.
type (
	heldEvent struct {
		*Event
		deliveries int  // how many are held; guarded by mu
		done       bool // the last of them was trimmed; guarded by mu
	}
	heldDelivery struct {
		Seq
		now   atomic.Pointer[Delivery]
		of    *heldEvent
		bytes int64 // of its attempts; guarded by mu
		gone  bool  // trimmed; guarded by mu
	}
	heldAttempt struct {
		*Attempt
		of *heldDelivery // nil where it is of none
	}
)

// Sequence returns the number of the delivery.
func (h *heldDelivery) Sequence() Seq { return h.Seq }

// NewMemory returns an empty journal.
func NewMemory(options Options) *Memory {
	m := &Memory{options: options.WithDefaults()}
	m.clear()
	return m
}

func (m *Memory) clear() {
	m.events, m.deliveries, m.attempts, m.others, m.clinic = nil, nil, nil, nil, nil
	m.byID = map[string]*heldDelivery{}
	m.current = map[Kind]map[string]Record{}
	m.stats, m.bytes = Stats{}, 0
	m.marks = m.marksNow()
}

// Append implements [Journal].
func (m *Memory) Append(ctx context.Context, records ...Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := Check(records); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return fmt.Errorf("append to the journal: %w", ErrClosed)
	}
	if err := m.accepts(records); err != nil {
		return err
	}
	m.last = Number(records, m.last)
	for _, r := range records {
		m.put(r)
	}
	m.trimIfDue()
	m.news.Publish(m.last, m.stats)
	return nil
}

// accepts reports whether all that the records refer to is there.
func (m *Memory) accepts(records []Record) error {
	var fresh map[string]bool // deliveries that come with this call
	here := func(id string) bool { return m.byID[id] != nil || fresh[id] }
	for _, r := range records {
		switch r := r.(type) {
		case *Delivery:
			if here(r.ID) {
				return fmt.Errorf("append to the journal: delivery %s is there already", r.ID)
			}
			if r.EventSeq != 0 && m.eventBySeq(r.EventSeq) == nil {
				return fmt.Errorf("append delivery %s of change %d: %w", r.ID, r.EventSeq, ErrGone)
			}
			if fresh == nil {
				fresh = map[string]bool{}
			}
			fresh[r.ID] = true
		case *Attempt:
			if r.DeliveryID != "" && !here(r.DeliveryID) {
				return fmt.Errorf("append an attempt of delivery %s: %w", r.DeliveryID, ErrGone)
			}
		case *Transition:
			if !here(r.DeliveryID) {
				return fmt.Errorf("move delivery %s: %w", r.DeliveryID, ErrGone)
			}
		}
	}
	return nil
}

func (m *Memory) eventBySeq(seq Seq) *heldEvent {
	// A change is most often asked for by the deliveries that follow it at once.
	if n := len(m.events); n > 0 && m.events[n-1].Seq == seq {
		return m.events[n-1]
	}
	return at(m.events, seq)
}

// put shelves one record, which has its number and fits.
func (m *Memory) put(r Record) {
	m.bytes += weight(r)
	switch r := r.(type) {
	case *Event:
		m.events = append(m.events, &heldEvent{Event: r})
		m.stats.Events++
	case *Delivery:
		h := &heldDelivery{Seq: r.Seq, of: m.eventBySeq(r.EventSeq)}
		h.of.deliveries++
		h.now.Store(r)
		m.deliveries = append(m.deliveries, h)
		m.byID[r.ID] = h
		m.stats.Deliveries++
		m.stats.Add(r.State, 1)
	case *Attempt:
		h := &heldAttempt{Attempt: r, of: m.byID[r.DeliveryID]}
		m.attempts = append(m.attempts, h)
		m.stats.Attempts++
		if h.of != nil {
			h.of.bytes += weight(r)
			m.stand(h.of, h.of.now.Load().AfterAttempt(r))
		}
	case *Transition:
		h := m.byID[r.DeliveryID]
		next := *h.now.Load()
		next.DeliveryState = r.Next
		m.stand(h, &next)
		m.others = append(m.others, r)
	default:
		m.putOther(r)
	}
}

func (m *Memory) stand(h *heldDelivery, next *Delivery) {
	m.stats.Add(h.now.Load().State, -1)
	m.stats.Add(next.State, 1)
	h.now.Store(next)
}

func (m *Memory) putOther(r Record) {
	m.others = append(m.others, r)
	if c, ok := r.(*Clinic); ok {
		if c.Snapshot {
			m.clinic = nil
		}
		m.clinic = append(m.clinic, c)
		return
	}
	key, withdrawn, ok := Key(r)
	switch {
	case !ok:
	case withdrawn:
		delete(m.current[r.Kind()], key)
	default:
		if m.current[r.Kind()] == nil {
			m.current[r.Kind()] = map[string]Record{}
		}
		m.current[r.Kind()][key] = r
	}
}

// Committed implements [Journal].
func (m *Memory) Committed() (Seq, <-chan struct{}) { return m.news.Committed() }

// Tally implements [Journal].
func (m *Memory) Stats() Stats { return m.news.Stats() }

// Reset implements [Journal].
func (m *Memory) Reset(ctx context.Context, when time.Time, keep ...Kind) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return fmt.Errorf("reset the journal: %w", ErrClosed)
	}
	others := m.others
	m.clear()
	for _, r := range others {
		if Keeps(keep, r.Kind()) {
			m.bytes += weight(r)
			m.putOther(r)
		}
	}
	m.last++
	m.others = append(m.others, &Reset{Entry: Entry{Seq: m.last}, At: when, Keep: keep})
	m.news.Publish(m.last, m.stats)
	return nil
}

// Keeps reports whether a reset that is told to keep those kinds keeps this one. It never keeps what belongs to the
// deliveries, and always the earlier resets.
func Keeps(keep []Kind, kind Kind) bool {
	switch kind {
	case KindEvent, KindDelivery, KindAttempt, KindTransition:
		return false
	case KindReset:
		return true
	}
	return slices.Contains(keep, kind)
}

// Close implements [Journal].
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ErrClosed
	}
	m.closed = true
	m.clear()
	m.news.Close()
	return nil
}

type sequenced interface{ Sequence() Seq }

// from returns where in the shelf the first record is that follows after.
func from[T sequenced](index []T, after Seq) int {
	i, _ := slices.BinarySearchFunc(index, after+1, func(have T, want Seq) int { return cmp.Compare(have.Sequence(), want) })
	return i
}

// at returns the record of that number, or the zero value.
func at[T sequenced](index []T, seq Seq) T {
	if i := from(index, seq-1); i < len(index) && index[i].Sequence() == seq {
		return index[i]
	}
	var none T
	return none
}
