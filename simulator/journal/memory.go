package journal

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"semblance/schemas/human"
)

// bytesPerUnfinished is the memory of an unfinished delivery and its event, estimated.
const bytesPerUnfinished = 1 << 10

// Memory is a journal in memory. Appending to it also deletes the oldest records as soon as they exceed the options.
// Unfinished deliveries and records in force are not deleted. Therefore the number of unfinished deliveries is limited to
// one per KiB of Options.Bytes (262,144 by default): if it would be exceeded, Append returns ErrFull.
type Memory struct {
	options  Options
	notifier Notifier
	records  clinicRecords

	mu         sync.Mutex
	closed     bool
	last       Seq
	events     []*eventEntry
	deliveries []*deliveryEntry
	attempts   []*attemptEntry
	others     []Record // records of all other kinds
	byID       map[string]*deliveryEntry
	current    map[Kind]map[string]Record // records in force by kind and key
	clinic     []*Clinic                  // records of the clinic in force
	stats      Stats
	unattached int        // attempts without a delivery
	bytes      int64      // estimated memory of all records
	trimAt     thresholds // sizes at which to delete records
}

// The entries of each kind are in a slice ordered by number. Slices are only appended to or replaced by a shorter copy,
// so a reader copies the slice header under the lock and then reads without it. Only the state of a delivery changes: it is
// behind an atomic pointer. The other fields are guarded by Memory.mu.
type (
	eventEntry struct {
		*Event
		deliveries int  // the number of its deliveries in the journal
		finished   bool // it had deliveries and all of them were deleted
	}
	deliveryEntry struct {
		Seq
		current  atomic.Pointer[Delivery]
		event    *eventEntry
		attempts int64 // estimated memory of its attempts
		deleted  bool
	}
	attemptEntry struct {
		*Attempt
		delivery *deliveryEntry // nil if it has no delivery
	}
)

// Sequence returns the number of the delivery.
func (e *deliveryEntry) Sequence() Seq { return e.Seq }

// NewMemory returns an empty journal.
func NewMemory(options Options) *Memory {
	m := &Memory{options: options.WithDefaults()}
	m.clear()
	m.records.clear()
	return m
}

func (m *Memory) clear() {
	m.events, m.deliveries, m.attempts, m.others, m.clinic = nil, nil, nil, nil, nil
	m.byID = map[string]*deliveryEntry{}
	m.current = map[Kind]map[string]Record{}
	m.stats, m.unattached, m.bytes = Stats{}, 0, 0
	m.trimAt = m.nextTrim()
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
		return fmt.Errorf("appending to the journal: %w", ErrClosed)
	}
	err := m.checkUnfinished(records)
	if err == nil {
		err = m.checkReferences(records)
	}
	if err != nil {
		return fmt.Errorf("appending to the journal: %w", err)
	}
	m.last = Number(records, m.last)
	for _, r := range records {
		m.insert(r)
	}
	m.trimIfDue()
	m.notifier.Publish(m.last, m.stats)
	return nil
}

// checkReferences returns an error if a record refers to an event or a delivery that does not exist, or if the id of a
// new delivery does. Otherwise it adds the new deliveries to byID.
func (m *Memory) checkReferences(records []Record) (err error) {
	i := 0
	for ; i < len(records) && err == nil; i++ {
		switch r := records[i].(type) {
		case *Delivery:
			switch {
			case m.byID[r.ID] != nil:
				err = fmt.Errorf("delivery %s already exists", r.ID)
			case r.EventSeq != 0 && m.eventBySeq(r.EventSeq) == nil:
				err = fmt.Errorf("delivery %s of event %d: %w", r.ID, r.EventSeq, ErrGone)
			default:
				m.byID[r.ID] = &deliveryEntry{}
			}
		case *Attempt:
			if r.DeliveryID != "" && m.byID[r.DeliveryID] == nil {
				err = fmt.Errorf("attempt of delivery %s: %w", r.DeliveryID, ErrGone)
			}
		case *Transition:
			if m.byID[r.DeliveryID] == nil {
				err = fmt.Errorf("transition of delivery %s: %w", r.DeliveryID, ErrGone)
			}
		}
	}
	if err == nil {
		return nil
	}
	for _, r := range records[:i-1] {
		if d, ok := r.(*Delivery); ok {
			delete(m.byID, d.ID)
		}
	}
	return err
}

// MaxUnfinished implements [Journal].
func (m *Memory) MaxUnfinished() int {
	if m.options.Bytes < 0 {
		return 0
	}
	return max(1, int(m.options.Bytes/bytesPerUnfinished))
}

