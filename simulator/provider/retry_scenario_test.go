package provider_test

import (
	"net/http"
	"testing"
	"time"

	"semblance/simulator/clock"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
	"semblance/simulator/signature"
)

// steady is the ladder of the contract without its jitter, so that its times are round.
var steady = provider.RetryPolicy{Jitter: -1}

func TestAReceiverThatFailsThreeTimesAndRecovers(t *testing.T) {
	for _, eventIDs := range []provider.EventIDs{provider.PerAttempt, provider.PerEvent} {
		t.Run(eventIDs.String(), func(t *testing.T) {
			c := clock.Manual(noon)
			p := start(t, provider.Options{Clock: c, Retry: steady, EventIDs: eventIDs})
			r := receive(t, c)
			r.answers(func(n int, _ request) int {
				if n <= 3 {
					return http.StatusServiceUnavailable
				}
				return http.StatusOK
			})
			s := subscribe(t, p, r.URL, "booking.created")
			e := emit(t, p, "booking.created")
			advance(t, p, 24*time.Hour)

			got := r.requests()
			due := []time.Duration{0, 10 * time.Second, 50 * time.Second, 210 * time.Second}
			if len(got) != len(due) {
				t.Fatalf("%d attempts, want %d", len(got), len(due))
			}
			ids := map[string]bool{}
			for i, r := range got {
				if at := r.At.Sub(noon); at != due[i] {
					t.Errorf("attempt %d came after %v, want %v", i+1, at, due[i])
				}
				r.verify(t, s, r.At)
				header, err := signature.Parse(r.Header.Get(signature.HeaderName))
				if err != nil || header.T != r.At.Unix() {
					t.Errorf("attempt %d is signed at %v (%v), want %v", i+1, header.T, err, r.At.Unix())
				}
				ids[r.EventID] = true
			}
			if want := map[provider.EventIDs]int{provider.PerAttempt: 4, provider.PerEvent: 1}[eventIDs]; len(ids) != want {
				t.Errorf("the attempts carry %d eventIds, want %d", len(ids), want)
			}
			d, err := p.Journal().Delivery(t.Context(), e.Deliveries[0].ID)
			if err != nil || d.State != journal.Delivered || d.Attempts != 4 || d.Status != 200 {
				t.Errorf("the journal has %+v (%v), want it delivered with the 4th attempt", d, err)
			}
			page, err := p.Journal().Attempts(t.Context(), journal.Query{Oldest: true})
			if err != nil || len(page.Items) != 4 {
				t.Fatalf("%d attempts in the journal (%v), want 4", len(page.Items), err)
			}
			for i, a := range page.Items {
				if a.Number != i+1 || a.StartedAt.Sub(noon) != due[i] || a.Verdict != journal.Valid || a.Request.EventID != got[i].EventID {
					t.Errorf("attempt %d in the journal: %+v", i+1, a)
				}
			}
		})
	}
}

func TestAnAttemptMaySignAtTheTimeOfTheFirst(t *testing.T) {
	j := journal.NewMemory(journal.Options{})
	defer j.Close()
	c := clock.Manual(noon)
	options := provider.Options{Journal: j, Clock: c, Retry: steady, SignOnce: true}
	r := receive(t, c)
	r.answers(func(n int, _ request) int { return map[bool]int{true: 500, false: 200}[n < 4] })
	p, err := provider.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	s := subscribe(t, p, r.URL, "booking.created")
	advance(t, p, time.Hour)
	emit(t, p, "booking.created")
	advance(t, p, 20*time.Second) // two attempts
	stop(t, p)
	p = start(t, options)
	advance(t, p, time.Hour)
	if n := len(r.requests()); n != 4 {
		t.Fatalf("%d attempts, want 4", n)
	}
	for i, r := range r.requests() {
		if header, err := signature.Parse(r.Header.Get(signature.HeaderName)); err != nil || header.T != noon.Add(time.Hour).Unix() {
			t.Errorf("attempt %d is signed at %d (%v), want the time of the first", i+1, header.T, err)
		}
		r.verify(t, s, noon.Add(time.Hour))
	}
}

func TestRetryAfterIsHonouredUpToTheNextStep(t *testing.T) {
	c := clock.Manual(noon)
	p := start(t, provider.Options{Clock: c, Retry: steady})
	r := receive(t, c)
	r.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Retry-After", "30")
		r.mu.Lock()
		r.got = append(r.got, request{At: c.Now()})
		r.mu.Unlock()
		w.WriteHeader(http.StatusTooManyRequests)
	})
	subscribe(t, p, r.URL, "booking.created")
	emit(t, p, "booking.created")
	advance(t, p, 24*time.Hour)
	var response []time.Duration
	for _, r := range r.requests() {
		response = append(response, r.At.Sub(noon))
	}
	// 30 s for the first, within the next step's 40 s; then the ladder waits longer than it is asked to.
	want := []time.Duration{0, 30 * time.Second, 70 * time.Second, 230 * time.Second, 870 * time.Second}
	if len(response) != len(want) {
		t.Fatalf("attempts after %v, want %v", response, want)
	}
	for i := range want {
		if response[i] != want[i] {
			t.Fatalf("attempts after %v, want %v", response, want)
		}
	}
}

