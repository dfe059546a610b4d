// Package receiver is the reference receiver: a correct receiver of the provider's webhooks. `semblance listen` and
// `semblance demo` use it, and so do tests.
//
//	server, err := receiver.Start("127.0.0.1:0", receiver.Options{Secrets: []string{secret}})
//	if err != nil { ... }
//	defer server.Close()
//	... deliver to server.URL, then read server.Receiver, or GET server.URL + "/events"
//
// # Steps
//
//  1. Read the raw body, up to a limit. Parse nothing yet: the signature covers the bytes.
//  2. Verify the signature in constant time, with a tolerance for its time and with every valid secret (two during a
//     rotation). Refuse an invalid one with 401.
//  3. Parse the event: eventId, eventType, identifiers. Refuse an unreadable body with 400.
//  4. Acknowledge and ignore an unknown event type. An error would cause retries and in the end a paused subscription.
//  5. Check that the required identifiers are present and are ids. Refuse a missing one with 422. Accept new identifiers
//     and metadata: the provider may add them at any time.
//  6. Process the event once for each eventId, because deliveries arrive at least once. A retry may have a new eventId, so
//     processing is also idempotent for each record. Remember the event only after processing; if that fails, a retry
//     is processed.
//  7. Respond 200 with a small JSON document at once. Slow work would follow the response.
//
// Memory is bounded by [Options.Remember]: an eventId that was forgotten is processed again.
//
// GET /events, GET /events/{eventId} and GET /records/{id} show the received events and their effects; GET /deliveries and
// GET /stream show every delivery, also a refused one with its reason. See [Receiver.ServeHTTP].
//
// [Options.ActWrong] makes one of the mistakes of public integrations, to show that a scenario catches it; [Wrongs] lists
// them.
package receiver

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"semblance/schemas"
	"semblance/schemas/validate"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/signature"
)

// Defaults of the options.
const (
	DefaultMaxBody  = 1 << 20 // bytes; a payload has about 300
	DefaultRemember = 50_000  // events, and as many records: about 40 MB
)

// Options configure a receiver. Only Secrets is required.
type Options struct {
	Secrets   []string       // the subscription's secret; during a rotation the new and the old one
	Tolerance time.Duration  // the largest age of a signature; 0 means [signature.DefaultTolerance], negative accepts any
	Clock     clock.Clock    // the time for signatures; nil means the real time
	MaxBody   int            // bytes; a longer body is refused with 413; 0 means DefaultMaxBody
	Remember  int            // the number of events, and of records, to remember; 0 means DefaultRemember
	Hosts     []string       // further host names for queries; localhost and IP addresses are always accepted
	ActWrong  string         // the name of a mistake to make, one of [Wrongs], or several of different steps, joined by +; "" for none
	Observe   func(*Receipt) // called for each delivery before its response, from many goroutines; it must not retain the receipt's Body, and may set Why and Fix

	// Forward, if set, asks another receiver, whose response the sender gets. The receipt is complete except for Forwarded.
	Forward    func(context.Context, *Receipt) *simulator.Response
	Deliveries int // number of deliveries to remember for GET /deliveries; 0 means DefaultDeliveries, negative none
}

// HeaderName is a header of every response. It tells a client that this is the reference receiver, which can list the
// received events.
const HeaderName = "Semblance-Receiver"

// Receiver is an http.Handler that receives deliveries.
type Receiver struct {
	options  Options
	steps    steps
	verifier *signature.Verifier
	types    map[string]*schemas.EventType
	memory   *memory
	probes   http.Handler
	buffers  sync.Pool // of *bytes.Buffer, for bodies

	deliveries deliveries
	streams    chan struct{} // a slot for each open stream
}

// New returns a receiver. It fails without a secret and for an unknown mistake.
func New(options Options) (*Receiver, error) {
	if len(options.Secrets) == 0 {
		return nil, fmt.Errorf("creating a receiver: no secret; set the secret that signs the deliveries")
	}
	if slices.Contains(options.Secrets, "") {
		return nil, fmt.Errorf("creating a receiver: the secret is empty, so anybody can sign")
	}
	if options.Clock == nil {
		options.Clock = clock.Real()
	}
	if options.MaxBody <= 0 {
		options.MaxBody = DefaultMaxBody
	}
	if options.Remember <= 0 {
		options.Remember = DefaultRemember
	}
	r := &Receiver{
		options:  options,
		steps:    correctSteps,
		verifier: signature.NewVerifier(options.Tolerance, options.Secrets...),
		types:    map[string]*schemas.EventType{},
		memory:   newMemory(options.Remember),

		deliveries: deliveries{size: cmp.Or(options.Deliveries, DefaultDeliveries)},
		streams:    make(chan struct{}, maxStreams),
	}
	for _, t := range schemas.AllWithRetired() {
		r.types[t.Name] = t
	}
	if options.ActWrong != "" {
		if err := r.actWrong(options.ActWrong); err != nil {
			return nil, err
		}
	}
	r.probes = r.newProbes()
	r.buffers.New = func() any { return new(bytes.Buffer) }
	return r, nil
}

