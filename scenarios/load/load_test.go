package load

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"semblance/fixtures"
	"semblance/scenarios"
	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/delivery"
	"semblance/simulator/fault"
)

// types returns the event types that match patterns.
func types(t *testing.T, patterns ...string) []*schemas.EventType {
	t.Helper()
	matched, err := schemas.MatchAny(patterns)
	if err != nil {
		t.Fatal(err)
	}
	return matched
}

func newPlan(t *testing.T, o Options) *Plan {
	t.Helper()
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// receive starts a receiver that responds with the statuses in turn.
func receive(t *testing.T, statuses ...int) string {
	t.Helper()
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(statuses[int(n.Add(1)-1)%len(statuses)])
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestRunSummary(t *testing.T) {
	t.Parallel()
	p := newPlan(t, Options{Target: receive(t, 200, 401, 500, 202), Types: types(t, "booking.created", "patient.created"), Count: 4, Expect: scenarios.Default()})
	var seen []int
	s, err := p.Run(t.Context(), func(a *Attempt) { seen = append(seen, a.Response.Status) })
	if err != nil {
		t.Fatal(err)
	}
	if s.Planned != 8 || s.Sent != 8 || s.Responses != 8 || s.Failed != 4 || s.Statuses[401] != 2 || len(seen) != 8 {
		t.Errorf("%+v, observed %v", s, seen)
	}
	if s.Outcomes() != "200 × 2, 202 × 2, 401 × 2, 500 × 2" {
		t.Error(s.Outcomes())
	}
	if s.First == nil || s.First.Index != 1 || s.Refused == nil || s.Refused.Index != 1 || s.First.OfType != 1 {
		t.Errorf("the first failure is %+v", s.First)
	}
	if l := s.Latency(); l.Count != 8 || l.Max <= 0 || s.PerSecond() <= 0 {
		t.Errorf("latency %+v, %v per second", l, s.PerSecond())
	}
	if data, err := s.MarshalJSON(); err != nil || !strings.HasPrefix(string(data), `{"sent":8,"responses":8,"failed":4,"statuses":{"200":2,`) {
		t.Errorf("%s %v", data, err)
	}
}

func TestUnreached(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	s, err := newPlan(t, Options{Target: server.URL, Types: types(t, "lab.*"), Expect: scenarios.Default()}).Run(t.Context(), nil)
	if err != nil || !s.Unreached() || s.Responses != 0 || s.Failed != 2 || s.Outcomes() != "refused × 2" {
		t.Errorf("%+v %v", s, err)
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	target := strings.Replace(plain.URL, "http:", "https:", 1)
	s, err = newPlan(t, Options{Target: target, Types: types(t, "lab.*"), Expect: scenarios.Expect{Response: scenarios.ResponseNone}}).Run(t.Context(), nil)
	if err != nil || !s.Unreached() || s.Failed != 2 || s.Outcomes() != "tls × 2" {
		t.Errorf("without TLS: %+v %v", s, err)
	}
}

// Ordered attempts arrive in the order of the plan, however the responses arrive.
func TestRunInOrder(t *testing.T) {
	t.Parallel()
	first := make(chan struct{})
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch n.Add(1) {
		case 1:
			<-first // the first response is the last
		case 100:
			close(first)
		}
	}))
	t.Cleanup(server.Close)
	p := newPlan(t, Options{Target: server.URL, Types: types(t, "booking.created"), Count: 100, InFlight: 8, Ordered: true})
	var order []int
	if _, err := p.Run(t.Context(), func(a *Attempt) { order = append(order, a.Index) }); err != nil {
		t.Fatal(err)
	}
	if len(order) != 100 || !slices.IsSorted(order) {
		t.Errorf("order %v", order)
	}
}

// However slow one response is, no more events are made than may wait for it.
func TestProduceWaitsForRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const room = 5
		r := &run{plan: &Plan{options: Options{Count: 100, InFlight: 2, Raw: []byte("{}")}}, room: make(chan struct{}, room)}
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		jobs, made := make(chan []job), 0
		go r.produce(ctx, cancel, jobs)
		go func() {
			for batch := range jobs {
				made += len(batch)
			}
			made = -made // it has ended
		}()
		synctest.Wait()
		if made != room {
			t.Errorf("%d events were made before one was observed, want %d", made, room)
		}
		for range 3 {
			<-r.room
		}
		synctest.Wait()
		if made != room+3 {
			t.Errorf("%d events were made after 3 were observed, want %d", made, room+3)
		}
		cancel(nil)
		synctest.Wait()
		if made != -(room + 3) {
			t.Errorf("it did not end with its context: %d", made)
		}
	})
}

// A canceled run reports what it has done.
func TestRunStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	p := newPlan(t, Options{Target: receive(t, 200), Types: types(t, "booking.created"), Count: 1000, Rate: 1e6, Ordered: true})
	s, err := p.Run(ctx, func(a *Attempt) {
		if a.Index == 9 {
			cancel()
		}
	})
	if err != nil || s.Sent < 10 || s.Sent > 20 || s.Planned != 1000 {
		t.Errorf("%+v %v", s, err)
	}
}