// checkUnfinished returns ErrFull if the records would exceed the number of unfinished deliveries.
func (m *Memory) checkUnfinished(records []Record) error {
	n, limit := 0, m.MaxUnfinished()
	for _, r := range records {
		switch r := r.(type) {
		case *Delivery:
			if r.State.Unfinished() {
				n++
			}
		case *Transition:
			if d := m.byID[r.DeliveryID]; d != nil && r.Next.State.Unfinished() && !d.current.Load().State.Unfinished() {
				n++
			}
		}
	}
	if n == 0 || limit == 0 || m.stats.Unfinished()+n <= limit {
		return nil
	}
	return fmt.Errorf("%w: it has %s and can hold %s in %s of memory; nothing of this was recorded; "+
		"resume paused subscriptions, emit more slowly, or keep the journal in a file", ErrFull,
		human.Count(m.stats.Unfinished(), "unfinished delivery"), human.Number(limit), human.Size(m.options.Bytes))
}

func (m *Memory) eventBySeq(seq Seq) *eventEntry {
	// Most deliveries directly follow their event.
	if n := len(m.events); n > 0 && m.events[n-1].Seq == seq {
		return m.events[n-1]
	}
	return bySeq(m.events, seq)
}

// insert adds one numbered and checked record.
func (m *Memory) insert(r Record) {
	m.bytes += weight(r)
	switch r := r.(type) {
	case *ClinicRecord:
		m.records.put(r)
	case *Event:
		m.records.nameAll(r)
		m.events = append(m.events, &eventEntry{Event: r})
		m.stats.Events++
	case *Delivery:
		e := m.byID[r.ID]
		e.Seq, e.event = r.Seq, m.eventBySeq(r.EventSeq)
		r.Origin = e.event.Origin
		e.event.deliveries++
		e.current.Store(r)
		m.deliveries = append(m.deliveries, e)
		m.stats.Deliveries++
		m.stats.Add(r.State, 1)
	case *Attempt:
		d := m.byID[r.DeliveryID]
		m.attempts = append(m.attempts, &attemptEntry{Attempt: r, delivery: d})
		m.stats.Attempts++
		if d == nil {
			m.unattached++
		} else {
			r.Identifiers = d.event.Identifiers
			d.attempts += weight(r)
			next := d.current.Load().AfterAttempt(r)
			r.Number = next.Attempts
			m.update(d, next)
		}
	case *Transition:
		d := m.byID[r.DeliveryID]
		next := *d.current.Load()
		next.DeliveryState = r.Next
		m.update(d, &next)
		m.others = append(m.others, r)
	default:
		m.insertOther(r)
	}
}

func (m *Memory) update(e *deliveryEntry, next *Delivery) {
	m.stats.Add(e.current.Load().State, -1)
	m.stats.Add(next.State, 1)
	e.current.Store(next)
}

func (m *Memory) insertOther(r Record) {
	m.others = append(m.others, r)
	if c, ok := r.(*Clinic); ok {
		if c.Snapshot {
			m.clinic = nil
		}
		m.clinic = append(m.clinic, c)
		return
	}
	key, ends, ok := Key(r)
	switch {
	case !ok:
	case ends:
		delete(m.current[r.Kind()], key)
	default:
		if m.current[r.Kind()] == nil {
			m.current[r.Kind()] = map[string]Record{}
		}
		m.current[r.Kind()][key] = r
	}
}

// Committed implements [Journal].
func (m *Memory) Committed() (Seq, <-chan struct{}) { return m.notifier.Committed() }

// Stats implements [Journal].
func (m *Memory) Stats() Stats { return m.notifier.Stats() }

// Reset implements [Journal].
func (m *Memory) Reset(ctx context.Context, at time.Time, keep []Kind, records ...Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := CheckReset(records); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return fmt.Errorf("resetting the journal: %w", ErrClosed)
	}
	others := m.others
	m.clear()
	if !KeptByReset(keep, KindClinicRecord) {
		m.records.clear()
	}
	for _, r := range others {
		if KeptByReset(keep, r.Kind()) {
			m.bytes += weight(r)
			m.insertOther(r)
		}
	}
	m.last++
	m.others = append(m.others, &Reset{Entry: Entry{Seq: m.last}, At: at, Keep: keep})
	m.last = Number(records, m.last)
	for _, r := range records {
		m.insert(r)
	}
	m.notifier.Publish(m.last, m.stats)
	return nil
}

// KeptByReset reports whether Reset(ctx, at, keep...) keeps the records of a kind. It always deletes events, deliveries,
// attempts and transitions, and always keeps earlier resets.
func KeptByReset(keep []Kind, kind Kind) bool {
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
	m.records.clear()
	m.notifier.Close()
	return nil
}

type sequenced interface{ Sequence() Seq }

// after returns the index of the first entry with a number above seq.
func after[T sequenced](entries []T, seq Seq) int {
	i, _ := slices.BinarySearchFunc(entries, seq+1, func(e T, want Seq) int { return cmp.Compare(e.Sequence(), want) })
	return i
}

// bySeq returns the entry with the number, or the zero value.
func bySeq[T sequenced](entries []T, seq Seq) T {
	if i := after(entries, seq-1); i < len(entries) && entries[i].Sequence() == seq {
		return entries[i]
	}
	var zero T
	return zero
}
