package journal

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
)

// clinicRecords are the clinic records of a journal in memory.
type clinicRecords struct {
	mu        sync.RWMutex
	byID      map[string]*clinicEntry
	byKind    map[string]sortedRecords
	byPatient map[string]sortedRecords
	byDoctor  map[string]sortedRecords
	named     []naming // in the order of their numbers
}

// clinicEntry is a clinic record with its last naming: the number of a record of the journal that is or names it. Another
// naming counts only after RecordSlack records.
type clinicEntry struct {
	*ClinicRecord
	named Seq
}

// naming is a naming of a clinic record. It is the last one if its number is that of the entry.
type naming struct {
	Seq
	entry *clinicEntry
}

// Sequence returns the number of the naming.
func (n naming) Sequence() Seq { return n.Seq }

func (c *clinicRecords) name(e *clinicEntry, seq Seq) {
	if e.named == 0 || e.named+RecordSlack < seq {
		e.named = seq
		c.named = append(c.named, naming{seq, e})
	}
}

// sortedRecords are records in ascending order of their ids.
type sortedRecords []indexedRecord

// indexedRecord has the fields by which most records of a search are excluded, so that it does not read the records.
type indexedRecord struct {
	created, updated, start int64 // Unix microseconds
	*ClinicRecord
}

func (s sortedRecords) search(id string) (int, bool) {
	if n := len(s); n == 0 || s[n-1].ID < id {
		return n, false // most ids are the highest
	}
	return slices.BinarySearchFunc(s, id, func(r indexedRecord, id string) int { return cmp.Compare(r.ID, id) })
}

func (c *clinicRecords) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byID, c.named = map[string]*clinicEntry{}, nil
	c.byKind, c.byPatient, c.byDoctor = map[string]sortedRecords{}, map[string]sortedRecords{}, map[string]sortedRecords{}
}

// put inserts a record or replaces the one with its id.
func (c *clinicRecords) put(r *ClinicRecord) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r.Previous = nil
	e := c.byID[r.ID]
	if e == nil {
		e = &clinicEntry{}
		c.byID[r.ID] = e
	} else {
		if r.Previous = e.Values; bytes.Equal(r.Values, e.Values) {
			r.Previous = e.Previous
		}
		if r.RecordKind != e.RecordKind || r.Patient != e.Patient || r.Doctor != e.Doctor {
			c.unlink(e.ClinicRecord)
		}
	}
	e.ClinicRecord = r
	c.name(e, r.Seq)
	indexed := index(r)
	add := func(index map[string]sortedRecords, key string) {
		if key == "" {
			return
		}
		i, found := index[key].search(r.ID)
		if !found {
			index[key] = slices.Insert(index[key], i, indexedRecord{})
		}
		index[key][i] = indexed
	}
	add(c.byKind, r.RecordKind)
	add(c.byPatient, r.Patient)
	add(c.byDoctor, r.Doctor)
}

func index(r *ClinicRecord) indexedRecord {
	return indexedRecord{r.CreatedAt.UnixMicro(), r.UpdatedAt.UnixMicro(), r.Start.UnixMicro(), r}
}

// unlink removes a record from the indexes.
func (c *clinicRecords) unlink(r *ClinicRecord) {
	remove := func(index map[string]sortedRecords, key string) {
		if i, found := index[key].search(r.ID); found {
			index[key] = slices.Delete(index[key], i, i+1)
		}
		if len(index[key]) == 0 {
			delete(index, key)
		}
	}
	remove(c.byKind, r.RecordKind)
	remove(c.byPatient, r.Patient)
	remove(c.byDoctor, r.Doctor)
}

// nameAll records that an event names records.
func (c *clinicRecords) nameAll(e *Event) {
	if len(c.byID) == 0 { // only the holder of Memory.mu changes it
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, i := range e.Identifiers {
		if r := c.byID[i.Value]; r != nil {
			c.name(r, e.Seq)
		}
	}
}

// prune deletes the records that are not permanent and were last named before a number. It returns how many it deleted.
func (c *clinicRecords) prune(before Seq) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	deleted := map[string]bool{}
	kinds, patients, doctors := map[string]bool{}, map[string]bool{}, map[string]bool{}
	old := after(c.named, before-1)
	first, last := "", "" // of the deleted ids
	for _, n := range c.named[:old] {
		if e := n.entry; e.named == n.Seq && !e.Permanent {
			deleted[e.ID], kinds[e.RecordKind], patients[e.Patient], doctors[e.Doctor] = true, true, true, true
			delete(c.byID, e.ID)
			if len(deleted) == 1 {
				first = e.ID
			}
			first, last = min(first, e.ID), max(last, e.ID)
		}
	}
	c.named = slices.Delete(c.named, 0, old)
	clean := func(index map[string]sortedRecords, keys map[string]bool) {
		for key := range keys {
			from, _ := index[key].search(first)
			rest, found := index[key].search(last)
			if found {
				rest++
			}
			kept := slices.DeleteFunc(index[key][from:rest], func(r indexedRecord) bool { return deleted[r.ID] })
			if index[key] = slices.Delete(index[key], from+len(kept), rest); len(index[key]) == 0 {
				delete(index, key)
			}
		}
	}
	clean(c.byKind, kinds)
	clean(c.byPatient, patients)
	clean(c.byDoctor, doctors)
	return len(deleted)
}

