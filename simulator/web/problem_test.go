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

// full is a journal that can be filled to the brim.
type full struct {
	journal.Journal
	brim atomic.Bool
}

func (j *full) Append(ctx context.Context, records ...journal.Record) error {
	if j.brim.Load() {
		return journal.ErrFull
	}
	return j.Journal.Append(ctx, records...)
}

// A disk that is full is not our fault, and who asked is told what to mend.
func TestJournalIsFull(t *testing.T) {
	memory := journal.NewMemory(journal.Options{})
	defer memory.Close()
	j := &full{Journal: memory}
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
	j.brim.Store(true)
	if w := post("/api/v1/events", `{"eventType":"booking.created"}`); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "the journal is full") {
		t.Errorf("an event: %d %s", w.Code, w.Body)
	}
	j.brim.Store(false)
	if w := post("/api/v1/events", `{"eventType":"booking.created"}`); w.Code != http.StatusCreated {
		t.Errorf("with room again: %d %s", w.Code, w.Body)
	}
	h.Close()
	if err := p.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

// A client that goes away in the middle of its body is no fault of ours either.
func TestBodyThatEndsEarly(t *testing.T) {
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
