package receiver

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"semblance/schemas/naming"
)

// How many events GET /events lists unless ?limit= says otherwise, and at most.
const (
	defaultLimit = 100
	maxLimit     = 10_000
)

// ServeHTTP takes a delivery with POST, on any path, and answers what can be asked with GET:
//
//	GET /events                  the last events, the oldest first, how many there are, and totals by outcome
//	    ?type=booking.*              of event types that match; * is any run of characters
//	    ?id=507f1f77bcf86cd799439011 that carry this identifier
//	    ?limit=10                    only the last 10 of them are listed; count still says how many there are
//	GET /events/{eventId}        one event: what it carried, what became of it, how often it was delivered
//	GET /records/{id}            what a record was told: its state, and how often that changed
//
// "Exactly once" is /deliveries of an event for a repeated eventId, and /changes of its record for a retry under a
// new one: that stays what it was.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	w.Header()[HeaderName] = headerValue
	if req.Method != http.MethodPost {
		r.probes.ServeHTTP(w, req)
		return
	}
	buffer := r.buffers.get()
	defer r.buffers.put(buffer)
	body, err := readBody(req, *buffer, r.options.MaxBody)
	var receipt Receipt
	if err != nil {
		receipt = Receipt{At: r.options.Clock.Now(), Request: req}.refuse(err)
	} else {
		*buffer = body
		receipt = r.receive(req, body)
	}
	r.memory.count(receipt.Outcome)
	r.steps.linger(req.Context())
	if r.options.Observe != nil {
		r.options.Observe(&receipt)
	}
	if receipt.Outcome != Refused {
		acknowledge(w, &receipt)
		return
	}
	p := problem{Status: receipt.Status, Detail: receipt.Detail, Reason: receipt.Reason}
	for _, v := range receipt.Violations {
		p.Places = append(p.Places, v.String())
	}
	writeProblem(w, p)
}

// newProbes returns the handler of all that can be asked.
func (r *Receiver) newProbes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /events", r.serveEvents)
	mux.HandleFunc("GET /events/{eventId}", func(w http.ResponseWriter, req *http.Request) {
		if e, ok := r.Event(req.PathValue("eventId")); ok {
			serve(w, e)
			return
		}
		notFound(w, "no event %q was taken, or it is forgotten", req.PathValue("eventId"))
	})
	mux.HandleFunc("GET /records/{id}", func(w http.ResponseWriter, req *http.Request) {
		if rec, ok := r.Record(req.PathValue("id")); ok {
			serve(w, rec)
			return
		}
		notFound(w, "no event was taken about the record %q, or it is forgotten", req.PathValue("id"))
	})
	mux.HandleFunc("GET /", func(w http.ResponseWriter, req *http.Request) {
		notFound(w, "nothing is at %s; deliveries are taken with POST, and what came of them is at /events, /events/{eventId} and /records/{id}", req.URL.Path)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Allow", "GET, HEAD, POST")
		writeProblem(w, problem{Status: http.StatusMethodNotAllowed, Reason: "method",
			Detail: fmt.Sprintf("%s is not understood; deliveries are taken with POST", req.Method)})
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
		writeProblem(w, problem{Status: http.StatusBadRequest, Reason: "limit", Detail: fmt.Sprintf("limit is %q, which is no number", query.Get("limit"))})
		return
	}
	list, count := r.events(query.Get("type"), query.Get("id"), min(limit, maxLimit))
	serve(w, struct {
		Count  int     `json:"count"`
		Totals Totals  `json:"totals"`
		Events []Event `json:"events"`
	}{count, r.Totals(), list})
}

// events returns the last events, at most limit of them, whose type matches the pattern and which carry the id; ""
// stands for any. count is how many there are without the limit.
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
	for i := range e.Identifiers {
		if e.Identifiers[i].Value == id {
			return true
		}
	}
	return false
}

// Events returns the events that are kept, the oldest first.
func (r *Receiver) Events() []Event {
	list, _ := r.events("", "", r.options.Remember)
	return list
}

// Event returns what is known of one event, and whether it was taken and is still remembered.
func (r *Receiver) Event(eventID string) (Event, bool) {
	r.memory.mu.Lock()
	defer r.memory.mu.Unlock()
	if e := r.memory.byID[eventID]; e != nil {
		return *e, true
	}
	return Event{}, false
}

// Totals returns how many deliveries there were, by outcome.
func (r *Receiver) Totals() Totals {
	r.memory.mu.Lock()
	defer r.memory.mu.Unlock()
	return r.memory.totals
}

// Record is the state of one record, as far as events tell it.
type Record struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`    // such as booking
	State   string `json:"state"`   // the last word of the event type that moved it last, such as arrived
	Deleted bool   `json:"deleted"` // nothing moves it any more
	Changes int    `json:"changes"` // how many different things it was told
	Told    []Told `json:"told"`    // the last of them, in the order in which they were told first
}

// Told is one thing that a record was told.
type Told struct {
	EventType string    `json:"eventType"`
	Times     int       `json:"times"` // under so many eventIds
	Last      time.Time `json:"last"`
}

// Record returns the state of a record, and whether anything was taken about it that is still remembered.
func (r *Receiver) Record(id string) (Record, bool) {
	r.memory.mu.Lock()
	defer r.memory.mu.Unlock()
	rec := r.memory.states[id]
	if rec == nil {
		return Record{}, false
	}
	out := Record{ID: id, Kind: rec.kind, State: rec.state, Deleted: rec.deleted, Changes: rec.changes, Told: []Told{}}
	for _, t := range rec.told {
		out.Told = append(out.Told, Told{t.eventType, t.times, t.last.UTC()})
	}
	return out, true
}
