package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// absent says in the API's words what the journal does not have.
func absent(err error, what string, id any) error {
	if errors.Is(err, journal.ErrNotFound) {
		return problem(http.StatusNotFound, "not-found", "there is no %s %v", what, id)
	}
	return err
}

// listAttempts lists attempts, in full if that is asked for.
func (h *Handler) listAttempts(w http.ResponseWriter, r *http.Request) error {
	var ask journal.Query
	q := readQuery(r)
	q.page(&ask)
	ask.Types, ask.RecordID = q.types("type"), q.text("record")
	ask.SubscriptionID, ask.DeliveryID = q.text("subscription"), q.text("delivery")
	ask.Outcomes = words(q, "outcome", journal.Accepted, journal.Refused, journal.Unanswered)
	ask.Full = q.flag("full")
	asked := q.secrets()
	if err := q.done(); err != nil {
		return err
	}
	secrets, err := h.mayShowSecrets(r, asked)
	if err != nil {
		return err
	}
	page, err := h.provider.Journal().Attempts(r.Context(), ask)
	if err != nil {
		return err
	}
	view := viewAttempt
	if ask.Full {
		view = func(a *journal.Attempt) attemptView { return viewWholeAttempt(a, secrets) }
	}
	return h.respond(w, http.StatusOK, viewPage(page, view))
}

// getAttempt shows one attempt: exactly what was sent, and what came of it.
func (h *Handler) getAttempt(w http.ResponseWriter, r *http.Request) error {
	q := readQuery(r)
	asked := q.secrets()
	if err := q.done(); err != nil {
		return err
	}
	secrets, err := h.mayShowSecrets(r, asked)
	if err != nil {
		return err
	}
	seq, err := sequence(r, "attempt")
	if err != nil {
		return err
	}
	a, err := h.provider.Journal().Attempt(r.Context(), seq)
	if err != nil {
		return absent(err, "attempt", seq)
	}
	return h.respond(w, http.StatusOK, viewWholeAttempt(a, secrets))
}

// resend sends an attempt once more and answers the new one: the same bytes, or a new attempt that is signed anew.
func (h *Handler) resend(w http.ResponseWriter, r *http.Request) error {
	var ask struct {
		Anew bool `json:"anew"`
	}
	if err := readBody(r, &ask, true); err != nil {
		return err
	}
	seq, err := sequence(r, "attempt")
	if err != nil {
		return err
	}
	if err := mayLast(w); err != nil {
		return err
	}
	a, err := h.provider.Resend(r.Context(), seq, ask.Anew)
	if err != nil {
		return err
	}
	return h.respond(w, http.StatusCreated, viewWholeAttempt(a, false))
}

// How long a wait lasts.
const (
	defaultWait = 10 * time.Second
	maxWait     = 5 * time.Minute
)

// waitView is how far things have come.
type waitView struct {
	Accepted   int `json:"accepted"`
	Unfinished int `json:"unfinished"`
}

// wait answers when the receiver has accepted so many deliveries, or when nothing is owed, or both; and with 504 when
// that has not come about in time, so that a client which does not read the answer fails all the same.
func (h *Handler) wait(w http.ResponseWriter, r *http.Request) error {
	q := readQuery(r)
	until := words(q, "until", "all-finished")
	otherwise := int64(1)
	if len(until) > 0 {
		otherwise = 0
	}
	c := provider.Condition{
		Accepted: int(q.number("count", otherwise, 0, 1_000_000)), Types: q.types("type"), SubscriptionID: q.text("subscription"),
		After: journal.Seq(q.number("after", 0, 0, maxSeq)), AllFinished: len(until) > 0,
	}
	within := q.duration("within", defaultWait, maxWait)
	if err := q.done(); err != nil {
		return err
	}
	open, ctx, end, err := h.longPoll(w, r, within)
	if err != nil {
		return err
	}
	defer end()
	now, err := h.provider.Wait(ctx, c)
	switch {
	case err == nil:
		return h.respond(w, http.StatusOK, waitView{Accepted: now.Accepted, Unfinished: now.Unfinished})
	case errors.Is(err, context.DeadlineExceeded) && open.Err() == nil:
		p := problem(http.StatusGatewayTimeout, "not-yet", "within %s %s", within, strings.TrimSuffix(err.Error(), ": "+context.DeadlineExceeded.Error()))
		p.Accepted, p.Unfinished = &now.Accepted, &now.Unfinished
		return p
	}
	return asBadQuery(err)
}
