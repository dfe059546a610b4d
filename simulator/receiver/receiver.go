// Package receiver is the reference receiver: how to take the provider's webhooks rightly, in a form that runs. The
// built-in receiver of `semblance listen` and `semblance demo` is this one, and tests use it.
//
//	server, err := receiver.Start("127.0.0.1:0", receiver.Options{Secrets: []string{secret}})
//	if err != nil { ... }
//	defer server.Close()
//	... deliver to server.URL, then ask server.Receiver, or GET server.URL + "/events"
//
// # What it does with a delivery, and why in that order
//
//  1. It reads the raw body, up to a bound, and parses nothing yet: the signature covers the bytes.
//  2. It verifies the signature in constant time, with a tolerance for the time in it and with every secret that is valid
//     (two during a change of secret). What does not hold is refused with 401.
//  3. It reads the event: eventId, eventType, identifiers. What cannot be read is refused with 400.
//  4. An event type that it does not know is acknowledged and ignored. An error would bring retries and in the end a paused
//     subscription.
//  5. It checks what it relies on: the identifiers that the catalogue requires are there and are ids. What is missing is
//     refused with 422. What is new (a further identifier, metadata) is no error: the provider may add it at any time.
//  6. It takes the event: once for each eventId, since deliveries come at least once. A retry may come under a new eventId,
//     so what taking does is idempotent as well: what a record has been told once, it is not told again.
//     The event is remembered only after it is taken; a failure before that leaves it to be sent again.
//  7. It answers 200 with a small JSON document, at once. Slow work would come after the answer.
//
// Everything that it keeps is bounded ([Options.Remember]), and what falls out of the memory is forgotten: the eventId of
// a delivery that was so many events ago is taken again.
//
// # What can be asked
//
// GET /events, GET /events/{eventId} and GET /records/{id} say what was received and what came of it; see [Receiver.ServeHTTP].
//
// # How it can be wrong
//
// [Options.ActWrong] makes one of the mistakes that public integrations make, for showing what a scenario catches; [Wrongs]
// lists them.
package receiver

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"semblance/schemas"
	"semblance/schemas/validate"
	"semblance/simulator/clock"
	"semblance/simulator/signature"
)

// The bounds that hold unless the options say otherwise.
const (
	DefaultMaxBody  = 1 << 20 // a payload has some 300 bytes
	DefaultRemember = 50_000  // events and records, each: some 40 MB of the usual ones
)

// Options configure a receiver. Only the secrets must be given.
type Options struct {
	Secrets   []string       // the subscription's secret; during a change of secret the new and the old one
	Tolerance time.Duration  // how far a signature's time may be away; 0 is [signature.DefaultTolerance], negative any
	Clock     clock.Clock    // what signatures are compared with; nil is the real time
	MaxBody   int            // bytes; a longer body is refused with 413; 0 is DefaultMaxBody
	Remember  int            // how many events, and how many records, are kept; 0 is DefaultRemember
	ActWrong  string         // the name of a mistake to make, one of [Wrongs]; "" for none
	Observe   func(*Receipt) // told of every delivery before it is answered, from many goroutines; it must not keep the receipt's Body
}

// HeaderName is in every answer: whoever asks knows by it that this is the reference receiver, which can be asked what it
// has received.
const HeaderName = "Semblance-Receiver"

// Receiver takes deliveries. It is an http.Handler.
type Receiver struct {
	options  Options
	steps    steps
	verifier *signature.Verifier
	types    map[string]*schemas.EventType
	memory   *memory
	probes   http.Handler
	buffers  buffers
}