// ClinicRecord implements [Journal].
func (m *Memory) ClinicRecord(ctx context.Context, id string) (*ClinicRecord, error) {
	if _, err := m.view(ctx); err != nil {
		return nil, err
	}
	m.records.mu.RLock()
	defer m.records.mu.RUnlock()
	if e := m.records.byID[id]; e != nil {
		return e.ClinicRecord, nil
	}
	return nil, fmt.Errorf("clinic record %.40q: %w", id, ErrNotFound)
}

// ClinicRecords implements [Journal].
func (m *Memory) ClinicRecords(ctx context.Context, q RecordQuery) (RecordPage, error) {
	if err := q.Check(); err != nil {
		return RecordPage{}, err
	}
	if _, err := m.view(ctx); err != nil {
		return RecordPage{}, err
	}
	m.records.mu.RLock()
	defer m.records.mu.RUnlock()
	return m.records.page(&q), nil
}

// candidates returns the records to search, in ascending order of their ids.
func (c *clinicRecords) candidates(q *RecordQuery) sortedRecords {
	var all sortedRecords
	switch {
	case len(q.IDs) > 0:
		for _, id := range q.IDs {
			if e := c.byID[id]; e != nil {
				all = append(all, index(e.ClinicRecord))
			}
		}
		return all.sorted()
	case len(q.Patients) > 0:
		for _, id := range q.Patients {
			all = append(all, c.byPatient[id]...)
		}
		return all.sorted()
	case q.Patient != "":
		return c.byPatient[q.Patient]
	case q.Doctor != "":
		return c.byDoctor[q.Doctor]
	case len(q.Kinds) == 1:
		return c.byKind[q.Kinds[0]]
	}
	for _, k := range q.Kinds {
		all = append(all, c.byKind[k]...)
	}
	return all.sorted()
}

// sorted sorts the records and returns them, each once.
func (s sortedRecords) sorted() sortedRecords {
	slices.SortFunc(s, func(a, b indexedRecord) int { return cmp.Compare(a.ID, b.ID) })
	return slices.CompactFunc(s, func(a, b indexedRecord) bool { return a.ID == b.ID })
}

// recordFilter is a query in a form that is fast to compare with records.
type recordFilter struct {
	*RecordQuery
	words                   []string
	created, updated, start microRange
}

// microRange is a range of Unix microseconds, both ends included.
type microRange struct{ from, until int64 }

func (r TimeRange) micros() microRange {
	m := microRange{math.MinInt64, math.MaxInt64}
	if !r.From.IsZero() {
		m.from = r.From.UnixMicro()
	}
	if !r.Until.IsZero() {
		m.until = r.Until.UnixMicro()
	}
	return m
}

func (r microRange) contains(t int64) bool { return t >= r.from && t <= r.until }

func newRecordFilter(q *RecordQuery) *recordFilter {
	return &recordFilter{q, q.Words(), q.Created.micros(), q.Updated.micros(), q.Start.micros()}
}

func (c *clinicRecords) page(q *RecordQuery) RecordPage {
	all := c.candidates(q)
	f := newRecordFilter(q)
	if q.Order != ByID {
		all = f.sortedByStart(all)
	} else {
		all = all.between(q.After, q.Before)
	}
	var p RecordPage
	skip, limit, backwards := q.Offset, q.Size(), q.Order == ByID && q.Before != ""
	for i := range all {
		r := &all[i]
		if backwards {
			r = &all[len(all)-1-i]
		}
		if q.Order == ByID && !f.matches(r) {
			continue
		}
		p.Total++
		switch {
		case p.Total <= skip:
		case len(p.Records) < limit:
			p.Records = append(p.Records, r.ClinicRecord)
		default:
			p.More = true
		}
		if p.More && !q.Total {
			break
		}
	}
	if backwards {
		slices.Reverse(p.Records)
	}
	if !q.Total {
		p.Total = 0
	}
	return p
}

// between returns the records with ids above after and, unless before is "", below before.
func (s sortedRecords) between(after, before string) sortedRecords {
	if before != "" {
		i, _ := s.search(before)
		s = s[:i]
	}
	i, found := s.search(after)
	if found {
		i++
	}
	return s[i:]
}

// sortedByStart returns the selected records in the order of the query.
func (f *recordFilter) sortedByStart(all sortedRecords) sortedRecords {
	var selected sortedRecords
	for i := range all {
		if f.matches(&all[i]) {
			selected = append(selected, all[i])
		}
	}
	slices.SortFunc(selected, func(a, b indexedRecord) int {
		if f.Order == ByStartDescending {
			a, b = b, a
		}
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.ID, b.ID))
	})
	return selected
}

func (f *recordFilter) matches(r *indexedRecord) bool {
	if !f.created.contains(r.created) || !f.updated.contains(r.updated) || !f.start.contains(r.start) {
		return false
	}
	return (len(f.Kinds) == 0 || slices.Contains(f.Kinds, r.RecordKind)) &&
		(f.Patient == "" || f.Patient == r.Patient) && (f.Doctor == "" || f.Doctor == r.Doctor) &&
		(f.Deleted == WithDeleted || r.Deleted == (f.Deleted == OnlyDeleted)) &&
		(!r.Start.IsZero() || f.Start.IsZero() && f.During.IsZero()) &&
		(f.During.IsZero() || f.During.Contains(r.Start) || f.During.Contains(r.End)) &&
		!slices.ContainsFunc(f.words, func(w string) bool { return !strings.Contains(r.Text, w) })
}
