package provider_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/provider"
	"semblance/simulator/signature"
)

func TestMain(m *testing.M) {
	if path, url, ok := strings.Cut(os.Getenv(victim), "\n"); ok {
		if err := emitUntilKilled(path, url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if os.Getenv(receiverProcess) != "" {
		if err := serveReceiver(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// request is what a receiver got.
type request struct {
	At     time.Time // by the simulated clock, if the receiver has one
	Header http.Header
	Body   []byte
	Payload
}

// Payload is the body, read as a receiver reads it.
type Payload struct {
	SubscriptionID string            `json:"subscriptionId"`
	EventID        string            `json:"eventId"`
	EventType      string            `json:"eventType"`
	Identifiers    map[string]string `json:"identifiers"`
	Metadata       map[string]any    `json:"metadata"`
}

// receiver is a webhook receiver that answers as it is told.
type receiver struct {
	*httptest.Server
	clock clock.Clock

	mu     sync.Mutex
	got    []request
	answer func(n int, r request) int // n counts from 1; nil answers 200
}

func receive(t *testing.T, c clock.Clock) *receiver {
	t.Helper()
	r := &receiver{clock: c}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	got := request{Header: req.Header.Clone(), Body: body}
	if r.clock != nil {
		got.At = r.clock.Now()
	}
	if err := json.Unmarshal(body, &got.Payload); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	r.got = append(r.got, got)
	answer, n := r.answer, len(r.got)
	r.mu.Unlock()
	if answer != nil {
		w.WriteHeader(answer(n, got))
	}
}

func (r *receiver) answers(f func(n int, r request) int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = f
}

func (r *receiver) requests() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// verify fails the test if a request is not rightly signed for the subscription.
func (r *request) verify(t *testing.T, s simulator.Subscription, now time.Time) {
	t.Helper()
	if err := signature.Verify(r.Body, r.Header.Get(signature.HeaderName), s.Secret.Reveal(), now, signature.DefaultTolerance); err != nil {
		t.Errorf("%s: %v", r.Body, err)
	}
}

// start returns a running provider that is closed when the test ends.
func start(t *testing.T, o provider.Options) *provider.Provider {
	t.Helper()
	if o.Delivery.Dial == nil {
		o.Delivery.Lookup, o.Delivery.Dial = lookupNothing, dialLoopback
	}
	p, err := provider.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := p.Close(ctx); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return p
}

func subscribe(t *testing.T, p *provider.Provider, url string, types ...string) simulator.Subscription {
	t.Helper()
	s, err := p.CreateSubscription(t.Context(), provider.NewSubscription{URL: url, Label: "the receiver of " + types[0], EventTypes: types})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func emit(t *testing.T, p *provider.Provider, eventType string) provider.Emission {
	t.Helper()
	e, err := p.Emit(t.Context(), eventType, provider.Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// wait waits for the condition, a few seconds of the machine's at most.
func wait(t *testing.T, p *provider.Provider, c provider.Condition) provider.Progress {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	progress, err := p.Wait(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	return progress
}

func advance(t *testing.T, p *provider.Provider, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := p.Advance(ctx, d); err != nil {
		t.Fatal(err)
	}
}

func TestAnEventReachesItsSubscribersAndNobodyElse(t *testing.T) {
	p := start(t, provider.Options{})
	mine, other := receive(t, nil), receive(t, nil)
	s := subscribe(t, p, mine.URL, "booking.created", "booking.updated")
	subscribe(t, p, other.URL, "patient.created")

	e := emit(t, p, "booking.created")
	if len(e.Deliveries) != 1 || e.Deliveries[0].SubscriptionID != s.ID || e.Event.Seq == 0 {
		t.Fatalf("acknowledged %+v, want one delivery to %s", e, s.ID)
	}
	wait(t, p, provider.Condition{Accepted: 1, AllFinished: true})
	got := mine.requests()
	if len(got) != 1 || len(other.requests()) != 0 {
		t.Fatalf("%d requests and %d to the other, want 1 and 0", len(got), len(other.requests()))
	}
	got[0].verify(t, s, time.Now())
	if got[0].SubscriptionID != s.ID || got[0].EventType != "booking.created" || len(got[0].Identifiers) != 3 {
		t.Errorf("got %s", got[0].Body)
	}
}

func everyType() []string {
	var names []string
	for _, t := range schemas.All() {
		names = append(names, t.Name)
	}
	return names
}

func fixedClock() clock.Clock { return clock.Manual(noon) }

// lookupNothing resolves no name, so that no test asks a name server.
func lookupNothing(_ context.Context, _, host string) ([]netip.Addr, error) {
	return nil, fmt.Errorf("tests do not look up %s", host)
}

// dialLoopback connects to loopback addresses only, so that no test sends anything to another machine.
func dialLoopback(ctx context.Context, network, address string) (net.Conn, error) {
	if a, err := netip.ParseAddrPort(address); err != nil || !a.Addr().IsLoopback() {
		return nil, fmt.Errorf("tests do not connect to %s", address)
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}
