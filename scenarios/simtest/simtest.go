// Package simtest starts Semblance inside a Go test: the simulated provider on one side, your receiver on the other. Both
// are ready when Start returns and are shut down when the test ends.
//
//	func TestBookings(t *testing.T) {
//		sim := simtest.Start(t, myapp.Handler(simtest.DefaultSecret))
//		attempt := sim.Send("booking.created", simtest.Omit("patientId"))
//		if attempt.Response.Status != http.StatusOK {
//			t.Errorf("got status %d for a walk-in booking", attempt.Response.Status)
//		}
//	}
//
// There are three ways to send events. [Sim.Send] makes one attempt and returns the response. [Sim.Emit] and [Sim.Do] go
// through the provider's outbox, with retries and the circuit breaker; [Sim.Accepted] and [Sim.Settled] wait for the
// deliveries, [Sim.Eventually] for their effects. [Sim.Play] plays a scenario and makes each step a subtest.
//
// Every test has its own provider, clinic, clock and socket, so tests can run in parallel. There are no sleeps: the waits
// of the provider are a thousand times shorter ([TimeScale]), or the test moves the clock ([Manual] and [Sim.Advance]).
//
// When a test fails, its log has a timeline of all attempts, commands that send the same events, and the command that runs
// the test again. With go test -artifacts every attempt is written to
// the artifact directory of the test, as NDJSON.
package simtest

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"semblance/fixtures"
	"semblance/scenarios/player"
	"semblance/schemas/human"
	"semblance/schemas/objectid"
	"semblance/schemas/splitmix"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/delivery"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// DefaultSecret signs the deliveries, unless [Secret] sets another one. The command line has the same default.
const DefaultSecret = string(simulator.DefaultSecret)

// DefaultTimeScale is the factor by which the provider's waits are shortened. The default retry policy takes 14 minutes in
// real time, and one second at this scale.
const DefaultTimeScale = 1000

// closeTimeout bounds the time that the end of a test waits for pending attempts. A failed test does not wait, because its
// receiver may hang. No test waits for retries that are not due.
const closeTimeout = 3 * time.Second

// Sim is a provider with one subscribed receiver, for one test. It is safe for concurrent use, but like testing.T.FailNow
// its methods must be called from the goroutine of the test, because they may fail it. A subtest uses [Sim.In].
type Sim struct {
	URL            string // of the receiver
	SubscriptionID string
	Secret         string

	t testing.TB // the test that a failure fails
	*run
}

// run is the state that a test and its subtests share.
type run struct {
	server   *httptest.Server // of the handler; nil if the receiver is a URL
	options  options
	clock    clock.Clock
	provider *provider.Provider
	sender   *delivery.Sender
	clinic   clinic
	eventIDs *objectid.Generator
	log      attemptLog

	mu      sync.Mutex
	api     *api
	players []*player.Player // of all scenarios that were played
	failed  []failedScenario
}

// Start starts the provider with one receiver, subscribed to every event type. The receiver is an http.Handler, which gets
// a socket of its own, or the URL of a running server. Everything ends with the test. In a fuzz test, call it with the t
// of each input.
func Start(t testing.TB, receiver any, with ...Option) *Sim {
	t.Helper()
	o := apply(options{secret: DefaultSecret, seed: seedOf(t.Name()), scale: DefaultTimeScale, types: []string{"*"}}, with)
	sim := &Sim{Secret: o.secret, t: t, run: &run{options: *o, clock: o.clock()}}
	types := sim.typesOf(o.types...)
	sim.serve(receiver)
	sim.start(types)
	return sim
}

// seedOf returns the seed of a test: the same in every run of it, and another one for other tests, whose records then do not
// collide in a database that they share.
func seedOf(name string) int64 {
	h := fnv.New32a()
	h.Write([]byte(name)) // never fails
	return int64(h.Sum32())
}

// In returns the same run for a subtest, which a failure then fails instead of the outer test.
func (s *Sim) In(t testing.TB) *Sim {
	in := *s
	in.t = t
	return &in
}

