package journal

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"semblance/schemas/objectid"
)

// ClinicRecord is the present state of one record of the clinic, such as a booking. A record with the same ID replaces it.
// [Journal.ClinicRecord] and [Journal.ClinicRecords] return clinic records; [Journal.Read] does not.
type ClinicRecord struct {
	Entry
	ID         string
	RecordKind string // as in package fixtures: "patient", "booking", "invoice"
	Patient    string // the id of the patient that the record is about, or ""
	Doctor     string // the id of the doctor, or ""
	CreatedAt  time.Time
	UpdatedAt  time.Time
	Start, End time.Time // of a booking; both the date of an invoice; otherwise zero
	Deleted    bool
	Permanent  bool   // it is never pruned, although no event in the journal names it
	Text       string // what RecordQuery.Search searches, in lower case
	Values     []byte // the record as JSON, as package fixtures encodes it

	// Previous is the last Values that differ from the present ones, or nil. Append ignores it.
	Previous []byte
}

// RecordSlack is the number of records of the journal before the first event for which clinic records are kept. An event and
// the records that it changes are in one commit, and the event does not name all of them.
const RecordSlack = 10_000

// Rename replaces the id of the record, and those of the records that it refers to, by those that ids gives for them.
func (r *ClinicRecord) Rename(ids map[string]string) {
	for _, id := range []*string{&r.ID, &r.Patient, &r.Doctor} {
		if name, ok := ids[*id]; ok {
			*id = name
		}
	}
	var pairs []string
	for id, name := range ids {
		pairs = append(pairs, strconv.Quote(id), strconv.Quote(name))
	}
	if len(pairs) > 0 {
		r.Values = []byte(strings.NewReplacer(pairs...).Replace(string(r.Values)))
	}
}

// Kind returns KindClinicRecord.
func (*ClinicRecord) Kind() Kind { return KindClinicRecord }

// When returns the time of the last change of the record.
func (r *ClinicRecord) When() time.Time { return r.UpdatedAt }

// RecordQuery selects clinic records. Every field that is set narrows the selection.
type RecordQuery struct {
	Kinds    []string  // one of these kinds; at least one kind is required, except with IDs
	IDs      []string  // these records
	Patient  string    // records about this patient
	Patients []string  // records about one of these patients; not with Patient
	Doctor   string    // records of this doctor
	Created  TimeRange // records created in this range
	Updated  TimeRange // records last changed in this range
	Start    TimeRange // records that start in this range
	During   TimeRange // records that start or end in this range; for records of up to a day
	Deleted  Deletion
	Search   string // records whose text contains each word

	Order  RecordOrder
	After  string // with ByID: records with a higher id
	Before string // with ByID: the last records with a lower id, still in ascending order
	Offset int    // the number of records to skip
	Limit  int    // 0 means DefaultLimit, the maximum is MaxLimit
	Total  bool   // count all selected records
}

// TimeRange is a range of times, both ends included. A zero time is no limit.
type TimeRange struct{ From, Until time.Time }

// IsZero reports whether the range has no limit.
func (r TimeRange) IsZero() bool { return r.From.IsZero() && r.Until.IsZero() }

// Contains reports whether the time is in the range.
func (r TimeRange) Contains(t time.Time) bool {
	return (r.From.IsZero() || !t.Before(r.From)) && (r.Until.IsZero() || !t.After(r.Until))
}

// Deletion selects records by whether they are deleted.
type Deletion int

// The selections.
const (
	WithoutDeleted Deletion = iota
	WithDeleted
	OnlyDeleted
)

// RecordOrder is an order of clinic records.
type RecordOrder int

// The orders.
const (
	ByID              RecordOrder = iota // ascending, which is about the order of creation
	ByStart                              // then by id
	ByStartDescending                    // then by id, descending
)

// RecordPage is one page of the clinic records that a query selects.
type RecordPage struct {
	Records []*ClinicRecord
	More    bool // there are more in the direction of the query
	Total   int  // the number of all selected records, if RecordQuery.Total is set
}

// Size returns the maximum number of records on a page of the query.
func (q *RecordQuery) Size() int { return (&Query{Limit: q.Limit}).Size() }

// Check returns an error if the query has no kind, or a cursor that is not an id (ErrCursor). It is for implementations of
// [Journal].
func (q *RecordQuery) Check() error {
	if len(q.Kinds) == 0 && len(q.IDs) == 0 {
		return errors.New("reading clinic records: a kind is required")
	}
	for _, cursor := range []string{q.After, q.Before} {
		if cursor != "" && !objectid.Valid(cursor) {
			return fmt.Errorf("%w %.40q; use the id of a record", ErrCursor, cursor)
		}
	}
	return nil
}

// Words returns the words of Search, in lower case.
func (q *RecordQuery) Words() []string { return strings.Fields(strings.ToLower(q.Search)) }
