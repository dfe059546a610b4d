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

// reader reads the records for one document. It reads each record once. If the journal fails, the records are missing and
// the document fails: see execution.fail.
type reader struct {
	*execution
	records Records

	mu       sync.Mutex
	sources  map[string]*source   // by id; nil for an unknown id
	parts    map[string][]*source // the records about a patient, by the first kind and the id of the patient
	together map[string][]string  // the ids that are read with an id, because the same list has them
	practice *source              // nil until it is read
}

func newReader(e *execution, records Records) *reader {
	return &reader{execution: e, records: records, sources: map[string]*source{}, parts: map[string][]*source{}, together: map[string][]string{}}
}

// readerOf returns the reader of the execution that ctx belongs to.
func readerOf(ctx context.Context) *reader { return executionOf(ctx).reader }

// find returns the record of the kind with the id, or nil.
func (r *reader) find(kind, id string) *source {
	if id == "" {
		return nil
	}
	r.mu.Lock()
	s, known := r.sources[id]
	ids := r.together[id]
	r.mu.Unlock()
	if !known && len(ids) > 1 {
		r.query(journal.RecordQuery{IDs: ids, Deleted: journal.WithDeleted, Limit: journal.MaxLimit})
		r.mu.Lock()
		s, known = r.sources[id], true
		r.mu.Unlock()
	}
	if !known {
		record, err := r.records.ClinicRecord(r.ctx, id)
		if err == nil {
			s = r.source(record)
		} else if !errors.Is(err, journal.ErrNotFound) {
			r.fail(err)
		}
		r.mu.Lock()
		r.sources[id] = s
		r.mu.Unlock()
	}
	if s == nil || s.kind != kind {
		return nil
	}
	r.budget.spend(s.size)
	return s
}

// source decodes a record.
func (r *reader) source(record *journal.ClinicRecord) *source {
	s, err := sourceOf(record)
	if err != nil {
		r.fail(err)
		return nil
	}
	s.r = r
	return s
}

// maxTogether is the number of records that are read together.
const maxTogether = 200

// groupRelated notes the ids in each role of the records of a list, so that the first that is read brings the others.
func (r *reader) groupRelated(all []*source) {
	byRole := map[string][]string{}
	for _, s := range all {
		if s.kind == "patient" && len(byRole[""]) < maxTogether { // for their parts
			byRole[""] = append(byRole[""], s.id)
		}
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

// partsOf returns the records of some kinds that are about a patient. For the patients of a list they are read together.
func (r *reader) partsOf(patient string, kinds ...string) []*source {
	r.mu.Lock()
	parts, known := r.parts[kinds[0]+patient]
	ids := r.together[patient]
	r.mu.Unlock()
	if known {
		return parts
	}
	if len(ids) < 2 {
		ids = []string{patient}
	}
	q := journal.RecordQuery{Kinds: kinds, Patients: ids, Limit: journal.MaxLimit}
	all, more, _ := r.query(q)
	if more && len(ids) > 1 {
		q.Patients = []string{patient}
		all, _, _ = r.query(q)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range q.Patients {
		r.parts[kinds[0]+id] = nil
	}
	for _, s := range all {
		key := kinds[0] + s.related["patient"]
		r.parts[key] = append(r.parts[key], s)
	}
	return r.parts[kinds[0]+patient]
}

// query returns the records that a query selects. total is set if the query asks for it.
func (r *reader) query(q journal.RecordQuery) (all []*source, more bool, total int) {
	p, err := r.records.ClinicRecords(r.ctx, q)
	if err != nil {
		r.fail(err)
		return nil, false, 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, record := range p.Records {
		if s := r.source(record); s != nil {
			all = append(all, s)
			r.budget.spend(s.size)
			r.sources[s.id] = s
		}
	}
	r.groupRelated(all)
	return all, p.More, p.Total
}

// everything returns all records that a query selects, up to a limit that no test reaches.
func (r *reader) everything(q journal.RecordQuery) []*source {
	q.Limit = journal.MaxLimit
	all, _, _ := r.query(q)
	return all
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
