package provider_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

const window = 20

// windowed returns a provider with a journal in a file, of which it has few deliveries in memory.
func windowed(t *testing.T, j journal.Journal, c clock.Clock, inFlight int) *provider.Provider {
	t.Helper()
	p, err := provider.Start(t.Context(), provider.Options{
		Journal: j, Clock: c, InFlight: inFlight, Retry: steady, Breaker: provider.Breaker{Threshold: -1},
	}.WithWindow(window))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func emitMany(t *testing.T, p *provider.Provider, n int) []string {
	t.Helper()
	emissions, err := p.EmitBatch(t.Context(), provider.Batch{Type: "booking.created", Count: n})
	if err != nil {
		t.Fatal(err)
	}
	var bookings []string
	for _, e := range emissions {
		id, _ := e.Event.Get("bookingId")
		bookings = append(bookings, id)
	}
	if inMemory := p.InMemory(); inMemory > 2*window+2 {
		t.Errorf("%d deliveries are in memory", inMemory)
	}
	return bookings
}

func bookingsOf(requests []request) []string {
	var all []string
	for _, r := range requests {
		all = append(all, r.Identifiers["bookingId"])
	}
	return all
}

// Memory does not depend on the number of pending deliveries, and they are delivered in order: those that were emitted
// before a pause, during it, and after it, also after a restart.
func TestDeliveriesBeyondTheWindow(t *testing.T) {
	t.Parallel()
	j := journals["file"](t)
	c := clock.Manual(noon)
	p := windowed(t, j, c, 1)
	r := receive(t, c)
	s := subscribe(t, p, r.URL, "booking.created")
	pause(t, p, s.ID)
	want := emitMany(t, p, 300)
	if h := p.Health(); h.Unfinished != 300 {
		t.Errorf("the health is %+v", h)
	}
	stop(t, p)
	p = windowed(t, j, c, 1)
	want = append(want, emitMany(t, p, 50)...)
	resume(t, p, s.ID)
	want = append(want, emitMany(t, p, 50)...)
	wait(t, p, provider.Condition{Accepted: 400, AllFinished: true})
	if got := bookingsOf(r.requests()); !slices.Equal(got, want) {
		t.Errorf("%d deliveries arrived, not in the order of the %d events", len(got), len(want))
	}
	stop(t, p)
}

// More deliveries than the windows hold are unfinished when a provider stops: some were never attempted, some are in flight,
// some wait for a retry, some are held. After a restart all of them are delivered.
func TestRestartWithManyUnfinished(t *testing.T) {
	t.Parallel()
	const many = 5000
	j := journals["file"](t)
	options := provider.Options{Journal: j, Clock: clock.Scaled(1000), InFlight: 7, Retry: patient, Breaker: provider.Breaker{Threshold: -1}}
	p, err := provider.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	r, held := receive(t, nil), receive(t, nil)
	arrived, hang := make(chan bool, many), make(chan bool)
	r.answers(func(n int, _ request) int {
		if n > 200 {
			arrived <- true
			<-hang
		}
		return http.StatusServiceUnavailable
	})
	subscribe(t, p, r.URL, "booking.created")
	s := subscribe(t, p, held.URL, "booking.created")
	pause(t, p, s.ID)
	emissions, err := p.EmitBatch(t.Context(), provider.Batch{Type: "booking.created", Count: many})
	if err != nil {
		t.Fatal(err)
	}
	for range options.InFlight {
		<-arrived
	}
	killed, kill := context.WithCancel(t.Context())
	kill()
	_ = p.Close(killed) // it says that attempts were cut
	close(hang)
	if n := j.Stats().Unfinished(); n != 2*many {
		t.Fatalf("%d deliveries are unfinished, want %d", n, 2*many)
	}
	before := len(r.requests())
	r.answers(func(n int, _ request) int {
		return map[bool]int{true: http.StatusServiceUnavailable, false: http.StatusOK}[n%10 == 0]
	})
	options.InFlight = 40
	p = start(t, options)
	resume(t, p, s.ID)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	progress, err := p.Wait(ctx, provider.Condition{AllFinished: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := [2]int{len(bookingsIn(r.requests()[before:])), len(bookingsIn(held.requests()))}; got != [2]int{many, many} {
		t.Errorf("%d bookings arrived, and %+v", got, progress)
	}
	for _, d := range emissions[many-1].Deliveries {
		if last, err := j.Delivery(t.Context(), d.ID); err != nil || last.State != journal.Delivered {
			t.Errorf("the last delivery is %+v (%v)", last, err)
		}
	}
}

func bookingsIn(requests []request) map[string]bool {
	all := map[string]bool{}
	for _, id := range bookingsOf(requests) {
		all[id] = true
	}
	return all
}

// A pause and a deletion also concern the deliveries that are only in the journal.
func TestPauseAndDeleteBeyondTheWindow(t *testing.T) {
	t.Parallel()
	for name, setting := range map[string]provider.WhilePaused{"hold": provider.KeepWhilePaused, "drop": provider.DropWhilePaused} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := journals["file"](t)
			c := clock.Manual(noon)
			p := start(t, provider.Options{
				Journal: j, Clock: c, InFlight: 1, Retry: steady, Breaker: provider.Breaker{Threshold: -1}, WhilePaused: setting,
			}.WithWindow(window))
			r, watch := receive(t, c), receive(t, c)
			arrived, answer := make(chan bool, 1), make(chan bool)
			r.answers(func(n int, _ request) int {
				if n == 1 {
					arrived <- true
					<-answer
				}
				return http.StatusServiceUnavailable
			})
			s := subscribe(t, p, r.URL, "booking.created")
			subscribe(t, p, watch.URL, "webhook.event.deliveryFailed")
			emitMany(t, p, 150)
			<-arrived // the others wait
			pause(t, p, s.ID)
			close(answer)
			advance(t, p, time.Second)
			wantHeld := map[bool]int{true: 150, false: 0}[setting == provider.KeepWhilePaused]
			if stats := j.Stats(); stats.Held != wantHeld || stats.Pending != 0 || p.Health().Unfinished != wantHeld {
				t.Errorf("after the pause the journal has %+v, the provider %+v", stats, p.Health())
			}
			if _, err := p.DeleteSubscription(t.Context(), s.ID); err != nil {
				t.Fatal(err)
			}
			advance(t, p, time.Second)
			wait(t, p, provider.Condition{AllFinished: true})
			if stats := j.Stats(); stats.Unfinished() != 0 {
				t.Errorf("after the deletion the journal has %+v", stats)
			}
			failed := map[string]bool{}
			for _, r := range watch.requests() {
				failed[r.Identifiers["outboxId"]] = true
			}
			if len(failed) != wantHeld {
				t.Errorf("%d failures were announced, want %d", len(failed), wantHeld)
			}
			if n := len(r.requests()); n != 1 {
				t.Errorf("%d attempts, want 1", n)
			}
		})
	}
}

