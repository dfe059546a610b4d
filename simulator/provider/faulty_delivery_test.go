package provider_test

import (
	"slices"
	"testing"
	"time"

	"semblance/simulator/clock"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// faulty starts a provider on a journal, with a receiver that has a subscription.
func faulty(t *testing.T, j journal.Journal, c clock.Clock) (*provider.Provider, *receiver, string) {
	t.Helper()
	p := start(t, provider.Options{Journal: j, Clock: c, InFlight: 1, Seed: 3})
	r := receive(t, c)
	return p, r, subscribe(t, p, r.URL, "booking.created").ID
}

func setFault(t *testing.T, p *provider.Provider, plan provider.FaultPlan) {
	t.Helper()
	if _, err := p.SetFault(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
}

// The fault plan applies to the next deliveries; later ones are delivered as usual.
func TestDroppedDeliveries(t *testing.T) {
	t.Parallel()
	p, r, s := faulty(t, nil, clock.Manual(noon))
	setFault(t, p, provider.FaultPlan{SubscriptionID: s, Fault: "delivery=drop", Next: 2})
	var ids []string
	for range 3 {
		ids = append(ids, emit(t, p, "booking.created").Deliveries[0].ID)
	}
	advance(t, p, 0)
	wait(t, p, provider.Condition{Accepted: 1, AllFinished: true})
	if n := len(r.requests()); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
	for i, want := range []journal.State{journal.Dropped, journal.Dropped, journal.Delivered} {
		if d, err := p.Journal().Delivery(t.Context(), ids[i]); err != nil || d.State != want || want == journal.Dropped && d.Attempts != 0 {
			t.Errorf("delivery %d is %s after %d attempts (%v), want %s", i, d.State, d.Attempts, err, want)
		}
	}
	if left := p.Faults(s); len(left) != 0 {
		t.Errorf("left are %+v", left)
	}
}

// A delivery is delayed once, also if the provider is started again meanwhile, and not when it is retried.
func TestDelayedDeliveries(t *testing.T) {
	t.Parallel()
	for kind, open := range journals {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			j, c := open(t), clock.Manual(noon)
			p, r, s := faulty(t, j, c)
			r.answers(func(n int, _ request) int { return map[bool]int{true: 503, false: 200}[n == 1] })
			setFault(t, p, provider.FaultPlan{SubscriptionID: s, Fault: "delivery=delay,by=1m", Share: 1})
			emit(t, p, "booking.created")
			advance(t, p, 59*time.Second)
			if n := len(r.requests()); n != 0 {
				t.Errorf("%d requests within a minute, want none", n)
			}
			stop(t, p)
			p = start(t, provider.Options{Journal: j, Clock: clock.Manual(c.Now()), Retry: provider.RetryPolicy{Jitter: -1}})
			advance(t, p, time.Second)
			if n := len(r.requests()); n != 1 {
				t.Errorf("%d requests after a minute, want 1", n)
			}
			advance(t, p, provider.DefaultBase)
			wait(t, p, provider.Condition{Accepted: 1, AllFinished: true})
		})
	}
}

// Events overtake each other within the window, in the same order with the same seed, and none is lost.
func TestReorderedDeliveries(t *testing.T) {
	t.Parallel()
	var orders [][]string
	for range 2 {
		c := clock.Manual(noon)
		p, r, s := faulty(t, nil, c)
		setFault(t, p, provider.FaultPlan{SubscriptionID: s, Fault: "delivery=reorder,within=10s", Share: 1})
		index := map[string]string{}
		for i := range 20 {
			e := emit(t, p, "booking.created")
			index[e.Event.Identifiers[0].Value] = string(rune('a' + i))
		}
		advance(t, p, 10*time.Second)
		var order []string
		for _, got := range r.requests() {
			if late := got.At.Sub(noon); late <= 0 || late > 10*time.Second {
				t.Errorf("a request after %v", late)
			}
			order = append(order, index[got.Identifiers["bookingId"]])
		}
		orders = append(orders, order)
		if sorted := slices.Sorted(slices.Values(order)); len(slices.Compact(sorted)) != 20 || slices.IsSorted(order) {
			t.Errorf("the order is %v", order)
		}
	}
	if !slices.Equal(orders[0], orders[1]) {
		t.Errorf("the same seed gives the orders\n%v\n%v", orders[0], orders[1])
	}
}

// The same bytes arrive again. The copies are attempts with the fault; the first decides about the delivery.
func TestDuplicatedDeliveries(t *testing.T) {
	t.Parallel()
	for kind, open := range journals {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			p, r, s := faulty(t, open(t), clock.Manual(noon))
			setFault(t, p, provider.FaultPlan{SubscriptionID: s, Fault: "delivery=duplicate,times=3", Next: 1})
			id := emit(t, p, "booking.created").Deliveries[0].ID
			emit(t, p, "booking.created")
			advance(t, p, 0)
			wait(t, p, provider.Condition{AllFinished: true})
			got := r.requests()
			if len(got) != 4 {
				t.Fatalf("%d requests, want 3 and 1", len(got))
			}
			page, err := p.Journal().Attempts(t.Context(), journal.Query{DeliveryID: id, Oldest: true, Full: true})
			if err != nil || len(page.Items) != 3 {
				t.Fatalf("%d attempts (%v), want 3", len(page.Items), err)
			}
			first := page.Items[0]
			for i, a := range page.Items[1:] {
				if a.Request.Fault != "delivery=duplicate,times=3" || a.Request.EventID != first.Request.EventID || string(a.Request.Body) != string(first.Request.Body) || a.Number != i+2 {
					t.Errorf("copy %d: fault %q, number %d", i, a.Request.Fault, a.Number)
				}
			}
			if d, err := p.Journal().Delivery(t.Context(), id); err != nil || d.State != journal.Delivered {
				t.Errorf("the delivery is %s (%v)", d.State, err)
			}
		})
	}
}
