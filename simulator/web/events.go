package web

import (
	"net/http"

	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

var originParameter = text("origin", "Only events of this origin: api, clinic, traffic or provider.")

// eventView is something that happened in the practice.
type eventView struct {
	ID          journal.Seq `json:"id"`                   // number in the journal
	At          timestamp   `json:"at"`                   // simulated time
	EventType   string      `json:"eventType"`            // such as booking.created
	Identifiers identifiers `json:"identifiers"`          // in the order of the payload, without those of absent records
	Metadata    metadata    `json:"metadata,omitempty"`   // only of webhook.* events
	Origin      string      `json:"origin"`               // api, clinic, traffic or provider
	Unreadable  string      `json:"unreadable,omitempty"` // why the record cannot be decoded, as in a damaged journal; most fields are then empty
}

func viewEvent(e *journal.Event) eventView {
	return eventView{
		ID: e.Seq, At: stamp(e.At), EventType: e.Type.Name, Identifiers: identifiers(e.Identifiers), Metadata: metadata(e.Metadata), Origin: e.Origin,
		Unreadable: e.Unreadable,
	}
}

// emittedEventView is an event and its deliveries.
type emittedEventView struct {
	eventView
	Deliveries []string `json:"deliveries" api:"id"` // ids of the deliveries, one for each subscription to the event type
}

// emittedView is the events that a request caused.
type emittedView struct {
	Events []emittedEventView `json:"events"`
}

func viewEmission(e provider.Emission) emittedEventView {
	v := emittedEventView{eventView: viewEvent(e.Event), Deliveries: make([]string, len(e.Deliveries))}
	for i, d := range e.Deliveries {
		v.Deliveries[i] = d.ID
	}
	return v
}

// listEvents lists events.
func (h *Handler) listEvents(c *call) (pageView[eventView], error) {
	q := c.page()
	q.Types, q.RecordID, q.Origin = typeParameter.of(c), recordParameter.of(c), originParameter.of(c)
	page, err := h.provider.Journal().Events(c.Context(), q)
	return viewPage(page, viewEvent), err
}

// getEvent returns one event.
func (h *Handler) getEvent(c *call) (v eventView, err error) {
	seq, err := c.sequence("event")
	if err != nil {
		return v, err
	}
	e, err := h.provider.Journal().Event(c.Context(), seq)
	if err != nil {
		return v, unknownID(err, "event", seq)
	}
	return viewEvent(e), nil
}

// maxEmit is how many events one request may cause.
const maxEmit = 1000

// emitRequest is which events to emit: of eventType, of each of eventTypes, or of those of types that the clinic chooses.
// The keys from about on need one of the first two.
type emitRequest struct {
	EventType  string            `json:"eventType,omitempty"`                                    // type of the events; by default the clinic's next action decides
	EventTypes []string          `json:"eventTypes,omitempty"`                                   // names and patterns of several event types, of each of which there are count events
	Types      []string          `json:"types,omitempty"`                                        // patterns of the event types that the clinic may choose; not with the keys above
	Count      *int              `json:"count,omitempty" api:"minimum=1,maximum=1000,default=1"` // number of events, of each type
	About      map[string]string `json:"about,omitempty"`                                        // ids of the clinic's records by role; the role may be empty if the event type has only one
	With       []string          `json:"with,omitempty"`                                         // optional identifiers to include, or "all"
	Omit       []string          `json:"omit,omitempty"`                                         // identifiers to leave out, or "all"
	Set        map[string]string `json:"set,omitempty"`                                          // values of identifiers
	Invalid    bool              `json:"invalid,omitempty"`                                      // allow an event that its schema refuses
}

// types returns the full names of the event types that are asked for, and how many keys ask.
func (in *emitRequest) types() (names []string, keys int, err error) {
	if in.EventType != "" {
		names = []string{in.EventType}
		keys++
	}
	if len(in.EventTypes) > 0 {
		keys++
		if names, err = typeNames(in.EventTypes); err != nil {
			err = problem(http.StatusBadRequest, string(provider.CodeEventType), "%s", err).about("eventTypes")
		}
	}
	if len(in.Types) > 0 {
		keys++
	}
	return names, keys, err
}

// emit emits events. Without a body, the clinic performs its next action. All events are in the journal when the response is
// sent; after an error there are none.
func (h *Handler) emit(c *call, in *emitRequest) (v emittedView, err error) {
	types, keys, err := in.types()
	if err != nil {
		return v, err
	}
	count := 1
	if in.Count != nil {
		count = *in.Count
	}
	total := count * max(1, len(types))
	switch {
	case count < 1 || count > maxEmit || total > maxEmit:
		return v, problem(http.StatusBadRequest, "count", "one request can emit 1 to %d events, not %d; for more, let the clinic work: PUT /api/v1/traffic", maxEmit, total).about("count")
	case keys > 1:
		return v, problem(http.StatusBadRequest, "types", "use one of eventType, for one event type, eventTypes, for several, or types, for the clinic to choose from").about("types")
	case len(types) == 0 && (len(in.About)+len(in.With)+len(in.Omit)+len(in.Set) > 0 || in.Invalid):
		return v, problem(http.StatusBadRequest, "event-type", "about, with, omit, set and invalid need an eventType").about("eventType")
	}
	batches := []provider.Batch{{Types: in.Types, Count: count}}
	if len(types) > 0 {
		batches = nil
	}
	for _, name := range types {
		batches = append(batches, provider.Batch{
			Type: name, Count: count, Overrides: provider.Overrides{About: in.About, With: in.With, Omit: in.Omit, Set: in.Set, Invalid: in.Invalid},
		})
	}
	emissions, err := h.provider.EmitBatch(c.Context(), batches...)
	return emittedView{Events: viewList(emissions, viewEmission).Items}, err
}

// actionRequest is the records for an action.
type actionRequest struct {
	About map[string]string `json:"about,omitempty"` // ids of the clinic's records by role; other records are chosen or created
}

// performAction lets the clinic perform an action. The response has the events that it caused, which are in the journal.
func (h *Handler) performAction(c *call, in *actionRequest) (v emittedView, err error) {
	emissions, err := h.provider.Do(c.Context(), c.variable("action"), in.About)
	return emittedView{Events: viewList(emissions, viewEmission).Items}, err
}
