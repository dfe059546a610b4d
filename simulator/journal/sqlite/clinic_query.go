package sqlite

import (
	"context"
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
	unlisted := false
	err := j.view(ctx, func(v *view) error {
		s := newRecordSearch(&q)
		var err error
		if unlisted, err = v.unlisted(); err != nil {
			return err
		}
		selected, args, err := s.selection(v, unlisted)
		if err != nil {
			return err
		}
		numbers := fmt.Sprintf(`SELECT number FROM (%s ORDER BY %s LIMIT %d OFFSET %d)`, selected, recordOrder(&q), q.Size()+1, q.Offset)
		p.Records, err = collect(v, fmt.Sprintf(selectClinicRecords, numbers), args, scanClinicRecord)
		if err == nil && q.Total {
			err = v.each(`SELECT count(*) FROM (`+selected+`)`, args, func(row scanner) (bool, error) { return false, row.Scan(&p.Total) })
		}
		return err
	})
	if err != nil {
		return journal.RecordPage{}, err
	}
	if unlisted {
		j.list()
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
const listStep = 200

// list adds all clinic records to the indexes for lists, in the background. Meanwhile, and if the journal cannot be written,
// lists search the others one by one.
func (j *Journal) list() {
	if !j.listing.CompareAndSwap(false, true) {
		return
	}
	j.background.Go(func() {
		defer j.listing.Store(false)
		for n := int64(listStep); n == listStep; {
			n = 0
			_ = j.do(context.Background(), "reading", &task{run: func(w *writer) (err error) {
				n, err = w.statements[sqlListClinicRecords].exec(int64(listStep))
				w.written += int(n) * deletionBytes
				return err
			}})
		}
	})
}

// unlisted reports whether there are clinic records that the indexes for lists do not have.
func (v *view) unlisted() (unlisted bool, err error) {
	err = v.each(`SELECT EXISTS (SELECT 1 FROM clinic_records INDEXED BY clinic_records_unlisted WHERE listed = 0)`, nil,
		func(row scanner) (bool, error) { return false, row.Scan(&unlisted) })
	return unlisted, err
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

// selection returns a query for the numbers, ids and starts of the records, without an order, and its arguments.
func (s *recordSearch) selection(v *view, unlisted bool) (string, []any, error) {
	const query = `SELECT number, id, start FROM clinic_records INDEXED BY %s%s`
	if s.byID {
		return fmt.Sprintf(query, "sqlite_autoindex_clinic_records_1", s.where.String()), s.where.args, nil // that of the column id
	}
	index, err := s.index(v)
	listed := fmt.Sprintf(query+` AND listed = 1`, index, s.where.String())
	if err != nil || !unlisted {
		return listed, s.where.args, err
	}
	others := fmt.Sprintf(query+` AND listed = 0`, "clinic_records_unlisted", s.where.String())
	return listed + ` UNION ALL ` + others, slices.Concat(s.where.args, s.where.args), nil
}

// index returns the name of the index to use.
func (s *recordSearch) index(v *view) (string, error) {
	if s.owner != "" {
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
