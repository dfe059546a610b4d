package web

import (
	"errors"
	"net/http"

	"semblance/simulator/journal"
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
	ask.Types, ask.Record = q.types("type"), q.text("record")
	ask.Subscription, ask.Delivery = q.text("subscription"), q.text("delivery")
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
