package graphql

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	graphql "github.com/graph-gophers/graphql-go"
	qerrors "github.com/graph-gophers/graphql-go/errors"

	"semblance/simulator/apifault"
	"semblance/simulator/clock"
	"semblance/simulator/journal"
)

// tooOften is the provider's error for too many requests. Clients match "too often".
const tooOften = "You are using the API too often. Please try again later."

// edgePage is the page of the edge that blocks an account after a sustained burst.
const edgePage = "<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<center><h1>403 Forbidden</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"

// injection is the faults of one request.
type injection struct {
	plans []apifault.Plan
	roots []root
}

// inject returns the faults of a request and notes them in the log.
func (h *Handler) inject(l *loggedRequest, in *request) *injection {
	f := &injection{}
	if h.options.RateLimit+h.options.EdgeLimit > 0 {
		h.limits.count(h.provider.Now())
	}
	if h.limits.exceeded(h.options.EdgeLimit) {
		f.plans = append(f.plans, apifault.Plan{Kind: apifault.Edge})
	} else if h.limits.exceeded(h.options.RateLimit) {
		f.plans = append(f.plans, apifault.Plan{Kind: apifault.TooOften})
	}
	if h.options.Faults == nil {
		return f
	}
	f.roots = rootsOf(in.Query)
	call := apifault.Call{Operation: l.record.Operation}
	for _, r := range f.roots {
		call.Fields = append(call.Fields, r.field)
	}
	taken := h.options.Faults.Take(call)
	f.plans = append(f.plans, taken...)
	var names []string
	for _, p := range taken {
		name := string(p.Kind)
		if p.Value != "" {
			name += "=" + p.Value
		}
		names = append(names, name)
	}
	l.mu.Lock()
	l.record.Fault = strings.Join(names, ", ")
	l.mu.Unlock()
	return f
}

// find returns the plan of a kind, or nil.
func (f *injection) find(k apifault.Kind) *apifault.Plan {
	if i := slices.IndexFunc(f.plans, func(p apifault.Plan) bool { return p.Kind == k }); i >= 0 {
		return &f.plans[i]
	}
	return nil
}

// instead responds if the faults of the request take the place of its execution. A slow response waits first.
func (h *Handler) instead(w *loggedRequest, r *http.Request, f *injection) bool {
	if p := f.find(apifault.Slow); p != nil {
		if clock.Sleep(r.Context(), p.Duration) != nil {
			w.finish(r.Context(), 0, nil) // the client is gone
			return true
		}
	}
	switch {
	case f.find(apifault.Edge) != nil:
		w.finish(r.Context(), http.StatusForbidden, nil)
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w.ResponseWriter, edgePage)
	case f.find(apifault.Status) != nil:
		e := qerrors.Errorf("Internal server error")
		e.Extensions = map[string]any{"code": codeInternal}
		h.respond(w, r, f.find(apifault.Status).Status, &graphql.Response{Errors: []*qerrors.QueryError{e}})
	case f.find(apifault.TooOften) != nil:
		h.respond(w, r, http.StatusOK, &graphql.Response{Data: json.RawMessage("null"), Errors: []*qerrors.QueryError{qerrors.Errorf(tooOften)}})
	default:
		return false
	}
	return true
}

// spoil replaces root fields of a response by null, as the faults say.
func (f *injection) spoil(response *graphql.Response) error {
	for i := range f.plans {
		p := &f.plans[i]
		if p.Kind != apifault.Null && p.Kind != apifault.Permission {
			continue
		}
		for _, r := range f.roots {
			if p.Field != "" && p.Field != r.field {
				continue
			}
			data, found, err := withNull(response.Data, r.key)
			if err != nil {
				return err
			}
			if !found {
				continue
			}
			response.Data = data
			if p.Kind == apifault.Permission {
				e := qerrors.Errorf("Missing permission %s", p.Value)
				e.Path = []any{r.key}
				response.Errors = append(response.Errors, e)
			}
		}
	}
	return nil
}

