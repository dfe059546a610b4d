package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"semblance/simulator"
	"semblance/simulator/delivery"
)

// fakeInternet resolves names from a table and connects every address to one local server. Nothing leaves the machine.
type fakeInternet struct {
	names    map[string][]string
	server   *httptest.Server
	requests atomic.Int32

	mu     sync.Mutex
	dialed []string
}

func newInternet(t *testing.T, names map[string][]string, handler http.HandlerFunc) *fakeInternet {
	t.Helper()
	f := &fakeInternet{names: names}
	f.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.requests.Add(1)
		handler(w, r)
	}))
	t.Cleanup(f.server.Close)
	return f
}

func (f *fakeInternet) options() delivery.Options {
	return delivery.Options{Lookup: f.lookup, Dial: f.dial}
}

func (f *fakeInternet) lookup(_ context.Context, _, host string) ([]netip.Addr, error) {
	var addresses []netip.Addr
	for _, text := range f.names[host] {
		addresses = append(addresses, netip.MustParseAddr(text))
	}
	if addresses == nil {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return addresses, nil
}

func (f *fakeInternet) dial(ctx context.Context, network, address string) (net.Conn, error) {
	f.mu.Lock()
	f.dialed = append(f.dialed, address)
	f.mu.Unlock()
	return new(net.Dialer).DialContext(ctx, network, f.server.Listener.Addr().String())
}

func (f *fakeInternet) addresses() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dialed
}

func ok(http.ResponseWriter, *http.Request) {}

// A public destination gets 100 requests in a run, by whatever names, senders and connections they go.
func TestGuardCountsRequests(t *testing.T) {
	t.Parallel()
	internet := newInternet(t, map[string][]string{"a.example": {"203.0.113.1"}, "b.example": {"203.0.113.1"}, "c.example": {"203.0.113.2"}}, ok)
	o := internet.options()
	o.Guard = &delivery.Guard{}
	first, second := newSender(t, o), newSender(t, o)
	for i := range 100 {
		s := []*delivery.Sender{first, second}[i%2]
		if response := s.Send(t.Context(), prepare(t, s, newMessage(t, "http://a.example/"))); !response.OK() {
			t.Fatalf("request %d: %s: %s", i+1, response.Failure, response.Detail)
		}
	}
	for url, want := range map[string]string{
		"http://a.example/":      "a.example (203.0.113.1) is a public address and gets at most 100 requests in a run; use --allow-public if the receiver is yours",
		"http://a.example:81/":   "a.example (203.0.113.1) is a public address and gets at most",
		"https://b.example/":     "b.example (203.0.113.1) is a public address and gets at most",
		"http://203.0.113.1/":    "203.0.113.1 is a public address and gets at most",
		"http://c.example/":      "",
		"http://localhost:9999/": "",
	} {
		response := first.Send(t.Context(), prepare(t, first, newMessage(t, url)))
		if want == "" && !response.OK() || want != "" && (response.Failure != simulator.FailureBlocked || !strings.HasPrefix(response.Detail, want)) {
			t.Errorf("%s: got %d %s: %s, want %q", url, response.Status, response.Failure, response.Detail, want)
		}
	}
	if n := internet.requests.Load(); n != 102 {
		t.Errorf("the receiver got %d requests, want 100 of a.example, one of c.example and one of localhost", n)
	}
	o.AllowPublic = true
	allowed := newSender(t, o)
	if response := allowed.Send(t.Context(), prepare(t, allowed, newMessage(t, "http://a.example/"))); !response.OK() {
		t.Errorf("with AllowPublic: %s: %s", response.Failure, response.Detail)
	}
}

// Concurrent requests are counted before they are sent.
func TestGuardCountsConcurrentRequests(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	internet := newInternet(t, map[string][]string{"a.example": {"203.0.113.1"}}, func(http.ResponseWriter, *http.Request) { <-release })
	s := newSender(t, internet.options())
	var blocked atomic.Int32
	var all sync.WaitGroup
	for range 101 {
		all.Go(func() {
			response := s.Send(t.Context(), prepare(t, s, newMessage(t, "http://a.example/")))
			if response.Failure == simulator.FailureBlocked {
				blocked.Add(1)
				close(release) // only after 100 others were admitted
			}
		})
	}
	all.Wait()
	if blocked.Load() != 1 || internet.requests.Load() != 100 {
		t.Errorf("%d requests blocked and %d sent, want 1 and 100", blocked.Load(), internet.requests.Load())
	}
}

