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

// fullJournal is a journal that can be full.
type fullJournal struct {
	journal.Journal
	isFull atomic.Bool
}

func (j *fullJournal) Append(ctx context.Context, records ...journal.Record) error {
	if j.isFull.Load() {
		return journal.ErrFull
	}
	return j.Journal.Append(ctx, records...)
}

// A full disk is not an internal error, and the problem names the fix.
func TestFullJournal(t *testing.T) {
	t.Parallel()
	memory := journal.NewMemory(journal.Options{})
	defer memory.Close()
	j := &fullJournal{Journal: memory}
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
	j.isFull.Store(true)
	if w := post("/api/v1/events", `{"eventType":"booking.created"}`); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "the journal is full") {
		t.Errorf("an event: %d %s", w.Code, w.Body)
	}
	j.isFull.Store(false)
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