// withNull returns an object with null in the place of a member. The other bytes stay.
func withNull(object []byte, key string) (result []byte, found bool, err error) {
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil {
		return nil, false, fmt.Errorf("reading a response: %w", err)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, false, fmt.Errorf("reading a response: %w", err)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, false, fmt.Errorf("reading a response: %w", err)
		}
		if name == key {
			end := int(d.InputOffset())
			return slices.Concat(object[:end-len(value)], []byte("null"), object[end:]), true, nil
		}
	}
	return object, false, nil
}

// records returns the source of the records for a request with the faults.
func (f *injection) records(source Records, now time.Time) Records {
	if p := f.find(apifault.Stale); p != nil {
		source = staleRecords{source, now.Add(-p.Duration)}
	}
	if f.find(apifault.Rows) != nil {
		source = shiftedRows{source}
	}
	return source
}

// staleRecords shows records that changed after a time as they were before their last change.
type staleRecords struct {
	Records
	since time.Time
}

// ClinicRecord returns the record, or the one before.
func (s staleRecords) ClinicRecord(ctx context.Context, id string) (*journal.ClinicRecord, error) {
	r, err := s.Records.ClinicRecord(ctx, id)
	if err != nil {
		return nil, err
	}
	if r = s.before(r); r == nil {
		return nil, fmt.Errorf("clinic record %s: %w", id, journal.ErrNotFound)
	}
	return r, nil
}

// ClinicRecords returns a page of the records, each as it was before. Those that did not exist are absent.
func (s staleRecords) ClinicRecords(ctx context.Context, q journal.RecordQuery) (journal.RecordPage, error) {
	p, err := s.Records.ClinicRecords(ctx, q)
	var all []*journal.ClinicRecord
	for _, r := range p.Records {
		if r = s.before(r); r != nil {
			all = append(all, r)
		}
	}
	p.Records = all
	return p, err
}

// before returns the record as it was before a recent change, or nil if it did not exist.
func (s staleRecords) before(r *journal.ClinicRecord) *journal.ClinicRecord {
	switch {
	case !r.UpdatedAt.After(s.since) || r.Previous == nil && !r.CreatedAt.After(s.since):
		return r
	case r.Previous == nil:
		return nil
	}
	old := *r
	old.Values, old.Previous = r.Previous, nil
	var content struct {
		Deleted bool
		Values  struct{ UpdatedAt time.Time }
	}
	if err := json.Unmarshal(old.Values, &content); err == nil {
		old.Deleted, old.UpdatedAt = content.Deleted, content.Values.UpdatedAt
	}
	return &old
}

// shiftedRows repeats a row on each page after the first, and misses another, as the provider's paging does.
type shiftedRows struct{ Records }

// ClinicRecords returns a page whose first row is one of the page before. Its last row is missing.
func (s shiftedRows) ClinicRecords(ctx context.Context, q journal.RecordQuery) (journal.RecordPage, error) {
	p, err := s.Records.ClinicRecords(ctx, q)
	if err != nil || q.Offset < 2 || len(p.Records) == 0 {
		return p, err
	}
	q.Offset, q.Limit = q.Offset-2, 1
	before, err := s.Records.ClinicRecords(ctx, q)
	if err != nil || len(before.Records) == 0 {
		return p, err
	}
	p.Records = slices.Concat(before.Records, p.Records[:len(p.Records)-1])
	return p, nil
}

// limits counts the requests of the last minute of simulated time.
type limits struct {
	mu    sync.Mutex
	times []time.Time
}

// maxCounted bounds the requests that limits remembers.
const maxCounted = 100_000

// count counts a request.
func (l *limits) count(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := slices.IndexFunc(l.times, func(t time.Time) bool { return now.Sub(t) < time.Minute })
	if first < 0 {
		first = len(l.times)
	}
	l.times = append(l.times[:0], l.times[first:]...)
	if len(l.times) < maxCounted {
		l.times = append(l.times, now)
	}
}

// exceeded reports whether the requests of the last minute, with this one, are more than a limit. 0 is no limit.
func (l *limits) exceeded(limit int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return limit > 0 && len(l.times) > limit
}