// New returns a receiver. It fails for want of a secret and for a mistake that is not known.
func New(options Options) (*Receiver, error) {
	if len(options.Secrets) == 0 {
		return nil, fmt.Errorf("a receiver needs the secret that deliveries are signed with")
	}
	for _, secret := range options.Secrets {
		if secret == "" {
			return nil, fmt.Errorf("the secret of a receiver is empty, and anybody can sign with that")
		}
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
		steps:    right,
		verifier: signature.NewVerifier(options.Tolerance, options.Secrets...),
		types:    map[string]*schemas.EventType{},
		memory:   newMemory(options.Remember),
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
	return r, nil
}

// Receipt is what the receiver found out about one delivery and answered.
type Receipt struct {
	At         time.Time // by the receiver's clock
	Request    *http.Request
	Body       []byte // as it was received; valid only while Observe runs
	Event      Event  // empty as far as the body could not be read
	Outcome    Outcome
	Status     int                  // of the answer
	Reason     string               // why it was refused, for programs: a [signature.Reason], or one of the receiver's
	Detail     string               // why it was refused, in a sentence
	Violations []validate.Violation // where the body departs from its schema, tolerated or not
}

// Outcome is what became of a delivery.
type Outcome string

// The outcomes. All but the last are acknowledged with 200.
const (
	Accepted  Outcome = "accepted"  // taken, and it changed something
	Unchanged Outcome = "unchanged" // taken, and it changed nothing: the same was told before, under another eventId
	Duplicate Outcome = "duplicate" // not taken: this eventId was taken before
	Ignored   Outcome = "ignored"   // an event type that the receiver does not know
	Refused   Outcome = "refused"
)

// steps are what is done with a delivery, in their order. Each wrong receiver replaces one of them.
type steps struct {
	verify func(r *Receiver, body []byte, h http.Header, now time.Time) error // nil, or why the signature does not hold
	read   func(body []byte) (Event, error)
	check  func(t *schemas.EventType, e *Event, body []byte) ([]validate.Violation, error)
	take   func(m *memory, e *Event) (Outcome, error)
	linger func(context.Context) // between all that and the answer
	ignore bool                  // an unknown event type is acknowledged
}

// right are the steps of the reference receiver.
var right = steps{
	verify: verify,
	read:   readEvent,
	check:  check,
	take:   (*memory).take,
	linger: func(context.Context) {},
	ignore: true,
}

// receive takes one delivery and says what became of it. It returns the receipt that is answered and observed.
func (r *Receiver) receive(req *http.Request, body []byte) Receipt {
	receipt := Receipt{At: r.options.Clock.Now(), Request: req, Body: body}
	if err := r.steps.verify(r, body, req.Header, receipt.At); err != nil {
		return receipt.refuse(err)
	}
	if coding := req.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return receipt.refuse(&refusal{http.StatusUnsupportedMediaType, "content-encoding",
			fmt.Sprintf("the body is encoded with %q; the provider sends it as it is", coding)})
	}
	event, err := r.steps.read(body)
	receipt.Event = event
	if err != nil {
		return receipt.refuse(err)
	}
	event.ReceivedAt = receipt.At
	t := r.types[event.EventType]
	switch {
	case t == nil && !r.steps.ignore:
		return receipt.refuse(&refusal{http.StatusBadRequest, "unknown-type", fmt.Sprintf("unknown event type %q", event.EventType)})
	case t == nil:
		receipt.Outcome = r.memory.ignore(&event)
	default:
		event.EventType = t.Name // the catalogue's string, so that the body's need not be kept for it
		receipt.Violations, err = r.steps.check(t, &event, body)
		if err != nil {
			return receipt.refuse(err)
		}
		event.Violations = receipt.Violations
		receipt.Outcome, err = r.steps.take(r.memory, &event)
		if err != nil {
			return receipt.refuse(err)
		}
	}
	receipt.Event, receipt.Status = event, http.StatusOK
	return receipt
}

// verify holds the body against the signature header, and nothing else: not the timestamp header, which is not signed.
func verify(r *Receiver, body []byte, h http.Header, now time.Time) error {
	return r.verifier.Verify(body, h.Get(signature.HeaderName), now)
}