// Retries that wait are beyond the window too. Each is made at its due time.
func TestRetriesBeyondTheWindow(t *testing.T) {
	t.Parallel()
	j := journals["file"](t)
	c := clock.Manual(noon)
	p := windowed(t, j, c, 4)
	r := receive(t, c)
	var up atomic.Bool
	r.answers(func(int, request) int {
		if up.Load() {
			return http.StatusOK
		}
		return http.StatusServiceUnavailable
	})
	subscribe(t, p, r.URL, "booking.created")
	emitMany(t, p, 100)
	advance(t, p, 30*time.Second)
	emitMany(t, p, 100) // they are due before most retries
	advance(t, p, 5*time.Minute)
	if n := p.InMemory(); n > 2*window+2 {
		t.Errorf("%d deliveries are in memory", n)
	}
	due := map[time.Duration]int{}
	for _, r := range r.requests() {
		due[r.At.Sub(noon)]++
	}
	for at, n := range map[time.Duration]int{
		0: 100, 10 * time.Second: 100, 30 * time.Second: 100, 40 * time.Second: 100, 50 * time.Second: 100,
		80 * time.Second: 100, 210 * time.Second: 100, 240 * time.Second: 100,
	} {
		if due[at] != n {
			t.Errorf("%d attempts after %v, want %d (all: %v)", due[at], at, n, due)
		}
	}
	up.Store(true)
	advance(t, p, time.Hour)
	wait(t, p, provider.Condition{Accepted: 200, AllFinished: true})
	stop(t, p)
}

