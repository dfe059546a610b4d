package web

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// failingJournal is a journal whose Append fails with err, if it is set.
type failingJournal struct {
	journal.Journal
	err atomic.Pointer[error]
}

func (j *failingJournal) Append(ctx context.Context, records ...journal.Record) error {
	if err := j.err.Load(); err != nil {
		return *err
	}
	return j.Journal.Append(ctx, records...)
}

// The failures of a journal are not internal errors, and the problem says what happened.
func TestFailingJournal(t *testing.T) {
	t.Parallel()
	memory := journal.NewMemory(journal.Options{})
	defer memory.Close()
	j := &failingJournal{Journal: memory}
	p, err := provider.Start(t.Context(), provider.Options{Journal: j, Tokens: []provider.Token{{Text: testToken, Permissions: provider.AllPermissions()}}})
	if err != nil {
		t.Fatal(err)
	}
	h := New(p, Options{})
	post := func(path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1"+path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Token", testToken)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for err, want := range map[error]struct {
		status int
		code   string
	}{
		journal.ErrFull:    {http.StatusServiceUnavailable, "journal-full"},
		journal.ErrMissing: {http.StatusServiceUnavailable, "journal-missing"},
		journal.ErrDamaged: {http.StatusInternalServerError, "journal-damaged"},
	} {
		j.err.Store(&err)
		w := post("/api/v1/events", `{"eventType":"booking.created"}`)
		if body := w.Body.String(); w.Code != want.status || !strings.Contains(body, err.Error()) || !strings.Contains(body, want.code) {
			t.Errorf("%v: %d %s", err, w.Code, body)
		}
	}
	j.err.Store(nil)
	if w := post("/api/v1/events", `{"eventType":"booking.created"}`); w.Code != http.StatusCreated {
		t.Errorf("after that: %d %s", w.Code, w.Body)
	}
	h.Close()
	if err := p.Close(context.Background()); err != nil {
		t.Error(err)
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
