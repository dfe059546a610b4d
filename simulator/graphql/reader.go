package graphql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	graphql "github.com/graph-gophers/graphql-go"

	"semblance/schemas/human"
	"semblance/schemas/objectid"
	"semblance/simulator/journal"
)

// reader reads the records for one document. It reads each record once.
type reader struct {
	records Records
	budget  *budget

	mu       sync.Mutex
	sources  map[string]*source   // by id; nil for an unknown id
	details  map[string][]*source // the details of a patient
	practice *source              // nil until it is read
}

func newReader(records Records, b *budget) *reader {
	return &reader{records: records, budget: b, sources: map[string]*source{}, details: map[string][]*source{}}
}

// readerOf returns the reader of the execution that ctx belongs to.
func readerOf(ctx context.Context) *reader { return executionOf(ctx).reader }

// find returns the record of the kind with the id, or nil.
func (r *reader) find(ctx context.Context, kind, id string) (*source, error) {
	if id == "" {
		return nil, nil
	}
	r.mu.Lock()
	s, known := r.sources[id]
	r.mu.Unlock()
	if !known {
		record, err := r.records.ClinicRecord(ctx, id)
		if err != nil && !errors.Is(err, journal.ErrNotFound) {
			return nil, err
		}
		if err == nil {
			if s, err = sourceOf(record); err != nil {
				return nil, err
			}
		}
		r.mu.Lock()
		r.sources[id] = s
		r.mu.Unlock()
	}
	if s == nil || s.kind != kind {
		return nil, nil
	}
	r.budget.spend(s.size)
	return s, nil
}

// query returns the records that a query selects. total is set if the query asks for it.
func (r *reader) query(ctx context.Context, q journal.RecordQuery) (all []*source, more bool, total int, err error) {
	p, err := r.records.ClinicRecords(ctx, q)
	if err != nil {
		return nil, false, 0, err
	}
	all = make([]*source, len(p.Records))
	for i, record := range p.Records {
		if all[i], err = sourceOf(record); err != nil {
			return nil, false, 0, err
		}
		r.budget.spend(all[i].size)
		r.mu.Lock()
		r.sources[record.ID] = all[i]
		r.mu.Unlock()
	}
	return all, p.More, p.Total, nil
}

// everything returns all records that a query selects, up to a limit that no test reaches.
func (r *reader) everything(ctx context.Context, q journal.RecordQuery) ([]*source, error) {
	q.Limit = journal.MaxLimit
	all, _, _, err := r.query(ctx, q)
	return all, err
}

// detailKinds are the kinds of records that the provider shows as parts of a patient.
var detailKinds = []string{"phone", "number", "customAttribute", "relationship"}

// detailsOf returns the records of a kind that are parts of a patient. The first call reads those of all kinds.
func (r *reader) detailsOf(ctx context.Context, patient *source, kind string) ([]*source, error) {
	r.mu.Lock()
	details, known := r.details[patient.id]
	r.mu.Unlock()
	if !known {
		var err error
		if details, err = r.everything(ctx, journal.RecordQuery{Kinds: detailKinds, Patient: patient.id}); err != nil {
			return nil, err
		}
		r.mu.Lock()
		r.details[patient.id] = details
		r.mu.Unlock()
	}
	var some []*source
	for _, s := range details {
		if s.kind == kind {
			some = append(some, s)
		}
	}
	return some, nil
}

// castError is the provider's error for an id that is not one: the text of its database.
type castError struct{ id, model string }

func (e *castError) Error() string {
	return fmt.Sprintf(`Cast to ObjectId failed for value %s (type string) at path "_id" for model %q`, human.Quoted(e.id), e.model)
}

// parseID returns an id in lower case, or the provider's error for a malformed one. The model is the provider's name of the
// type of record.
func parseID(id graphql.ID, model string) (string, error) {
	lower := strings.ToLower(string(id))
	if !objectid.Valid(lower) {
		return "", &castError{string(id), model}
	}
	return lower, nil
}