// If the clock was ahead when a retry was planned, the retry does not wait until that time: it is moved, and a notice says so.
func TestClockThatWasAheadStrandsNoDelivery(t *testing.T) {
	t.Parallel()
	for kind, open := range journals {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			j := open(t)
			ahead := time.Now().Add(9 * 365 * 24 * time.Hour)
			p, err := provider.Start(t.Context(), provider.Options{Journal: j, Clock: clock.Fixed(ahead), Retry: provider.RetryPolicy{Base: time.Millisecond}}.WithWindow(window))
			if err != nil {
				t.Fatal(err)
			}
			r := receive(t, nil)
			s := subscribe(t, p, r.URL, "booking.created")
			pause(t, p, s.ID)
			tried := emitMany(t, p, 3*window)
			stop(t, p)
			for d, err := range j.Unfinished(t.Context(), "", 0) { // they were attempted once, and are due in nine years
				if err != nil {
					t.Fatal(err)
				}
				a := &journal.Attempt{Attempt: simulator.Attempt{DeliveryID: d.ID, SubscriptionID: s.ID, Number: 1, StartedAt: ahead}}
				a.Next = journal.DeliveryState{State: journal.Pending, Due: ahead.Add(10 * time.Second), Tries: 1}
				if err := j.Append(t.Context(), a); err != nil {
					t.Fatal(err)
				}
			}
			s.DeliveryPaused = false
			if err := j.Append(t.Context(), &journal.Subscription{Subscription: s, At: ahead}); err != nil {
				t.Fatal(err)
			}
			p = start(t, provider.Options{Journal: j, Retry: provider.RetryPolicy{Base: 50 * time.Millisecond}}.WithWindow(window))
			wait(t, p, provider.Condition{Accepted: len(tried), AllFinished: true})
			notices, err := j.Read(t.Context(), 0, 100, journal.KindNotice)
			if err != nil || len(notices) == 0 {
				t.Fatalf("%d notices (%v)", len(notices), err)
			}
			if n := notices[0].(*journal.Notice); n.SubscriptionID != s.ID || !strings.Contains(n.Text, "clock") || !strings.Contains(n.Text, ahead.UTC().Format("2006-01-02")) {
				t.Errorf("the notice is %+v", n)
			}
		})
	}
}

// A shorter retry policy after a restart does not move the due times that were planned by the former one.
func TestNewRetryPolicyKeepsDueTimes(t *testing.T) {
	t.Parallel()
	j := journals["memory"](t)
	r := receive(t, nil)
	r.answers(func(int, request) int { return http.StatusServiceUnavailable })
	p, err := provider.Start(t.Context(), provider.Options{Journal: j, Retry: provider.RetryPolicy{Base: time.Hour, Jitter: -1}})
	if err != nil {
		t.Fatal(err)
	}
	subscribe(t, p, r.URL, "booking.created")
	id := emit(t, p, "booking.created").Deliveries[0].ID
	for { // until the first attempt is recorded
		_, more := j.Committed()
		if d, err := j.Delivery(t.Context(), id); err != nil || d.Attempts == 1 {
			break
		}
		<-more
	}
	stop(t, p)
	p = start(t, provider.Options{Journal: j})
	d, err := j.Delivery(t.Context(), id)
	if err != nil || time.Until(d.Due) < 50*time.Minute {
		t.Errorf("the delivery is %+v (%v), want it due in an hour", d, err)
	}
	if notices, err := j.Read(t.Context(), 0, 10, journal.KindNotice); err != nil || len(notices) != 0 {
		t.Errorf("%d notices (%v), want none", len(notices), err)
	}
	if h := p.Health(); h.Unfinished != 1 {
		t.Errorf("the health is %+v", h)
	}
}