// serve sets the URL of the receiver, and serves it if it is a handler.
func (s *Sim) serve(receiver any) {
	s.t.Helper()
	switch r := receiver.(type) {
	case string:
		u, err := url.Parse(r)
		switch {
		case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
			s.t.Fatalf("simtest: invalid receiver %q: use an http or https URL", r)
		case s.options.path != "":
			s.t.Fatalf("simtest: the option Path is for a handler; remove it, the URL %s has a path", r)
		}
		s.URL = r
	case func(http.ResponseWriter, *http.Request):
		s.serve(http.HandlerFunc(r))
	case http.Handler:
		s.server = httptest.NewServer(r)
		s.t.Cleanup(s.server.Close)
		s.URL = s.server.URL + "/" + strings.TrimPrefix(s.options.path, "/")
	default:
		s.t.Fatalf("simtest: the receiver is a %T; use an http.Handler or a URL", receiver)
	}
}

func (s *Sim) start(types []string) {
	s.t.Helper()
	o := &s.options
	settings := provider.Options{
		Clock: s.clock, Seed: o.seed, Fixed: !o.at.IsZero(),
		Clinic:        fixtures.Options{System: o.system, At: o.at},
		Subscriptions: []provider.NewSubscription{{URL: s.URL, EventTypes: types, Label: label(s.t.Name()), Secret: simulator.Secret(o.secret), Local: true}},
		EventIDs:      o.eventIDs,
		Delivery:      delivery.Options{Timeout: o.timeout, Insecure: true}, // the certificate of a test server is not trusted
	}
	for _, configure := range o.configure {
		configure(&settings)
	}
	var err error
	s.sender, err = delivery.New(settings.Delivery)
	must(s.t, err, "")
	s.provider, err = provider.Start(s.t.Context(), settings)
	must(s.t, err, "starting the provider: ")
	s.t.Cleanup(s.close)
	s.SubscriptionID = s.provider.Subscriptions(false)[0].ID
	s.eventIDs = objectid.NewGenerator(o.eventIDSeed())
	// The seed differs from the provider's, whose own clinic would otherwise have the same records.
	s.clinic.c = fixtures.New(fixtures.Options{Seed: int64(splitmix.Mix(uint64(o.seed)) >> 1), System: o.system, At: s.Now()})
	s.clinic.now, s.clinic.named = s.Now, map[string]journal.Seq{}
}

// label returns the name of a test, or the end of it if it is longer than the label of a subscription may be.
func label(name string) string {
	const maxLabel = 256 // characters, by the contract
	runes := []rune(name)
	return string(runes[max(0, len(runes)-maxLabel):])
}

// close shuts down the run, and explains the failure if the test has failed.
func (s *Sim) close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if s.t.Failed() {
		s.explain(ctx)
		cancel()
	}
	switch err := s.provider.Close(ctx); {
	case errors.Is(err, context.DeadlineExceeded):
		s.t.Errorf("simtest: no response from the receiver for %s after the end of the test; wait with Sim.Settled, or set Timeout: %v", human.Duration(closeTimeout), err)
	case err != nil && !errors.Is(err, context.Canceled):
		s.t.Errorf("simtest: closing the provider: %v", err)
	}
	s.sender.Close()
}

// Now returns the simulated time, which is in the signatures. With [At] or [Manual], the receiver must verify them against
// this time.
func (s *Sim) Now() time.Time { return s.clock.Now() }

// Advance moves the clock of a test with the option [Manual]. It returns after every retry that became due was made, in
// order.
func (s *Sim) Advance(d time.Duration) {
	s.t.Helper()
	must(s.t, s.provider.Advance(s.t.Context(), d), "advancing the clock by %v: ", d)
}

// Provider returns the provider, to manage subscriptions, pause them, requeue deliveries and so on.
func (s *Sim) Provider() *provider.Provider { return s.provider }

// String describes the run in a message.
func (s *Sim) String() string { return fmt.Sprintf("Semblance at %s, seed %d", s.URL, s.options.seed) }

// must fails the test if something of Semblance's own has failed. doing says what it did, such as "sending %s: ".
func must(t testing.TB, err error, doing string, args ...any) {
	t.Helper()
	if err != nil {
		t.Fatalf("simtest: %s%v", fmt.Sprintf(doing, args...), err)
	}
}
