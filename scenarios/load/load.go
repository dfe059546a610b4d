// Package load sends many events to one receiver, at a rate or as fast as responses arrive, and judges each response.
//
//	plan, err := load.New(load.Options{
//		Target: "http://127.0.0.1:3000/webhooks",
//		Types:  schemas.All(),
//		Count:  100,
//		Expect: scenarios.Default(),
//	})
//	defer plan.Close()
//	summary, err := plan.Run(ctx, func(a *load.Attempt) { fmt.Println(a.Response.Status) })
//	fmt.Println(summary.Sent, summary.Failed)
//
// A plan makes its events in order: one of each type, then the next of each type. With a seed and a start time it makes
// the same bytes in every run. The package prints nothing and asks for no flags.
package load

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"time"

	"semblance/fixtures"
	"semblance/scenarios"
	"semblance/schemas"
	"semblance/schemas/objectid"
	"semblance/schemas/splitmix"
	"semblance/schemas/validate"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/delivery"
	"semblance/simulator/fault"
)

const (
	// DefaultSubscription is the subscriptionId of a plan that names none. It is fixed, so that a receiver can be
	// configured with it once.
	DefaultSubscription = "692597070fe21cfa5e6a010f"
	// MaxCount bounds Options.Count.
	MaxCount = 1_000_000_000
	// MaxInFlight bounds Options.InFlight.
	MaxInFlight = 10_000
)

// Options say what to send, how often, and what to expect. Target and either Types or Raw are required.
type Options struct {
	Target         string // the receiver's webhook URL
	SubscriptionID string // DefaultSubscription if empty
	Headers        []simulator.Header
	Secrets        []simulator.Secret // simulator.DefaultSecret if empty
	Fault          *fault.Fault       // injected into every request; may be nil
	Delivery       delivery.Options

	Types []*schemas.EventType
	Raw   []byte // sent instead of events, signed unchanged; nil sends events

	Set     map[string]string // values of identifiers
	With    []string          // optional identifiers to include, or fixtures.All
	Omit    []string          // identifiers to leave out, or fixtures.All
	Invalid bool              // the payload may break its schema, and Set may name identifiers that no type has

	Count    int     // events of each type; 1 if 0
	InFlight int     // requests at once; 1 if 0
	Rate     float64 // requests started per second; 0 sends as fast as responses arrive

	Seed   int64     // decides records, relations and values
	At     time.Time // the time of records, ids and signatures; zero is the real time
	Expect scenarios.Expect
	// Ordered makes Run report the attempts in the order of the plan, not as they end.
	Ordered bool
}

// Types returns the event types that the patterns select, in the order of the patterns, each once.
func Types(patterns []string) ([]*schemas.EventType, error) {
	var types []*schemas.EventType
	for _, pattern := range patterns {
		matched, err := schemas.Match(pattern)
		if err != nil {
			return nil, err
		}
		for _, t := range matched {
			if !slices.Contains(types, t) {
				types = append(types, t)
			}
		}
	}
	return types, nil
}

// A Plan is a checked set of options. Run it or read its requests once: its clinics advance with each event.
type Plan struct {
	options Options
	sender  *delivery.Sender
	events  []fixtures.EventOptions // one for each type
	extra   []schemas.Identifier    // added to every event
	clinics map[fixtures.System]*fixtures.Clinic
	ids     *objectid.Generator
}

// An Attempt is one request of a plan and its response.
type Attempt struct {
	Index  int // position in the plan, from 0
	OfType int // position among the events of its type, from 1
	simulator.Attempt
	Verdict scenarios.Verdict
	// Unjudged says that every outcome passes, because nothing was expected.
	Unjudged bool
}

// New checks the options and returns a plan. Close it after use.
func New(o Options) (*Plan, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Expect.ReadsBody() {
		o.Delivery.MaxBody = validate.MaxSize // a body is judged whole or not at all
	}
	sender, err := delivery.New(o.Delivery)
	if err != nil {
		return nil, err
	}
	p := &Plan{options: o, sender: sender, clinics: map[fixtures.System]*fixtures.Clinic{}}
	if o.At.IsZero() {
		p.ids = objectid.NewGenerator(rand.Uint64())
	} else {
		p.ids = objectid.NewGenerator(splitmix.Mix(uint64(o.Seed)) ^ splitmix.Mix(0x65766e74)) // not the clinic's
	}
	if err := p.override(); err != nil {
		sender.Close()
		return nil, err
	}
	return p, nil
}

