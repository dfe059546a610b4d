package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"semblance/schemas/human"
	"semblance/simulator"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
	"semblance/simulator/web/guard"
)

// Problem is an error in the form of RFC 9457.
type Problem struct {
	Type   string `json:"type"`            // "urn:semblance:problem:" and a word for programs
	Title  string `json:"title"`           // text of the status
	Status int    `json:"status"`          // HTTP status
	Detail string `json:"detail"`          // the mistake and its fix
	Field  string `json:"field,omitempty"` // the parameter or key that is wrong

	Accepted   *int `json:"accepted,omitempty"`   // of a wait: the number of accepted deliveries
	Unfinished *int `json:"unfinished,omitempty"` // of a wait: the number of pending and held deliveries
}

// Error returns the detail.
func (p *Problem) Error() string { return p.Detail }

// ProblemType is the start of the type of every problem of this API.
const ProblemType = "urn:semblance:problem:"

func problem(status int, kind, format string, args ...any) *Problem {
	return &Problem{Type: ProblemType + kind, Title: http.StatusText(status), Status: status, Detail: fmt.Sprintf(format, args...)}
}

// about names the parameter or key that is wrong.
func (p *Problem) about(field string) *Problem {
	p.Field = field
	return p
}

// statuses are the HTTP statuses of the provider's refusals. Other refusals are bad requests.
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
	provider.CodeFull:           http.StatusServiceUnavailable,
	provider.CodeClosed:         http.StatusServiceUnavailable,
}

// headers are the headers that belong to some statuses.
var headers = map[int]simulator.Header{
	http.StatusUnauthorized:         {Name: "WWW-Authenticate", Value: `Bearer realm="semblance"`},
	http.StatusUnsupportedMediaType: {Name: "Accept-Post", Value: "application/json"},
	http.StatusTooManyRequests:      {Name: "Retry-After", Value: "1"}, // second
}

// problemOf turns an error into a problem. ok is false if the cause is not the client's.
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
		return problem(status, string(refusal.Code), "%s", refusal.Message).about(refusal.Field), true
	case errors.As(err, &bad):
		return problem(bad.Status, bad.Code, "%s", bad.Detail).about(bad.Field), true
	case errors.Is(err, journal.ErrCursor):
		return problem(http.StatusBadRequest, "cursor", "%s; use `next` of the previous page, with the same filters", err).about("cursor"), true
	case errors.Is(err, journal.ErrNotFound):
		return problem(http.StatusNotFound, "not-found", "%s", err), true
	case errors.Is(err, journal.ErrGone):
		return problem(http.StatusGone, "gone", "%s", err), true
	case errors.Is(err, journal.ErrFull):
		return problem(http.StatusServiceUnavailable, "journal-full", "%s", err), true
	case errors.Is(err, journal.ErrMissing):
		return problem(http.StatusServiceUnavailable, "journal-missing", "%s", err), true
	case errors.Is(err, journal.ErrDamaged):
		return problem(http.StatusInternalServerError, "journal-damaged", "%s", err), true
	case errors.Is(err, journal.ErrClosed), errors.Is(err, context.Canceled):
		return problem(http.StatusServiceUnavailable, "closed", "the provider is stopping"), true
	}
	bad = guard.Internal()
	return problem(bad.Status, bad.Code, "%s", bad.Detail), false
}

// fail responds with an error.
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
	w.Header().Set("Content-Type", "application/problem+json")
	if header, ok := headers[p.Status]; ok {
		w.Header().Set(header.Name, header.Value)
	}
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(data, '\n')) // the client may have closed the connection
}

// notFound responds to an unknown path.
func (h *Handler) notFound(w http.ResponseWriter, r *http.Request) {
	h.fail(w, r, problem(http.StatusNotFound, "no-such-path",
		"unknown path %s; the provider's API is POST /graphql, and %s describes the control API", human.Quoted(r.URL.Path), documentPath))
}

// notAllowed responds to a method that the path does not have.
func (h *Handler) notAllowed(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if h.hasMethod(method, r) {
			allowed = append(allowed, method)
		}
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	h.fail(w, r, problem(http.StatusMethodNotAllowed, "method", "%s does not have the method %s; use %s", r.URL.Path, human.Quoted(r.Method), human.Or(allowed)))
}