// Receipt describes one delivery and the response to it.
type Receipt struct {
	At         time.Time // by the receiver's clock
	Request    *http.Request
	Body       []byte // as received; valid only while Observe runs
	Event      Event  // as far as the body could be read
	Outcome    Outcome
	Status     int                  // of the response
	Reason     string               // for a refusal: a [signature.Reason] or one of the receiver's own, for programs
	Detail     string               // for a refusal: a sentence
	Violations []validate.Violation // of the body's schema, tolerated or not

	Why       string              // set by Observe: a better sentence than Detail, for GET /deliveries
	Fix       string              // set by Observe: what to change
	Forwarded *simulator.Response // of the receiver that Options.Forward asks, or nil
}

// Outcome is the result of a delivery.
type Outcome string

// The outcomes. All except Refused are acknowledged with 200.
const (
	Accepted  Outcome = "accepted"  // processed, with an effect
	Unchanged Outcome = "unchanged" // processed without effect: the same event was processed before under another eventId
	Duplicate Outcome = "duplicate" // not processed: this eventId was processed before
	Ignored   Outcome = "ignored"   // an unknown event type
	Refused   Outcome = "refused"
)

// steps are the steps of receiving, in order. Each wrong receiver replaces one of them.
type steps struct {
	admit         func(req *http.Request) error                                      // before the body is read; returns why the request is refused, or nil
	verify        func(r *Receiver, body []byte, h http.Header, now time.Time) error // returns why the signature is invalid, or nil
	read          func(body []byte) (Event, error)
	check         func(t *schemas.EventType, e *Event, body []byte) ([]validate.Violation, error)
	process       func(ctx context.Context, m *memory, e *Event) (Outcome, error)
	delay         func(context.Context)                                // before the response
	reveal        func(r *Receiver, body []byte, h http.Header) string // what a refusal says beside its reason
	ignoreUnknown bool                                                 // acknowledge an unknown event type
	anyMethod     bool                                                 // receive by any method
}

// correctSteps are the steps of the reference receiver.
var correctSteps = steps{
	admit:         func(*http.Request) error { return nil },
	verify:        verify,
	read:          readEvent,
	check:         check,
	process:       process,
	reveal:        func(*Receiver, []byte, http.Header) string { return "" },
	delay:         func(context.Context) {},
	ignoreUnknown: true,
}

// receive runs the steps for one delivery and returns its receipt.
func (r *Receiver) receive(req *http.Request, body []byte) Receipt {
	receipt := Receipt{At: r.options.Clock.Now(), Request: req, Body: body}
	if err := r.steps.verify(r, body, req.Header, receipt.At); err != nil {
		return receipt.refuse(err)
	}
	if coding := req.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return receipt.refuse(&refusal{http.StatusUnsupportedMediaType, "content-encoding",
			fmt.Sprintf("the body is encoded with %q; the provider sends it unencoded", coding)})
	}
	event, err := r.steps.read(body)
	receipt.Event = event
	if err != nil {
		return receipt.refuse(err)
	}
	event.ReceivedAt = receipt.At.UTC()
	t := r.types[event.EventType]
	switch {
	case t == nil && !r.steps.ignoreUnknown:
		return receipt.refuse(&refusal{http.StatusBadRequest, "unknown-type", fmt.Sprintf("unknown event type %q", event.EventType)})
	case t == nil:
		receipt.Outcome = r.memory.ignore(&event)
	default:
		event.EventType = t.Name // the catalogue's string, so that the body's is not retained
		receipt.Violations, err = r.steps.check(t, &event, body)
		if err != nil {
			return receipt.refuse(err)
		}
		event.Violations = receipt.Violations
		receipt.Outcome, err = r.steps.process(req.Context(), r.memory, &event)
		if err != nil {
			return receipt.refuse(err)
		}
	}
	receipt.Event, receipt.Status = event, http.StatusOK
	return receipt
}

// verify checks the signature header only: the timestamp header is not signed.
func verify(r *Receiver, body []byte, h http.Header, now time.Time) error {
	return r.verifier.Verify(body, h.Get(signature.HeaderName), now)
}
