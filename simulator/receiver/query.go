package receiver

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"semblance/schemas"
	"semblance/schemas/naming"
	"semblance/simulator/signature"
	"semblance/simulator/web/guard"
)

// The default and the largest number of events that GET /events lists.
const (
	defaultLimit = 100
	maxLimit     = 10_000
)

// ServeHTTP receives deliveries by POST on any path and answers queries by GET:
//
//	GET /events                  the last events, oldest first, their number, and totals by outcome
//	    ?type=booking.*              only event types that match; * is any run of characters
//	    ?id=507f1f77bcf86cd799439011 only events with this identifier
//	    ?limit=10                    only the last 10; count is their number without the limit
//	GET /events/{eventId}        one event, its outcome, and its number of deliveries
//	GET /records/{id}            the state of a record and its number of changes
//	GET /deliveries              the last deliveries, oldest first, refused ones with the reason, and totals by outcome
//	    ?limit=10                    only the last 10
//	    ?after=12                    only those after the delivery with id 12
//	GET /stream                  deliveries as server-sent events, as they arrive
//
// Queries of web pages, and under a host name that is not one of [Options.Hosts], are refused: a page in a browser on the
// same machine must not read deliveries.
//
// To check for "exactly once", use deliveries of an event for a repeated eventId, and changes of its record for a retry
// under a new eventId.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	w.Header()[HeaderName] = headerValue
	if req.Method != http.MethodPost && !(r.steps.anyMethod && req.Header.Get(signature.HeaderName) != "") {
		g := guard.Guard{Hosts: r.options.Hosts, Public: true}
		if refusal, ok := errors.AsType[*guard.Refusal](g.Check(req)); ok {
			writeProblem(w, problem{Status: refusal.Status, Detail: refusal.Detail, Reason: refusal.Code})
			return
		}
		r.probes.ServeHTTP(w, req)
		return
	}
	buffer := r.buffers.Get().(*bytes.Buffer)
	defer r.keepBuffer(buffer)
	err := r.steps.admit(req)
	var body []byte
	if err == nil {
		body, err = readBody(req, buffer, r.options.MaxBody)
	}
	var receipt Receipt
	if err != nil {
		receipt = Receipt{At: r.options.Clock.Now(), Request: req}.refuse(err)
	} else {
		receipt = r.receive(req, body)
	}
	r.memory.count(receipt.Outcome)
	r.steps.delay(req.Context())
	if r.options.Forward != nil && err == nil { // else the body is not complete
		receipt.Forwarded = r.options.Forward(req.Context(), &receipt)
	}
	if r.options.Observe != nil {
		r.options.Observe(&receipt)
	}
	r.deliveries.add(receipt)
	if receipt.Forwarded != nil {
		passOn(w, receipt.Forwarded)
		return
	}
	if receipt.Outcome != Refused {
		acknowledge(w, &receipt)
		return
	}
	p := problem{Status: receipt.Status, Detail: receipt.Detail + r.steps.reveal(r, body, req.Header), Reason: receipt.Reason}
	for _, v := range receipt.Violations {
		p.Violations = append(p.Violations, v.String())
	}
	writeProblem(w, p)
}

// newProbes returns the handler of the queries.
func (r *Receiver) newProbes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+PagePath, servePage())
	mux.HandleFunc("GET /events", r.serveEvents)
	mux.HandleFunc("GET /deliveries", r.serveDeliveries)
	mux.HandleFunc("GET /stream", r.serveStream)
	mux.HandleFunc("GET /events/{eventId}", func(w http.ResponseWriter, req *http.Request) {
		if e, ok := r.Event(req.PathValue("eventId")); ok {
			serve(w, e)
			return
		}
		notFound(w, "unknown event %q: it was never processed, or was forgotten", req.PathValue("eventId"))
	})
	mux.HandleFunc("GET /records/{id}", func(w http.ResponseWriter, req *http.Request) {
		if rec, ok := r.Record(req.PathValue("id")); ok {
			serve(w, rec)
			return
		}
		notFound(w, "unknown record %q: no event about it was processed, or it was forgotten", req.PathValue("id"))
	})
	mux.HandleFunc("GET /", func(w http.ResponseWriter, req *http.Request) {
		notFound(w, "%s not found; send deliveries by POST, and read /events, /events/{eventId}, /records/{id}, /deliveries or /stream, or open "+PagePath, req.URL.Path)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Allow", "GET, HEAD, POST")
		writeProblem(w, problem{Status: http.StatusMethodNotAllowed, Reason: "method",
			Detail: fmt.Sprintf("%s is not supported; send deliveries by POST", req.Method)})
	})
	return mux
}

