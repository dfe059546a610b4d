package receiver

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"semblance/schemas/validate"
	"semblance/simulator"
)

// Bounds of the memory of deliveries.
const (
	DefaultDeliveries = 1000
	maxDeliveryBody   = 64 << 10 // bytes of a body that are kept
)

// Delivery is one received delivery, refused ones included, with the reason. Credentials are hidden.
type Delivery struct {
	ID         int64                `json:"id"` // from 1, in the order of arrival
	At         time.Time            `json:"at"` // by the receiver's clock
	Status     int                  `json:"status"`
	Outcome    Outcome              `json:"outcome"`
	EventID    string               `json:"eventId,omitempty"`
	EventType  string               `json:"eventType,omitempty"`
	Bytes      int                  `json:"bytes"`                // of the body
	Reason     string               `json:"reason,omitempty"`     // of a refusal, for programs
	Detail     string               `json:"detail,omitempty"`     // of a refusal, a sentence
	Fix        string               `json:"fix,omitempty"`        // the change that the sender or the configuration needs
	Violations []validate.Violation `json:"violations,omitempty"` // of the body's schema, tolerated or not
	Request    simulator.Request    `json:"request"`              // headers in alphabetical order; a long body is cut
	Forwarded  *simulator.Response  `json:"forwarded,omitempty"`  // of the receiver that Options.Forward asks
}

// received is a kept delivery. A Delivery is made of it when somebody asks.
type received struct {
	id      int64
	receipt Receipt
	size    int
}

// deliveries keeps the last deliveries.
type deliveries struct {
	mu      sync.Mutex
	size    int
	last    int64
	kept    queue[*received]
	arrived chan struct{} // closed by the next delivery; nil if nobody waits
}

// add keeps a delivery. The body is copied, because its memory is reused.
func (d *deliveries) add(receipt Receipt) {
	if d.size < 0 {
		return
	}
	kept := &received{receipt: receipt, size: len(receipt.Body)}
	kept.receipt.Body = bytes.Clone(receipt.Body[:min(len(receipt.Body), maxDeliveryBody)])
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last++
	kept.id = d.last
	d.kept.push(kept)
	if d.kept.count > d.size {
		d.kept.pop()
	}
	if d.arrived != nil {
		close(d.arrived)
		d.arrived = nil
	}
}

// after returns the kept deliveries above a number, at most limit of the last ones, and a channel that the next delivery
// closes.
func (d *deliveries) after(id int64, limit int) ([]Delivery, <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.arrived == nil {
		d.arrived = make(chan struct{})
	}
	n := min(d.kept.count, limit, int(max(0, d.last-id)))
	list := make([]Delivery, 0, n)
	for i := d.kept.count - n; i < d.kept.count; i++ {
		list = append(list, d.kept.at(i).delivery())
	}
	return list, d.arrived
}

// delivery returns the delivery as it may be shown.
func (r *received) delivery() Delivery {
	receipt := &r.receipt
	d := Delivery{
		ID: r.id, At: receipt.At.UTC(), Status: receipt.Status, Outcome: receipt.Outcome, EventID: receipt.Event.EventID,
		EventType: receipt.Event.EventType, Bytes: r.size, Reason: receipt.Reason, Detail: cmp.Or(receipt.Why, receipt.Detail),
		Fix: receipt.Fix, Violations: receipt.Violations, Request: receipt.request("http://" + receipt.Request.Host).Redacted(),
	}
	if receipt.Forwarded != nil {
		forwarded := receipt.Forwarded.Redacted()
		d.Forwarded = &forwarded
	}
	return d
}

// ForwardedName is the header of a request that [Receipt.ForwardTo] made. A receiver that forwards such a request again may
// be part of a loop.
const ForwardedName = "X-Semblance-Forwarded"

