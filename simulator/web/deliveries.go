package web

import (
	"net/http"
	"time"

	"github.com/gorilla/mux"

	"semblance/simulator/journal"
)

// listDeliveries lists deliveries, as each stands now.
func (h *Handler) listDeliveries(w http.ResponseWriter, r *http.Request) error {
	var ask journal.Query
	q := readQuery(r)
	q.page(&ask)
	ask.Types, ask.RecordID, ask.SubscriptionID = q.types("type"), q.text("record"), q.text("subscription")
	ask.EventSeq = journal.Seq(q.number("event", 0, 1, maxSeq))
	ask.States = words(q, "state", journal.States()...)
	if err := q.done(); err != nil {
		return err
	}
	page, err := h.provider.Journal().Deliveries(r.Context(), ask)
	if err != nil {
		return err
	}
	return h.respond(w, http.StatusOK, viewPage(page, viewDelivery))
}

// getDelivery shows one delivery.
func (h *Handler) getDelivery(w http.ResponseWriter, r *http.Request) error {
	return h.showDelivery(w, r, http.StatusOK)
}

func (h *Handler) showDelivery(w http.ResponseWriter, r *http.Request, status int) error {
	id := mux.Vars(r)["delivery"]
	d, err := h.provider.Journal().Delivery(r.Context(), id)
	if err != nil {
		return absent(err, "delivery", id)
	}
	return h.respond(w, status, viewDelivery(d))
}

// requeue queues one delivery again.
func (h *Handler) requeue(w http.ResponseWriter, r *http.Request) error {
	if err := readBody(r, &struct{}{}, true); err != nil {
		return err
	}
	if err := h.provider.Requeue(r.Context(), mux.Vars(r)["delivery"]); err != nil {
		return err
	}
	return h.showDelivery(w, r, http.StatusAccepted)
}

// maxRequeue bounds how many deliveries are named in one request; a filter takes all that fit.
const maxRequeue = 1000

// requeueRequest names deliveries, or says which of those that failed for good are meant.
type requeueRequest struct {
	IDs          []string   `json:"ids"`
	Types        []string   `json:"types"`
	Subscription string     `json:"subscriptionId"`
	Record       string     `json:"record"`
	From         *time.Time `json:"from"`
	Until        *time.Time `json:"until"`
}

// requeueMany queues deliveries again: those that are named, or all that fit.
func (h *Handler) requeueMany(w http.ResponseWriter, r *http.Request) error {
	var ask requeueRequest
	if err := readBody(r, &ask, false); err != nil {
		return err
	}
	n, err := h.requeueAsked(r, &ask)
	if err != nil {
		return err
	}
	return h.respond(w, http.StatusAccepted, map[string]int{"requeued": n})
}

func (h *Handler) requeueAsked(r *http.Request, ask *requeueRequest) (int, error) {
	types, err := typeNames(ask.Types)
	if err != nil {
		return 0, problem(http.StatusBadRequest, "event-type", "%s", err).about("types")
	}
	q := journal.Query{Types: types, SubscriptionID: ask.Subscription, RecordID: ask.Record}
	if ask.From != nil {
		q.From = *ask.From
	}
	if ask.Until != nil {
		q.Until = *ask.Until
	}
	filtered := len(ask.Types) > 0 || ask.Subscription != "" || ask.Record != "" || ask.From != nil || ask.Until != nil
	switch {
	case ask.IDs == nil:
		return h.provider.RequeueMatching(r.Context(), q)
	case filtered:
		return 0, problem(http.StatusBadRequest, "ids", "ids name deliveries, the other keys say which are meant: give one or the other").about("ids")
	case len(ask.IDs) == 0 || len(ask.IDs) > maxRequeue:
		return 0, problem(http.StatusBadRequest, "ids", "from 1 to %d ids can be named at once, not %d", maxRequeue, len(ask.IDs)).about("ids")
	}
	return len(ask.IDs), h.provider.Requeue(r.Context(), ask.IDs...)
}
