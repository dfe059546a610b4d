// Package simtest starts Semblance inside a Go test: the provider on one side, your receiver on the other, ready when
// Start returns and gone when the test ends.
//
//	func TestBookings(t *testing.T) {
//		sim := simtest.Start(t, myapp.Handler(simtest.DefaultSecret))
//		answer := sim.Send("booking.created", simtest.Omit("patientId"))
//		if attempt.Response.Status != http.StatusOK {
//			t.Errorf("a walk-in booking is answered %d", attempt.Response.Status)
//		}
//	}
//
// There are three ways to have something happen. [Sim.Send] makes one attempt and returns the answer. [Sim.Emit] and
// [Sim.Do] go through the provider's outbox, with its retries and its pausing; [Sim.Accepted] and [Sim.Settled] wait for
// what comes of it. [Sim.Play] plays a scenario and makes each step a subtest.
//
// Every test has a provider, a clinic, a clock and a socket of its own, so tests run in parallel. Nothing sleeps: what
// the provider would wait minutes for is compressed a thousand times ([TimeScale]), or moved by hand ([Manual] and
// [Sim.Advance]).
//
// When a test fails, its log has the commands that send the same again. With go test -artifacts every attempt is kept, as
// NDJSON, in the test's artifact directory.
package simtest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"semblance/fixtures"
	"semblance/scenarios/player"
	"semblance/schemas"
	"semblance/schemas/objectid"
	"semblance/schemas/splitmix"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/delivery"
	"semblance/simulator/provider"
)

// DefaultSecret signs the deliveries unless [Secret] names another: the published secret that the command line uses too.
const DefaultSecret = string(simulator.DefaultSecret)

// DefaultTimeScale is by how much the provider's waits are compressed: its ladder of fourteen minutes takes a second.
const DefaultTimeScale = 1000

// closeWithin bounds how long the end of a test waits for attempts in flight. A test that has failed does not wait: its
// receiver may hang. Nobody waits for retries that are not due yet.
const closeWithin = 3 * time.Second

// Sim is a provider that runs for one test, subscribed to by one receiver. Its methods may be called from several
// goroutines; those that cannot do what they are asked to fail the test, so they are for the test's own goroutine, as
// testing.T.FailNow is; a subtest uses [Sim.In].
type Sim struct {
	// URL is where the receiver is, SubscriptionID and Secret what its deliveries carry.
	URL            string
	SubscriptionID string
	Secret         string

	t testing.TB // whom it fails
	*run
}

// run is what the test and its subtests share.
type run struct {
	server   *httptest.Server // of a handler; nil where the receiver has a URL of its own
	options  options
	clock    clock.Clock
	provider *provider.Provider
	sender   *delivery.Sender
	clinic   clinic
	eventIDs *objectid.Generator
	log      attempts

	mu        sync.Mutex
	players   []*player.Player // of the scenarios that were begun
	scenarios []playedScenario // those that failed
}

// Start starts the provider with one receiver, subscribed to every event type: an http.Handler, which is served on a
// socket of its own, or the URL of one that runs already. All of it ends with the test. A fuzz target starts one for each
// input, with the t that it is given.
func Start(t testing.TB, receiver any, with ...Option) *Sim {
	t.Helper()
	o := options{secret: DefaultSecret, seed: 1, scale: DefaultTimeScale}
	for _, option := range with {
		option(&o)
	}
	types, err := schemas.MatchAny(o.patterns())
	if err != nil {
		t.Fatalf("simtest: %v", err)
	}
	sim := &Sim{Secret: o.secret, t: t, run: &run{options: o, clock: o.clock()}}
	sim.serve(receiver)
	sim.start(types)
	return sim
}

// In returns the same run for a subtest: what cannot be done there ends the subtest, and not the test around it.
func (s *Sim) In(t testing.TB) *Sim {
	in := *s
	in.t = t
	return &in
}

