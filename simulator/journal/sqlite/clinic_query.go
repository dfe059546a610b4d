package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"semblance/simulator/journal"
)

// ClinicRecords implements [journal.Journal].
func (j *Journal) ClinicRecords(ctx context.Context, q journal.RecordQuery) (journal.RecordPage, error) {
	var p journal.RecordPage
	if err := q.Check(); err != nil {
		return p, err
	}
	listed, err := j.listClinicRecords(ctx)
	if err != nil {
		return p, err
	}
	err = j.view(ctx, func(v *view) error {
		s := newRecordSearch(&q)
		from, err := s.from(v, listed)
		if err != nil {
			return err
		}
		numbers := fmt.Sprintf(`SELECT number%s ORDER BY %s LIMIT %d OFFSET %d`, from, recordOrder(&q), q.Size()+1, q.Offset)
		p.Records, err = collect(v, fmt.Sprintf(selectClinicRecords, numbers), s.where.args, scanClinicRecord)
		if err == nil && q.Total {
			err = v.each(`SELECT count(*)`+from, s.where.args, func(row scanner) (bool, error) { return false, row.Scan(&p.Total) })
		}
		return err
	})
	if err != nil {
		return journal.RecordPage{}, err
	}
	if size := q.Size(); len(p.Records) > size {
		p.Records, p.More = p.Records[:size], true
	}
	if q.Order == journal.ByID && q.Before != "" {
		slices.Reverse(p.Records)
	}
	return p, nil
}

// listStep is the number of clinic records that are added to the indexes for lists in one transaction.
const listStep = 500

// listClinicRecords adds the clinic records that are new since the last list to the indexes for lists. It returns false if the
// journal cannot be written.
func (j *Journal) listClinicRecords(ctx context.Context) (bool, error) {
	for j.writer.unlisted.Load() {
		err := j.do(ctx, "reading", &task{run: func(w *writer) error {
			n, err := w.statements[sqlListClinicRecords].exec(int64(listStep))
			w.written += int(n) * deletionBytes
			w.unlisted.Store(err != nil || n == listStep)
			return err
		}})
		if err == nil {
			continue
		}
		j.writer.unlisted.Store(true)
		if errors.Is(err, journal.ErrClosed) || ctx.Err() != nil {
			return false, err
		}
		return false, nil
	}
	return true, nil
}

func recordOrder(q *journal.RecordQuery) string {
	switch {
	case q.Order == journal.ByStart:
		return `start, id`
	case q.Order == journal.ByStartDescending:
		return `start DESC, id DESC`
	case q.Before != "":
		return `id DESC`
	}
	return `id`
}

// recordSearch is a query for clinic records.
type recordSearch struct {
	where  conditions
	byID   bool          // the query names ids
	owner  string        // the index for the patient or the doctor, or ""
	ranges []recordRange // the ranges for which there are indexes
}

// recordRange is the part of a query that an index can answer.
type recordRange struct {
	index string
	where conditions
}

// lookBack is the longest duration of a record that a search for RecordQuery.During finds by its end.
const lookBack = 24 * time.Hour

func newRecordSearch(q *journal.RecordQuery) *recordSearch {
	s := &recordSearch{}
	addIn(&s.where, "kind", q.Kinds)
	addIn(&s.where, "id", q.IDs)
	s.byID = len(q.IDs) > 0
	if len(q.Patients) > 0 {
		addIn(&s.where, "patient", q.Patients)
		s.where.add(`patient <> ''`)
		s.owner = "clinic_records_patient"
	}
	s.addOwner("doctor", q.Doctor)
	s.addOwner("patient", q.Patient)
	s.addRange("created", q.Kinds, q.Created)
	s.addRange("updated", q.Kinds, q.Updated)
	s.addRange("start", q.Kinds, q.Start)
	if r := q.During; !r.IsZero() {
		wide := r
		if !r.From.IsZero() {
			wide.From = r.From.Add(-lookBack)
		}
		s.addRange("start", q.Kinds, wide)
		var start, finish conditions
		start.addRange("start", r)
		finish.addRange("finish", r)
		s.where.add(`(`+start.and()+` OR `+finish.and()+`)`, append(start.args, finish.args...)...)
	}
	if q.Deleted != journal.WithDeleted {
		s.where.add(`deleted = ?`, bit(q.Deleted == journal.OnlyDeleted))
	}
	for _, word := range q.Words() {
		s.where.add(`instr(text, ?) > 0`, word)
	}
	if q.Order == journal.ByID && q.After != "" {
		s.where.add(`id > ?`, q.After)
	}
	if q.Order == journal.ByID && q.Before != "" {
		s.where.add(`id < ?`, q.Before)
	}
	return s
}

// addOwner selects the records of a patient or a doctor. The second condition makes the index usable, which is partial.
func (s *recordSearch) addOwner(column, id string) {
	if id != "" {
		s.where.add(column+` = ? AND `+column+` <> ''`, id)
		s.owner = "clinic_records_" + column
	}
}

func (s *recordSearch) addRange(column string, kinds []string, r journal.TimeRange) {
	if r.IsZero() {
		return
	}
	indexed := recordRange{index: "clinic_records_" + column}
	addIn(&indexed.where, "kind", kinds)
	for _, c := range []*conditions{&s.where, &indexed.where} {
		c.addRange(column, r)
		if column == "start" {
			c.add(`start <> 0`) // makes the index usable, which is partial
		}
	}
	s.ranges = append(s.ranges, indexed)
}

// addRange adds that the column has a time in the range.
func (c *conditions) addRange(column string, r journal.TimeRange) {
	if !r.From.IsZero() {
		c.add(column+` >= ?`, micros(r.From))
	}
	if !r.Until.IsZero() {
		c.add(column+` <= ?`, micros(r.Until))
	}
}

// maxRange is the number of records that a query reads by the index of a range, to sort them. If there are more in the range,
// it is faster to read records in the order of their ids.
const maxRange = 5000

// from returns the part of a query that selects the records. The indexes can only be used if they have all records.
func (s *recordSearch) from(v *view, listed bool) (string, error) {
	if !listed {
		return ` FROM clinic_records` + s.where.String(), nil
	}
	index, err := s.index(v)
	return fmt.Sprintf(` FROM clinic_records INDEXED BY %s%s AND listed = 1`, index, s.where.String()), err
}

// index returns the name of the index to use.
func (s *recordSearch) index(v *view) (string, error) {
	switch {
	case s.byID:
		return "sqlite_autoindex_clinic_records_1", nil // that of the column id
	case s.owner != "":
		return s.owner, nil
	}
	for _, r := range s.ranges {
		n := 0
		query := fmt.Sprintf(`SELECT count(*) FROM (SELECT 1 FROM clinic_records INDEXED BY %s%s AND listed = 1 LIMIT %d)`, r.index, r.where.String(), maxRange+1)
		err := v.each(query, r.where.args, func(row scanner) (bool, error) { return false, row.Scan(&n) })
		if err != nil || n <= maxRange {
			return r.index, err
		}
	}
	return "clinic_records_kind", nil
}