func serve(w http.ResponseWriter, v any) {
	w.Header()["Content-Type"] = contentTypeJSON
	writeJSON(w, v)
}

func notFound(w http.ResponseWriter, format string, args ...any) {
	writeProblem(w, problem{Status: http.StatusNotFound, Reason: "not-found", Detail: fmt.Sprintf(format, args...)})
}

func (r *Receiver) serveEvents(w http.ResponseWriter, req *http.Request) {
	query := req.URL.Query()
	limit, err := strconv.Atoi(cmp.Or(query.Get("limit"), strconv.Itoa(defaultLimit)))
	if err != nil || limit < 0 {
		writeProblem(w, problem{Status: http.StatusBadRequest, Reason: "limit", Detail: fmt.Sprintf("limit: expected a number, got %q", query.Get("limit"))})
		return
	}
	list, count := r.events(query.Get("type"), query.Get("id"), min(limit, maxLimit))
	serve(w, struct {
		Count  int     `json:"count"`
		Totals Totals  `json:"totals"`
		Events []Event `json:"events"`
	}{count, r.Totals(), list})
}

// events returns the last events, at most limit, whose type matches the pattern and that have the id; "" matches any.
// count is their number without the limit.
func (r *Receiver) events(pattern, id string, limit int) (list []Event, count int) {
	r.memory.mu.Lock()
	defer r.memory.mu.Unlock()
	matching := make([]*Event, 0, limit)
	for i := range r.memory.events.count {
		e := r.memory.events.at(i)
		if pattern != "" && !naming.Match(pattern, e.EventType) || id != "" && !e.carries(id) {
			continue
		}
		count++
		matching = append(matching, e)
	}
	list = make([]Event, 0, limit)
	for _, e := range matching[max(0, len(matching)-limit):] {
		list = append(list, *e)
	}
	return list, count
}

func (e *Event) carries(id string) bool {
	return slices.ContainsFunc(e.Identifiers, func(i schemas.Identifier) bool { return i.Value == id })
}

// Events returns the remembered events, oldest first.
func (r *Receiver) Events() []Event {
	list, _ := r.events("", "", r.options.Remember)
	return list
}

// Event returns one event. ok is false if it was never processed or was forgotten.
func (r *Receiver) Event(eventID string) (Event, bool) {
	r.memory.mu.Lock()
	defer r.memory.mu.Unlock()
	if e := r.memory.byID[eventID]; e != nil {
		return *e, true
	}
	return Event{}, false
}

// Totals returns the number of deliveries by outcome.
func (r *Receiver) Totals() Totals {
	r.memory.mu.Lock()
	defer r.memory.mu.Unlock()
	return r.memory.totals
}

// Record is the state of one record, derived from its events: the set of distinct events about it. A retry adds nothing, even
// late and under a new eventId.
type Record struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`    // such as booking
	State   string `json:"state"`   // the last word of the event type that set it, such as arrived
	Deleted bool   `json:"deleted"` // nothing changes it any more
	Changes int    `json:"changes"` // the number of distinct events about it

	Decoded map[string]any `json:"decoded,omitempty"` // [Event.Decoded] of the last event that has it
	Events  []RecordEvent  `json:"events"`            // the last of them, in the order of their first arrival
}

// RecordEvent is a distinct event about a record.
type RecordEvent struct {
	EventType string    `json:"eventType"`
	Times     int       `json:"times"` // number of eventIds
	Last      time.Time `json:"last"`

	fingerprint uint64 // of the event type with all identifiers and metadata
}

// Record returns the state of a record. ok is false if no event about it is remembered.
func (r *Receiver) Record(id string) (Record, bool) {
	r.memory.mu.Lock()
	defer r.memory.mu.Unlock()
	known := r.memory.states[id]
	if known == nil {
		return Record{}, false
	}
	record := *known
	record.Events = slices.Clone(known.Events)
	return record, true
}
