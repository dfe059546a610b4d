package web

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/journal"
)

// faultyJournal is a journal that can refuse records, and whose lists have unreadable records.
type faultyJournal struct {
	journal.Journal
	refusal atomic.Pointer[error] // of Append, or nil
}

func (j *faultyJournal) Append(ctx context.Context, records ...journal.Record) error {
	if err := j.refusal.Load(); err != nil {
		return *err
	}
	return j.Journal.Append(ctx, records...)
}

func (j *faultyJournal) Events(ctx context.Context, q journal.Query) (journal.Page[*journal.Event], error) {
	return withDamage(j.Journal.Events(ctx, q))
}

func (j *faultyJournal) Deliveries(ctx context.Context, q journal.Query) (journal.Page[*journal.Delivery], error) {
	return withDamage(j.Journal.Deliveries(ctx, q))
}

func (j *faultyJournal) Attempts(ctx context.Context, q journal.Query) (journal.Page[*journal.Attempt], error) {
	return withDamage(j.Journal.Attempts(ctx, q))
}

func (j *faultyJournal) Read(ctx context.Context, after journal.Seq, limit int, kinds ...journal.Kind) ([]journal.Record, error) {
	records, err := j.Journal.Read(ctx, after, limit, kinds...)
	if len(records) > 0 {
		for i, damaged := range []journal.Record{&journal.Event{Event: schemas.Event{Type: schemas.All()[0]}}, &journal.Subscription{}, &journal.Notice{}} {
			journal.MarkUnreadable(damaged, records[0].Sequence()+journal.Seq(i), "unreadable content")
			records = append(records, damaged)
		}
	}
	return records, err
}

// withDamage appends an unreadable record to a page.
func withDamage[T any, R interface {
	*T
	journal.Record
}](page journal.Page[R], err error) (journal.Page[R], error) {
	if len(page.Items) == 0 {
		return page, err
	}
	content := *page.Items[0]
	switch r := any(&content).(type) {
	case *journal.Event:
		r.Event = schemas.Event{Type: r.Type}
	case *journal.Delivery:
		r.Event, r.State = schemas.Event{Type: r.Event.Type}, ""
	case *journal.Attempt:
		r.Request, r.Response, r.Next = simulator.Request{EventType: r.Request.EventType}, simulator.Response{}, journal.DeliveryState{}
	}
	damaged := R(&content)
	journal.MarkUnreadable(damaged, 99, "unreadable content")
	page.Items = append(page.Items, damaged)
	return page, err
}

// startFaulty starts a provider with a faulty journal.
func startFaulty(t *testing.T) (*faultyJournal, *sim) {
	t.Helper()
	memory := journal.NewMemory(journal.Options{})
	j := &faultyJournal{Journal: memory}
	t.Cleanup(func() { _ = memory.Close() })
	return j, startOn(t, Options{}, j)
}

// The problem for an error of the journal says what happened.
func TestJournalErrors(t *testing.T) {
	t.Parallel()
	j, s := startFaulty(t)
	for err, want := range map[error]Problem{
		journal.ErrFull:    {Status: http.StatusServiceUnavailable, Type: "journal-full"},
		journal.ErrMissing: {Status: http.StatusServiceUnavailable, Type: "journal-missing"},
		journal.ErrDamaged: {Status: http.StatusInternalServerError, Type: "journal-damaged"},
	} {
		j.refusal.Store(&err)
		if p := s.ask("POST", apiPath+"/events", `{"eventType":"booking.created"}`).problem(want.Status, want.Type); !strings.Contains(p.Detail, err.Error()) {
			t.Errorf("%+v", p)
		}
		j.refusal.Store(nil)
		s.api(http.StatusCreated, "POST", "/events", map[string]any{"eventType": "booking.created"})
	}
}

// An unreadable record is an item of a list. It does not fail the list.
func TestUnreadableRecords(t *testing.T) {
	t.Parallel()
	_, s := startFaulty(t)
	s.emit(map[string]any{"eventType": "booking.created"})
	s.settle()
	for _, path := range []string{"/events", "/deliveries", "/attempts", "/attempts?full=true"} {
		var list struct{ Items []struct{ Unreadable string } }
		s.api(http.StatusOK, "GET", path, nil).into(&list)
		if n := len(list.Items); n != 2 || list.Items[0].Unreadable != "" || list.Items[1].Unreadable == "" {
			t.Errorf("%s: %+v", path, list)
		}
	}
	next, stop := s.follow("?after=0&kind=event")
	defer stop()
	for i := range 4 {
		if e := next(); strings.Contains(e.data, `"unreadable":"unreadable content"`) != (i > 0) {
			t.Errorf("event %d of the stream is %+v", i, e)
		}
	}
}

// A client that closes the connection within its body does not cause an internal error.
func TestCutBody(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/api/v1/events", cutOff{})
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, errors.New("the connection was closed") }