// A date in Retry-After is a time of the receiver. The wait until then is waited in simulated time, which may be years away.
func TestRetryAfterDateIsTheReceiversTime(t *testing.T) {
	t.Parallel()
	for name, withDate := range map[string]bool{"with Date": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := clock.Manual(noon.AddDate(-9, 0, 0))
			p := start(t, provider.Options{Clock: c, Retry: steady})
			r := receive(t, c)
			r.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				now := time.Now().UTC()
				w.Header()["Date"] = nil // the server sets none
				if withDate {
					now = now.Add(time.Hour) // its clock is wrong
					w.Header().Set("Date", now.Format(http.TimeFormat))
				}
				w.Header().Set("Retry-After", now.Add(30*time.Second).Format(http.TimeFormat))
				w.WriteHeader(http.StatusTooManyRequests)
			})
			subscribe(t, p, r.URL, "booking.created")
			id := emit(t, p, "booking.created").Deliveries[0].ID
			advance(t, p, time.Second)
			d, err := p.Journal().Delivery(t.Context(), id)
			if err != nil || d.Attempts != 1 {
				t.Fatalf("the delivery is %+v (%v)", d, err)
			}
			if wait := d.Due.Sub(d.LastAt); wait > 30*time.Second || wait < 20*time.Second {
				t.Errorf("the retry is due after %v, want 30 s", wait)
			}
		})
	}
}

func TestAScaledClockMakesMinutesSeconds(t *testing.T) {
	p := start(t, provider.Options{Clock: clock.Scaled(1000), Retry: steady})
	r := receive(t, nil)
	r.answers(func(n int, _ request) int { return map[bool]int{true: 500, false: 200}[n < 4] })
	s := subscribe(t, p, r.URL, "booking.created")
	began := clock.Now()
	emit(t, p, "booking.created")
	wait(t, p, provider.Condition{AllFinished: true})
	if took := clock.Since(began); took < 210*time.Millisecond || took > 5*time.Second {
		t.Errorf("a ladder of 210 s took %v at a thousandfold", took)
	}
	for _, r := range r.requests() {
		r.verify(t, s, clock.Now()) // the signatures tell the real time
	}
}

// A fixed clock is moved by the ladder alone, so that nobody waits.
func TestAFixedClockIsMovedByRetries(t *testing.T) {
	c := clock.Fixed(noon)
	p := start(t, provider.Options{Clock: c, Retry: steady})
	r := receive(t, c)
	r.answers(func(n int, _ request) int { return map[bool]int{true: 500, false: 200}[n < 4] })
	s := subscribe(t, p, r.URL, "booking.created")
	emit(t, p, "booking.created")
	wait(t, p, provider.Condition{AllFinished: true})
	got := r.requests()
	if len(got) != 4 || got[3].At.Sub(noon) != 210*time.Second {
		t.Errorf("%d attempts, the last after %v; want 4, after 3m30s", len(got), got[len(got)-1].At.Sub(noon))
	}
	got[3].verify(t, s, got[3].At)
}

func TestADayInSeconds(t *testing.T) {
	c := clock.Manual(noon)
	p := start(t, provider.Options{Clock: c, Seed: 7})
	good, poor := receive(t, c), receive(t, c)
	poor.answers(func(n int, _ request) int { return map[bool]int{true: 500, false: 204}[n%3 == 0] })
	for _, r := range []*receiver{good, poor} {
		_, err := p.CreateSubscription(t.Context(), provider.NewSubscription{URL: r.URL, Label: "all", EventTypes: everyType(), Local: true})
		if err != nil {
			t.Fatal(err)
		}
	}
	const rate = 1.0 / 60
	if err := p.StartTraffic(t.Context(), provider.TrafficOptions{Rate: rate}); err != nil {
		t.Fatal(err)
	}
	began := clock.Now()
	for range 24 {
		advance(t, p, time.Hour)
	}
	took := clock.Since(began)
	status, err := p.StopTraffic(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	advance(t, p, time.Hour) // the last retries
	wait(t, p, provider.Condition{AllFinished: true})
	if status.Made != 24*60+1 {
		t.Errorf("a day at one change a minute made %d, want %d", status.Made, 24*60+1)
	}
	if n := len(good.requests()); n != status.Made {
		t.Errorf("the good receiver got %d of %d", n, status.Made)
	}
	for i, r := range good.requests() {
		if at := r.At.Sub(noon); at != time.Duration(i)*time.Minute {
			t.Fatalf("change %d came after %v, want %v", i, at, time.Duration(i)*time.Minute)
		}
	}
	if took > 20*time.Second {
		t.Errorf("the day took %v", took)
	}
	t.Logf("24 h, %d changes, %d attempts, in %v", status.Made, len(good.requests())+len(poor.requests()), took)
}

func TestAdvanceNeedsAManualClock(t *testing.T) {
	p := start(t, provider.Options{})
	if err := p.Advance(t.Context(), time.Second); provider.CodeOf(err) != provider.CodeClock {
		t.Errorf("advancing the real clock: %v", err)
	}
}