// A request with a fault, a hand-made request, traffic and a check never reach a public address.
func TestGuardRefusesKinds(t *testing.T) {
	t.Parallel()
	internet := newInternet(t, map[string][]string{"a.example": {"203.0.113.1", "2001:db8::1"}, "mixed.example": {"203.0.113.1", "10.0.0.1"}},
		func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/redirect" {
				http.Redirect(w, r, "http://a.example/", http.StatusTemporaryRedirect)
			}
		})
	o := internet.options()
	o.Redirects = 1
	s := newSender(t, o)
	requests := func(url string) map[string]simulator.Request {
		faulty, traffic, check := newMessage(t, url), newMessage(t, url), newMessage(t, url)
		faulty.Fault = mustFault(t, "signature=tampered")
		traffic.Kind, check.Kind = simulator.KindTraffic, simulator.KindCheck
		exact, err := s.PrepareExact(delivery.Exact{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		return map[string]simulator.Request{
			"request with a fault": prepare(t, s, faulty), "traffic event": prepare(t, s, traffic), "check": prepare(t, s, check), "hand-made request": exact,
		}
	}
	// An idle connection to the public address changes nothing.
	for _, url := range []string{"http://a.example/", "http://mixed.example/"} {
		if response := s.Send(t.Context(), prepare(t, s, newMessage(t, url))); !response.OK() {
			t.Fatal(response)
		}
	}
	internet.dialed = nil
	for kind, request := range requests("http://a.example/") {
		response := s.Send(t.Context(), request)
		want := "a.example (203.0.113.1) is a public address, and a " + kind + " goes only to loopback and private addresses; use --allow-public if the receiver is yours"
		if response.Failure != simulator.FailureBlocked || response.Detail != want {
			t.Errorf("got  %s: %s\nwant %s", response.Failure, response.Detail, want)
		}
	}
	for kind, request := range requests("http://localhost/redirect") {
		if kind == "request with a fault" {
			continue // redirects of faults are not followed
		}
		if response := s.Send(t.Context(), request); response.Failure != simulator.FailureBlocked {
			t.Errorf("%s, redirected: got %d %s", kind, response.Status, response.Failure)
		}
	}
	for kind, request := range requests("http://mixed.example/") { // goes to its private address
		if response := s.Send(t.Context(), request); !response.OK() {
			t.Errorf("%s: got %s: %s", kind, response.Failure, response.Detail)
		}
	}
	for _, address := range internet.addresses() {
		if host, _, _ := net.SplitHostPort(address); !delivery.IsLocal(netip.MustParseAddr(host)) {
			t.Errorf("connected to %s", address)
		}
	}
}

// An attempt to connect counts as a request.
func TestGuardCountsConnecting(t *testing.T) {
	t.Parallel()
	var dials int
	o := delivery.Options{Dial: func(context.Context, string, string) (net.Conn, error) {
		dials++
		return nil, errors.New("unreachable")
	}}
	s := newSender(t, o)
	for range 150 {
		s.Send(t.Context(), prepare(t, s, newMessage(t, "http://203.0.113.1/")))
	}
	if dials != delivery.MaxPublic {
		t.Errorf("connected %d times, want %d", dials, delivery.MaxPublic)
	}
}

func TestPermits(t *testing.T) {
	t.Parallel()
	internet := newInternet(t, map[string][]string{"a.example": {"203.0.113.1"}}, ok)
	s := newSender(t, internet.options())
	for _, test := range []struct {
		url      string
		kind     simulator.Kind
		requests int
		want     string
	}{
		{"http://a.example/", simulator.KindEvent, 100, ""},
		{"http://a.example/", simulator.KindEvent, 101, "at most 100 requests in a run"},
		{"http://a.example/", simulator.KindTraffic, 1, "a traffic event goes only to loopback"},
		{"http://localhost/", simulator.KindTraffic, 1000, ""},
		{"http://[::1]/", simulator.KindFault, 1000, ""},
		{"http://unknown.example/", simulator.KindTraffic, 1000, ""},
		{"a.example", simulator.KindEvent, 1, "neither http nor https"},
	} {
		err := s.Permits(t.Context(), test.url, test.kind, test.requests)
		if got := fmt.Sprint(err); (err == nil) != (test.want == "") || !strings.Contains(got, test.want) && err != nil {
			t.Errorf("%d %q to %s: got %v, want %q", test.requests, test.kind, test.url, err, test.want)
		}
	}
	if n := len(internet.addresses()); n != 0 {
		t.Errorf("%d connections", n)
	}
}
