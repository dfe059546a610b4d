package web

import (
	"net/http"
	"time"

	"semblance/simulator"
	"semblance/simulator/journal"
)

var (
	eventParameter = integer("event", "Only deliveries of the event with this id.", 0, 1, maxSeq)
	stateParameter = choices("state", "Only deliveries in these states.", journal.States()...)
)

// deliveryView is the delivery of an event to one subscription, in its current state.
type deliveryView struct {
	ID             string            `json:"id" api:"id"` // the provider's outboxId
	Seq            journal.Seq       `json:"seq"`         // number in the journal
	Event          journal.Seq       `json:"event"`       // id of the event
	EventType      string            `json:"eventType"`
	Identifiers    identifiers       `json:"identifiers"`             // those of the event
	SubscriptionID string            `json:"subscriptionId" api:"id"` // the subscription that receives it
	CreatedAt      timestamp         `json:"createdAt"`
	State          journal.State     `json:"state,omitempty"` // pending and held deliveries are unfinished; absent if unreadable
	Due            timestamp         `json:"due,omitempty"`   // time of the next attempt, if it is pending
	Attempts       int               `json:"attempts"`        // number of attempts so far
	LastAttemptAt  timestamp         `json:"lastAttemptAt,omitempty"`
	LastStatus     int               `json:"lastStatus,omitempty"`  // HTTP status of the last attempt
	LastFailure    simulator.Failure `json:"lastFailure,omitempty"` // why the last attempt got no response
	Hint           string            `json:"hint,omitempty"`        // what to change, if the last attempt was not accepted; not in the stream
	Unreadable     string            `json:"unreadable,omitempty"`  // why the record cannot be decoded, as in a damaged journal; most fields are then empty
}

func viewDelivery(d *journal.Delivery) deliveryView {
	return deliveryView{
		ID: d.ID, Seq: d.Seq, Event: d.EventSeq, EventType: d.Event.Type.Name, Identifiers: identifiers(d.Event.Identifiers),
		SubscriptionID: d.SubscriptionID, CreatedAt: stamp(d.CreatedAt), State: d.State, Due: stamp(d.Due), Attempts: d.Attempts,
		LastAttemptAt: stamp(d.LastAt), LastStatus: d.Status, LastFailure: d.Failure, Unreadable: d.Unreadable,
	}
}

// listDeliveries lists deliveries in their current states.
func (h *Handler) listDeliveries(c *call) (pageView[deliveryView], error) {
	q := c.page()
	q.Types, q.RecordID, q.SubscriptionID = typeParameter.of(c), recordParameter.of(c), subscriptionParameter.of(c)
	q.EventSeq, q.States = journal.Seq(eventParameter.of(c)), stateParameter.of(c)
	page, err := h.provider.Journal().Deliveries(c.Context(), q)
	return viewPage(page, func(d *journal.Delivery) deliveryView { return h.viewHinted(c, d) }), err
}

// viewHinted returns a delivery with the hint of its last attempt.
func (h *Handler) viewHinted(c *call, d *journal.Delivery) deliveryView {
	v := viewDelivery(d)
	if d.Attempts == 0 || d.State == journal.Delivered {
		return v
	}
	last, err := h.provider.Journal().Attempts(c.Context(), journal.Query{DeliveryID: d.ID, Limit: 1, Full: true})
	if err == nil && len(last.Items) > 0 { // it may be pruned by now
		v.Hint = whyNot(last.Items[0]).Fix
	}
	return v
}

// getDelivery returns one delivery.
func (h *Handler) getDelivery(c *call) (v deliveryView, err error) {
	id := c.variable("delivery")
	d, err := h.provider.Journal().Delivery(c.Context(), id)
	if err != nil {
		return v, unknownID(err, "delivery", id)
	}
	return h.viewHinted(c, d), nil
}

// requeue queues a delivery again that has failed for good or was dropped.
func (h *Handler) requeue(c *call, _ *empty) (v deliveryView, err error) {
	if err := h.provider.Requeue(c.Context(), c.variable("delivery")); err != nil {
		return v, err
	}
	return h.getDelivery(c)
}

// maxRequeue is how many ids one request may name. A filter has no limit.
const maxRequeue = 1000

// requeueRequest is the deliveries to requeue: either ids, or a filter for deliveries that failed for good. An empty object
// selects all of those.
type requeueRequest struct {
	IDs            []string   `json:"ids,omitempty" api:"minItems=1,maxItems=1000"`
	Types          []string   `json:"types,omitempty"` // patterns of event types
	SubscriptionID string     `json:"subscriptionId,omitempty"`
	Record         string     `json:"record,omitempty"` // id of a record
	From           *time.Time `json:"from,omitempty"`
	Until          *time.Time `json:"until,omitempty"`
}

// requeuedView is the number of deliveries that were queued again.
type requeuedView struct {
	Requeued int `json:"requeued"`
}

// requeueMany queues deliveries again that have failed for good or were dropped.
func (h *Handler) requeueMany(c *call, in *requeueRequest) (v requeuedView, err error) {
	types, err := typeNames(in.Types)
	if err != nil {
		return v, problem(http.StatusBadRequest, "event-type", "%s", err).about("types")
	}
	q := journal.Query{Types: types, SubscriptionID: in.SubscriptionID, RecordID: in.Record}
	if in.From != nil {
		q.From = *in.From
	}
	if in.Until != nil {
		q.Until = *in.Until
	}
	filtered := len(in.Types) > 0 || in.SubscriptionID != "" || in.Record != "" || in.From != nil || in.Until != nil
	switch {
	case in.IDs == nil:
		v.Requeued, err = h.provider.RequeueMatching(c.Context(), q)
		return v, err
	case filtered:
		return v, problem(http.StatusBadRequest, "ids", "use either ids or the keys of a filter").about("ids")
	case len(in.IDs) == 0 || len(in.IDs) > maxRequeue:
		return v, problem(http.StatusBadRequest, "ids", "one request can name 1 to %d ids, not %d", maxRequeue, len(in.IDs)).about("ids")
	}
	return requeuedView{len(in.IDs)}, h.provider.Requeue(c.Context(), in.IDs...)
}

// noticeView is an e-mail that the provider would send to the practice's Technical Contact.
type noticeView struct {
	ID             journal.Seq `json:"id"` // number in the journal
	At             timestamp   `json:"at,omitempty"`
	SubscriptionID string      `json:"subscriptionId,omitempty" api:"id"` // the subscription that it is about
	Subject        string      `json:"subject"`
	Text           string      `json:"text"`
	Unreadable     string      `json:"unreadable,omitempty"` // why the record cannot be decoded, as in a damaged journal
}

func viewNotice(n *journal.Notice) noticeView {
	return noticeView{ID: n.Seq, At: stamp(n.At), SubscriptionID: n.SubscriptionID, Subject: n.Subject, Text: n.Text, Unreadable: n.Unreadable}
}

// listNotices lists the e-mails that the provider would send, oldest first.
func (h *Handler) listNotices(c *call) (v listView[noticeView], err error) {
	after, limit := journal.Seq(afterParameter.of(c)), int(limitParameter.of(c))
	records, err := h.provider.Journal().Read(c.Context(), after, limit, journal.KindNotice)
	v.Items = []noticeView{}
	for _, record := range records {
		if n, ok := record.(*journal.Notice); ok {
			v.Items = append(v.Items, viewNotice(n))
		}
	}
	return v, err
}