func TestDue(t *testing.T) {
	t.Parallel()
	for rate, want := range map[float64]time.Duration{5: 600 * time.Millisecond, 1: 3 * time.Second, 0.5: 6 * time.Second} {
		if got := due(rate, 3); got != want {
			t.Errorf("at %v per second the fourth request starts after %v, want %v", rate, got, want)
		}
	}
}

// With a seed and a time, the bytes are the same in every run; the requests of a plan are what it sends.
func TestRequestsAreReproducible(t *testing.T) {
	t.Parallel()
	o := Options{Target: receive(t, 200), Types: types(t, "booking.*"), Count: 3, Seed: 7, At: time.Unix(1_764_000_000, 0), Ordered: true}
	var bodies []string
	for request, err := range newPlan(t, o).Requests() {
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, string(request.Body)+request.Header("X-Webhook-Signature"))
	}
	var sent []string
	if _, err := newPlan(t, o).Run(t.Context(), func(a *Attempt) {
		sent = append(sent, string(a.Request.Body)+a.Request.Header("X-Webhook-Signature"))
	}); err != nil {
		t.Fatal(err)
	}
	if len(bodies) != 21 || !slices.Equal(bodies, sent) {
		t.Errorf("the plan has\n%s\nand sent\n%s", strings.Join(bodies, "\n"), strings.Join(sent, "\n"))
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.Types = nil }, "no event type and no raw body"},
		{func(o *Options) { o.Count = -1 }, "count -1: use 1 to 1000000000"},
		{func(o *Options) { o.InFlight = MaxInFlight + 1 }, "in-flight 10001: use 1 to 10000"},
		{func(o *Options) { o.SubscriptionID = "12" }, `subscription id "12": an id is 24 lowercase`},
		{func(o *Options) { o.Omit = []string{"patinetId"} }, `booking.created: unknown identifier "patinetId"; did you mean "patientId"?`},
		{func(o *Options) { o.Types = types(t, "booking.created", "lab.created"); o.With = []string{"letterId"} }, `unknown identifier "letterId"; use bookingId, patientId, doctorId or labId`},
		{func(o *Options) { o.Types, o.Raw, o.With = nil, []byte("x"), []string{"letterId"} }, `unknown identifier "letterId"`},
		{func(o *Options) { o.Set = map[string]string{"patientId": "abc"} }, "violates the schema of booking.created: /identifiers/patientId"},
		{func(o *Options) { o.Omit = []string{"bookingId"} }, "violates the schema"},
		{func(o *Options) {
			o.Omit, o.With = []string{"patientId"}, []string{"patientId"}
		}, "the identifier patientId is both included and omitted"},
		{func(o *Options) { o.Delivery = delivery.Options{CAFile: "missing.pem"} }, "missing.pem"},
	} {
		o := Options{Target: "http://127.0.0.1:1/", Types: types(t, "booking.created")}
		test.change(&o)
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want %q", err, test.want)
		}
	}
}

// An invalid payload is sent on request, with identifiers that no type has.
func TestInvalid(t *testing.T) {
	t.Parallel()
	p := newPlan(t, Options{
		Target: "http://127.0.0.1:1/", Types: types(t, "booking.created"), Invalid: true, Omit: []string{fixtures.All},
		Set: map[string]string{"bookingId": "abc", "mine": "1"},
	})
	for request, err := range p.Requests() {
		if err != nil || !strings.Contains(string(request.Body), `"identifiers":{"bookingId":"abc","mine":"1"}`) {
			t.Errorf("%s %v", request.Body, err)
		}
	}
}

// Faults and many requests go only to loopback and private addresses. The target is an address for documentation; no
// request is sent to it.
func TestPermitted(t *testing.T) {
	t.Parallel()
	tampered, err := fault.Parse("signature=tampered")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		options Options
		want    string
	}{
		{Options{}, ""},
		{Options{Fault: tampered}, "a request with a fault goes only to loopback and private addresses"},
		{Options{Count: delivery.MaxPublic + 1}, "at most 100 requests in a run"},
		{Options{InFlight: delivery.MaxPublic + 1}, "at most 100 requests in a run"},
		{Options{Fault: tampered, Delivery: delivery.Options{AllowPublic: true}}, ""},
	} {
		o := test.options
		o.Target, o.Types, o.Secrets = "http://192.0.2.1/", types(t, "booking.created"), []simulator.Secret{"whsec_x"}
		o.Delivery.Dial = func(_ context.Context, _, address string) (net.Conn, error) {
			t.Errorf("connected to %s", address)
			return nil, errors.New("not in a test")
		}
		err := newPlan(t, o).Permitted(t.Context())
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("got %v, want %q", err, test.want)
		}
		o.Target = "http://127.0.0.1:1/"
		if err := newPlan(t, o).Permitted(t.Context()); err != nil {
			t.Errorf("at loopback: %v", err)
		}
	}
}