// serve finds the URL of the receiver, and serves it if it is a handler.
func (s *Sim) serve(receiver any) {
	s.t.Helper()
	switch r := receiver.(type) {
	case string:
		u, err := url.Parse(r)
		switch {
		case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
			s.t.Fatalf("simtest: %q is no http or https URL of a receiver", r)
		case s.options.path != "":
			s.t.Fatalf("simtest: Path is for a handler; the URL %s has a path of its own, so leave it out", r)
		}
		s.URL = r
	case func(http.ResponseWriter, *http.Request):
		s.serve(http.HandlerFunc(r))
	case http.Handler:
		s.server = httptest.NewServer(r)
		s.t.Cleanup(s.server.Close)
		s.URL = s.server.URL + "/" + strings.TrimPrefix(s.options.path, "/")
	default:
		s.t.Fatalf("simtest: a receiver is an http.Handler or a URL, and not a %T", receiver)
	}
}

func (s *Sim) start(types []*schemas.EventType) {
	s.t.Helper()
	o := &s.options
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = t.Name
	}
	settings := provider.Options{
		Clock: s.clock, Seed: o.seed, Fixed: !o.at.IsZero(),
		Clinic:        fixtures.Options{System: o.system, At: o.at},
		Subscriptions: []provider.NewSubscription{{URL: s.URL, EventTypes: names, Label: label(s.t.Name()), Secret: simulator.Secret(o.secret), Local: true}},
		EventIDs:      o.eventIDs,
		Delivery:      delivery.Options{Timeout: o.timeout, Insecure: true}, // a test's own server has a certificate of its own
	}
	for _, configure := range o.configure {
		configure(&settings)
	}
	var err error
	if s.sender, err = delivery.New(settings.Delivery); err != nil {
		s.t.Fatalf("simtest: %v", err)
	}
	if s.provider, err = provider.Start(s.t.Context(), settings); err != nil {
		s.t.Fatalf("simtest: starting the provider: %v", err)
	}
	s.t.Cleanup(s.close)
	s.SubscriptionID = s.provider.Subscriptions(false)[0].ID
	s.eventIDs = objectid.NewGenerator(eventIDSeed(o))
	// Its seed is not the provider's: the traffic of the provider's own clinic must not tell of the same records.
	s.clinic.c = fixtures.New(fixtures.Options{Seed: int64(splitmix.Mix(uint64(o.seed)) >> 1), System: o.system, At: o.at})
}

// label is the end of a test's name, where that is longer than a label may be.
func label(name string) string {
	const longest = 256 // characters: the contract's bound
	runes := []rune(name)
	return string(runes[max(0, len(runes)-longest):])
}

// close ends the run. It says what a test that failed should know.
func (s *Sim) close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	if s.t.Failed() {
		s.explain(ctx)
		cancel()
	}
	switch err := s.provider.Close(ctx); {
	case errors.Is(err, context.DeadlineExceeded):
		s.t.Errorf("simtest: %v after the end of the test the receiver had not answered; wait for it with Sim.Settled, or bound it with Timeout: %v", closeWithin, err)
	case err != nil && !errors.Is(err, context.Canceled):
		s.t.Errorf("simtest: closing the provider: %v", err)
	}
	s.sender.Close()
}

// Now returns the simulated time, which signatures carry: what a receiver with a clock of its own has to compare them with
// when the test says [At] or [Manual].
func (s *Sim) Now() time.Time { return s.clock.Now() }

// Advance moves the clock of a test that says [Manual]: every retry that becomes due is made, in order, and what it leads
// to, before Advance returns.
func (s *Sim) Advance(d time.Duration) {
	s.t.Helper()
	if err := s.provider.Advance(s.t.Context(), d); err != nil {
		s.t.Fatalf("simtest: advancing the clock by %v: %v", d, err)
	}
}

// Provider returns the provider itself, for what this package has no method for: subscriptions, pausing, requeuing.
func (s *Sim) Provider() *provider.Provider { return s.provider }

// String names the run, for messages.
func (s *Sim) String() string { return fmt.Sprintf("Semblance at %s, seed %d", s.URL, s.options.seed) }
