package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"semblance/simulator/journal"
	"semblance/simulator/provider"
	"semblance/simulator/web/guard"
)

// Problem is an error as RFC 9457 has it: a kind for machines, a sentence for people.
type Problem struct {
	Type   string `json:"type"`  // ProblemType and a word
	Title  string `json:"title"` // of the status
	Status int    `json:"status"`
	Detail string `json:"detail"`          // what is wrong and how to mend it
	Field  string `json:"field,omitempty"` // the parameter or key that is wrong

	Accepted   *int `json:"accepted,omitempty"` // how far a wait has come
	Unfinished *int `json:"unfinished,omitempty"`

	header http.Header
}

// Error returns the sentence.
func (p *Problem) Error() string { return p.Detail }

// ProblemType is what the type of every problem of this API begins with.
const ProblemType = "urn:semblance:problem:"

func problem(status int, kind, format string, args ...any) *Problem {
	return &Problem{Type: ProblemType + kind, Title: http.StatusText(status), Status: status, Detail: fmt.Sprintf(format, args...)}
}

// about names the parameter or key that is wrong.
func (p *Problem) about(field string) *Problem {
	p.Field = field
	return p
}

// with adds a header to the answer.
func (p *Problem) with(name, value string) *Problem {
	if p.header == nil {
		p.header = http.Header{}
	}
	p.header.Add(name, value)
	return p
}

// statuses are the answers to the provider's refusals; what is not listed is a bad request.
var statuses = map[provider.Code]int{
	provider.CodeNotFound:       http.StatusNotFound,
	provider.CodeDeleted:        http.StatusGone,
	provider.CodeToken:          http.StatusUnauthorized,
	provider.CodePermission:     http.StatusForbidden,
	provider.CodePublic:         http.StatusForbidden,
	provider.CodeDuplicate:      http.StatusConflict,
	provider.CodeNotFailed:      http.StatusConflict,
	provider.CodeClock:          http.StatusConflict,
	provider.CodeTrafficRunning: http.StatusConflict,
	provider.CodeClosed:         http.StatusServiceUnavailable,
}

// problemOf says an error as a problem. ok is false where the cause is ours and not the client's.
func problemOf(err error) (p *Problem, ok bool) {
	var refusal *provider.Error
	var bad *guard.Refusal
	switch {
	case errors.As(err, &p):
		return p, true
	case errors.As(err, &refusal):
		status, listed := statuses[refusal.Code]
		if !listed {
			status = http.StatusBadRequest
		}
		p = problem(status, string(refusal.Code), "%s", refusal.Message).about(refusal.Field)
		if status == http.StatusUnauthorized {
			p.with("WWW-Authenticate", `Bearer realm="semblance"`)
		}
		return p, true
	case errors.As(err, &bad):
		p = problem(bad.Status, bad.Code, "%s", bad.Detail).about(bad.Field)
		if bad.Status == http.StatusUnsupportedMediaType {
			p.with("Accept-Post", "application/json")
		}
		return p, true
	case errors.Is(err, journal.ErrCursor):
		return problem(http.StatusBadRequest, "cursor", "%s; take it from \"next\" of the page before, with the same filters", err).about("cursor"), true
	case errors.Is(err, journal.ErrNotFound):
		return problem(http.StatusNotFound, "not-found", "%s", err), true
	case errors.Is(err, journal.ErrGone):
		return problem(http.StatusGone, "gone", "%s", err), true
	case errors.Is(err, journal.ErrFull):
		return problem(http.StatusServiceUnavailable, "journal-full", "%s", err), true
	case errors.Is(err, journal.ErrClosed), errors.Is(err, context.Canceled):
		return problem(http.StatusServiceUnavailable, "closed", "the provider is stopping"), true
	}
	bad = guard.Internal()
	return problem(bad.Status, bad.Code, "%s", bad.Detail), false
}

// fail answers with the problem that the error is.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	p, expected := problemOf(err)
	if !expected {
		h.log.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	data, err := json.Marshal(p)
	if err != nil {
		h.log.Error("writing a problem", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	for name, values := range p.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(data, '\n')) // a client that has gone needs no answer
}

// notFound answers what no route serves.
func (h *Handler) notFound(w http.ResponseWriter, r *http.Request) {
	h.fail(w, r, problem(http.StatusNotFound, "no-such-path",
		"nothing is at %q; the provider's API is POST /graphql, and %s describes the control API", r.URL.Path, documentPath))
}

// notAllowed answers a method that the path does not have, and says which it has.
func (h *Handler) notAllowed(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if h.routes(method, r) {
			allowed = append(allowed, method)
		}
	}
	allow := strings.Join(allowed, ", ")
	h.fail(w, r, problem(http.StatusMethodNotAllowed, "method", "%s is not a method of %s; it has %s", r.Method, r.URL.Path, allow).with("Allow", allow))
}