func (o Options) withDefaults() Options {
	o.SubscriptionID = cmp.Or(o.SubscriptionID, DefaultSubscription)
	if len(o.Secrets) == 0 {
		o.Secrets = []simulator.Secret{simulator.DefaultSecret}
	}
	o.Count, o.InFlight = cmp.Or(o.Count, 1), cmp.Or(o.InFlight, 1)
	return o
}

func (o *Options) check() error {
	switch {
	case len(o.Types) == 0 && o.Raw == nil:
		return fmt.Errorf("no event type and no raw body to send")
	case !objectid.Valid(o.SubscriptionID):
		return fmt.Errorf("subscription id %q: an id is 24 lowercase hexadecimal digits", o.SubscriptionID)
	case o.Count < 1 || o.Count > MaxCount:
		return fmt.Errorf("count %d: use 1 to %d", o.Count, MaxCount)
	case o.InFlight < 1 || o.InFlight > MaxInFlight:
		return fmt.Errorf("in-flight %d: use 1 to %d", o.InFlight, MaxInFlight)
	}
	return nil
}

// Close closes the idle connections.
func (p *Plan) Close() { p.sender.Close() }

// Total returns the number of requests in the plan.
func (p *Plan) Total() int { return p.options.Count * max(1, len(p.options.Types)) }

// Permitted returns an error if the plan may not go to its target because that is public, see [delivery.Guard]. It passes a
// name that cannot be resolved; the attempts report it.
func (p *Plan) Permitted(ctx context.Context) error {
	kind := simulator.KindEvent
	if p.options.Fault != nil {
		kind = simulator.KindFault
	}
	return p.sender.Permits(ctx, p.options.Target, kind, max(p.Total(), p.options.InFlight))
}

// Requests returns the requests of the plan, prepared and signed, without sending them. It ends after the first error.
func (p *Plan) Requests() iter.Seq2[simulator.Request, error] {
	return func(yield func(simulator.Request, error) bool) {
		for i := range p.Total() {
			j, err := p.job(i)
			if err != nil {
				yield(simulator.Request{}, err)
				return
			}
			request, err := p.sender.Prepare(p.message(&j))
			if !yield(request, err) || err != nil {
				return
			}
		}
	}
}

// A job is one event to send.
type job struct {
	index  int // in the plan, from 0
	ofType int // among the events of its type, from 1
	id     string
	event  schemas.Event // without a type for a raw body
}

// job makes the i-th event. Call it in order.
func (p *Plan) job(i int) (job, error) {
	types := p.options.Types
	j := job{index: i, ofType: i/max(1, len(types)) + 1}
	if p.options.Raw != nil {
		return j, nil
	}
	k := i % len(types)
	at := p.now()
	event, err := p.clinic(types[k]).Event(at, types[k], p.events[k])
	if err != nil {
		return j, err
	}
	if len(p.extra) > 0 {
		event.Identifiers = slices.Concat(event.Identifiers, p.extra)
	}
	j.event, j.id = event, p.ids.New(at).String()
	return j, nil
}

// clinic returns the clinic of a practice that sends the type: one with the older or with the newer appointment system.
func (p *Plan) clinic(t *schemas.EventType) *fixtures.Clinic {
	system, _ := fixtures.SystemOf(t)
	if p.clinics[system] == nil {
		p.clinics[system] = p.newClinic(system)
	}
	return p.clinics[system]
}

func (p *Plan) newClinic(system fixtures.System) *fixtures.Clinic {
	return fixtures.New(fixtures.Options{Seed: p.options.Seed, System: system, At: p.now()})
}

// now returns the time of ids and records.
func (p *Plan) now() time.Time {
	if p.options.At.IsZero() {
		return clock.Now()
	}
	return p.options.At
}

// message returns the message of a job.
func (p *Plan) message(j *job) delivery.Message {
	m := delivery.Message{
		URL: p.options.Target, SubscriptionID: p.options.SubscriptionID, EventID: j.id, Raw: p.options.Raw,
		Secrets: p.options.Secrets, Headers: p.options.Headers, At: p.options.At, Fault: p.options.Fault,
	}
	if m.Raw == nil {
		m.Event = &j.event
	}
	return m
}