// ForwardTo returns the received request as one to another URL: the same bytes and headers, except those about the
// connection, and [ForwardedName].
func (receipt *Receipt) ForwardTo(to *url.URL) simulator.Request {
	r := receipt.request("")
	r.URL, r.Proto = to.String(), "1.1"
	headers := []simulator.Header{{Name: "Host", Value: to.Host}, {Name: "Content-Length", Value: strconv.Itoa(len(r.Body))}, {Name: ForwardedName, Value: "1"}}
	for _, h := range r.Headers {
		switch h.Name { // in canonical form
		case "Host", "Connection", "Content-Length", "Keep-Alive", ForwardedName:
		default:
			headers = append(headers, h)
		}
	}
	r.Headers = headers
	return r
}

// request returns the received request, with its path below base.
func (receipt *Receipt) request(base string) simulator.Request {
	in := receipt.Request
	r := simulator.Request{
		EventID: receipt.Event.EventID, EventType: receipt.Event.EventType, Method: in.Method, URL: base + in.URL.RequestURI(),
		Proto: strings.TrimPrefix(in.Proto, "HTTP/"), Body: receipt.Body, Headers: []simulator.Header{{Name: "Host", Value: in.Host}},
	}
	for _, name := range slices.Sorted(maps.Keys(in.Header)) {
		for _, value := range in.Header[name] {
			r.Headers = append(r.Headers, simulator.Header{Name: name, Value: value})
		}
	}
	return r
}

// deliveriesView is the response of GET /deliveries.
type deliveriesView struct {
	Totals     Totals     `json:"totals"`
	ActWrong   string     `json:"actWrong,omitempty"` // the mistake that the receiver makes
	Secrets    []string   `json:"secrets"`            // in full if published, else the end
	Deliveries []Delivery `json:"deliveries"`
}

// serveDeliveries lists the last deliveries.
func (r *Receiver) serveDeliveries(w http.ResponseWriter, req *http.Request) {
	query := req.URL.Query()
	limit, err := strconv.Atoi(cmp.Or(query.Get("limit"), strconv.Itoa(defaultLimit)))
	after, errAfter := strconv.ParseInt(cmp.Or(query.Get("after"), "0"), 10, 64)
	if err = errors.Join(err, errAfter); err != nil || limit < 0 || after < 0 {
		writeProblem(w, problem{Status: http.StatusBadRequest, Reason: "parameter", Detail: "limit and after: expected numbers"})
		return
	}
	v := deliveriesView{Totals: r.Totals(), ActWrong: r.options.ActWrong}
	for _, s := range r.options.Secrets {
		v.Secrets = append(v.Secrets, simulator.Secret(s).String())
	}
	v.Deliveries, _ = r.deliveries.after(after, limit)
	serve(w, v)
}

// The timing of streams.
const (
	heartbeat  = 15 * time.Second // between comments on an idle stream
	maxStreams = 64
)

// serveStream sends deliveries as server-sent events, named "delivery", as they arrive. A client that reconnects with
// Last-Event-ID gets those in between that are kept; a new client gets new ones, or those after the parameter after.
func (r *Receiver) serveStream(w http.ResponseWriter, req *http.Request) {
	r.deliveries.mu.Lock()
	after := r.deliveries.last
	r.deliveries.mu.Unlock()
	if text := cmp.Or(req.Header.Get("Last-Event-ID"), req.URL.Query().Get("after")); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			writeProblem(w, problem{Status: http.StatusBadRequest, Reason: "parameter", Detail: "Last-Event-ID and after: expected the id of a delivery"})
			return
		}
		if n <= after { // a higher one is of another run
			after = n
		}
	}
	select {
	case r.streams <- struct{}{}:
		defer func() { <-r.streams }()
	default:
		writeProblem(w, problem{Status: http.StatusTooManyRequests, Reason: "busy", Detail: fmt.Sprintf("%d streams are open already", maxStreams)})
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := &sseWriter{w: w, control: http.NewResponseController(w)}
	for out.write(": open\n\n"); out.err == nil; {
		list, more := r.deliveries.after(after, DefaultDeliveries)
		for i := range list {
			out.event(&list[i])
			after = list[i].ID
		}
		if len(list) == 0 {
			out.wait(req.Context(), more)
		}
	}
}
