package graphql

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	invoices map[string][]*source // those of a patient
	together map[string][]string  // the ids that are read with an id, because the same list has them
	practice *source              // nil until it is read
}

func newReader(records Records, b *budget) *reader {
	return &reader{records: records, budget: b, sources: map[string]*source{}, details: map[string][]*source{},
		invoices: map[string][]*source{}, together: map[string][]string{}}
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
		if s, known, err := r.findTogether(ctx, id); err != nil || known {
			return r.spend(s, kind), err
		}
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
	return r.spend(s, kind), nil
}

// spend spends the size of a record from the budget. It returns nil if there is no record of the kind.
func (r *reader) spend(s *source, kind string) *source {
	if s == nil || s.kind != kind {
		return nil
	}
	r.budget.spend(s.size)
	return s
}

// findTogether returns a record that is read together with others of the same list. known is false if there are none.
func (r *reader) findTogether(ctx context.Context, id string) (s *source, known bool, err error) {
	r.mu.Lock()
	ids := r.together[id]
	r.mu.Unlock()
	if len(ids) < 2 {
		return nil, false, nil
	}
	p, err := r.records.ClinicRecords(ctx, journal.RecordQuery{IDs: ids, Deleted: journal.WithDeleted, Limit: journal.MaxLimit})
	if err != nil {
		return nil, false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, other := range ids {
		if _, known := r.sources[other]; !known {
			r.sources[other] = nil
		}
	}
	for _, record := range p.Records {
		if r.sources[record.ID] == nil {
			if r.sources[record.ID], err = sourceOf(record); err != nil {
				return nil, false, err
			}
		}
	}
	return r.sources[id], true, nil
}

// maxTogether is the number of records that are read together.
const maxTogether = 200

// groupRelated notes the ids in each role of the records of a list, so that the first that is read brings the others.
func (r *reader) groupRelated(all []*source) {
	byRole := map[string][]string{}
	for _, s := range all {
		for role, id := range s.related {
			if _, known := r.sources[id]; !known && r.together[id] == nil && len(byRole[role]) < maxTogether && !slices.Contains(byRole[role], id) {
				byRole[role] = append(byRole[role], id)
			}
		}
	}
	for _, ids := range byRole {
		for _, id := range ids {
			r.together[id] = ids
		}
	}
}

// invoicesOf returns the invoices of a patient. For the patients of a list they are read together.
func (r *reader) invoicesOf(ctx context.Context, patient string) ([]*source, error) {
	r.mu.Lock()
	invoices, known := r.invoices[patient]
	ids := r.together[patient]
	r.mu.Unlock()
	if known {
		return invoices, nil
	}
	if len(ids) > 1 {
		all, more, _, err := r.query(ctx, journal.RecordQuery{Kinds: []string{"invoice"}, Patients: ids, Limit: journal.MaxLimit})
		if err != nil {
			return nil, err
		}
		if !more {
			r.mu.Lock()
			defer r.mu.Unlock()
			for _, id := range ids {
				r.invoices[id] = nil
			}
			for _, s := range all {
				r.invoices[s.related["patient"]] = append(r.invoices[s.related["patient"]], s)
			}
			return r.invoices[patient], nil
		}
	}
	return r.everything(ctx, journal.RecordQuery{Kinds: []string{"invoice"}, Patient: patient})
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
	r.mu.Lock()
	defer r.mu.Unlock()
	r.groupRelated(all)
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
