package provider_test

import (
	"errors"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// full returns a provider with a journal whose disk may be full, a receiver, and a subscription.
func full(t *testing.T, o provider.Options) (*provider.Provider, *failing, *receiver, simulator.Subscription) {
	t.Helper()
	j := &failing{Journal: journal.NewMemory(journal.Options{})}
	t.Cleanup(func() { j.Close() }) // after the provider
	o.Journal = j
	r := receive(t, o.Clock)
	p := start(t, o)
	t.Cleanup(func() { j.full.Store(false) })
	return p, j, r, subscribe(t, p, r.URL, "booking.created")
}

// A command that the journal refuses has no effect, before and after a restart.
func TestRefusedCommandHasNoEffect(t *testing.T) {
	t.Parallel()
	paused, active, label := true, false, "renamed"
	for name, command := range map[string]func(*testing.T, *provider.Provider, string) error{
		"pause": func(t *testing.T, p *provider.Provider, id string) error {
			_, err := p.UpdateSubscription(t.Context(), id, provider.SubscriptionUpdate{DeliveryPaused: &paused})
			return err
		},
		"update": func(t *testing.T, p *provider.Provider, id string) error {
			_, err := p.UpdateSubscription(t.Context(), id, provider.SubscriptionUpdate{Label: &label})
			return err
		},
		"rotate secret": func(t *testing.T, p *provider.Provider, id string) error {
			_, err := p.RotateSecret(t.Context(), id, time.Hour)
			return err
		},
		"delete": func(t *testing.T, p *provider.Provider, id string) error {
			_, err := p.DeleteSubscription(t.Context(), id)
			return err
		},
		"set fault": func(t *testing.T, p *provider.Provider, id string) error {
			_, err := p.SetFault(t.Context(), provider.FaultPlan{SubscriptionID: id, Fault: "signature=tampered", Next: 5})
			return err
		},
		"start traffic": func(t *testing.T, p *provider.Provider, _ string) error {
			return p.StartTraffic(t.Context(), provider.TrafficOptions{Rate: 1000})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, j, r, s := full(t, provider.Options{})
			j.full.Store(true)
			if err := command(t, p, s.ID); !errors.Is(err, errFull) {
				t.Fatalf("the command returned %v, want the error of the journal", err)
			}
			now, _ := p.Subscription(s.ID)
			if now.Secret != s.Secret || now.Label != s.Label || now.DeliveryPaused || now.Deleted {
				t.Errorf("the subscription is %+v, want it unchanged: %+v", now, s)
			}
			if faults := p.Faults(s.ID); len(faults) > 0 {
				t.Errorf("it has the faults %+v", faults)
			}
			if p.Traffic().Running {
				t.Error("the traffic is running")
			}
			j.full.Store(false)
			emit(t, p, "booking.created")
			wait(t, p, provider.Condition{Accepted: 1, AllFinished: true})
			for _, got := range r.requests() {
				got.verify(t, s, time.Now())
			}
		})
	}
	t.Run("resume", func(t *testing.T) {
		t.Parallel()
		p, j, r, s := full(t, provider.Options{})
		pause(t, p, s.ID)
		emit(t, p, "booking.created")
		j.full.Store(true)
		if _, err := p.UpdateSubscription(t.Context(), s.ID, provider.SubscriptionUpdate{DeliveryPaused: &active}); !errors.Is(err, errFull) {
			t.Fatalf("resuming returned %v", err)
		}
		if now, _ := p.Subscription(s.ID); !now.DeliveryPaused {
			t.Error("deliveries are resumed")
		}
		j.full.Store(false)
		resume(t, p, s.ID)
		wait(t, p, provider.Condition{Accepted: 1, AllFinished: true})
		if n := len(r.requests()); n != 1 {
			t.Errorf("%d requests, want 1", n)
		}
	})
	t.Run("stop traffic and clear faults", func(t *testing.T) {
		t.Parallel()
		p, j, _, s := full(t, provider.Options{Clock: clock.Manual(noon)})
		if _, err := p.SetFault(t.Context(), provider.FaultPlan{SubscriptionID: s.ID, Fault: "signature=tampered", Next: 5}); err != nil {
			t.Fatal(err)
		}
		if err := p.StartTraffic(t.Context(), provider.TrafficOptions{Types: []string{"lab.*"}}); err != nil {
			t.Fatal(err)
		}
		advance(t, p, 10*time.Second)
		j.full.Store(true)
		if err := p.ClearFaults(t.Context(), s.ID); !errors.Is(err, errFull) {
			t.Errorf("clearing the faults returned %v", err)
		}
		if faults := p.Faults(s.ID); len(faults) != 1 || faults[0].Next != 5 {
			t.Errorf("the faults are %+v", faults)
		}
		if status, err := p.StopTraffic(t.Context()); !errors.Is(err, errFull) || !status.Running {
			t.Errorf("stopping the traffic returned %+v, %v", status, err)
		}
		j.full.Store(false)
		emit(t, p, "lab.created")
		advance(t, p, 10*time.Second)
		if status := p.Traffic(); !status.Running || status.Made < 15 {
			t.Errorf("the traffic is %+v, want it to continue", status)
		}
	})
}

// A reset that the journal refuses leaves the deliveries that it would have deleted, also those whose attempts it cut.
func TestRefusedResetChangesNothing(t *testing.T) {
	t.Parallel()
	p, j, r, s := full(t, provider.Options{})
	arrived, answer := make(chan bool, 9), make(chan bool)
	r.answers(func(n int, _ request) int {
		if n == 1 {
			arrived <- true
			<-answer
		}
		return http.StatusOK
	})
	held := subscribe(t, p, r.URL+"/held", "booking.updated")
	pause(t, p, held.ID)
	emit(t, p, "booking.updated")
	emit(t, p, "booking.created")
	<-arrived
	token := p.Tokens()[0].Text
	j.full.Store(true)
	if err := p.Reset(t.Context()); !errors.Is(err, errFull) {
		t.Fatalf("the reset returned %v, want the error of the journal", err)
	}
	close(answer)
	j.full.Store(false)
	if all := p.Subscriptions(false); len(all) != 2 || all[0].ID != s.ID || all[0].Secret != s.Secret {
		t.Errorf("the subscriptions are %+v", all)
	}
	if err := p.Authorise(token, ""); err != nil {
		t.Error(err)
	}
	resume(t, p, held.ID)
	wait(t, p, provider.Condition{Accepted: 2, AllFinished: true})
	if stats := j.Stats(); stats.Deliveries < 2 || stats.Unfinished() != 0 {
		t.Errorf("the journal has %+v", stats)
	}
}

// An accepted attempt that cannot be recorded did not happen: its delivery is pending and is attempted again.
func TestAttemptThatIsNotRecordedIsRepeated(t *testing.T) {
	t.Parallel()
	p, j, r, s := full(t, provider.Options{})
	r.answers(func(n int, _ request) int {
		j.full.Store(n == 1)
		return http.StatusOK
	})
	id := emit(t, p, "booking.created").Deliveries[0].ID
	wait(t, p, provider.Condition{Accepted: 1, AllFinished: true, SubscriptionID: s.ID})
	if n := len(r.requests()); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
	d, err := j.Delivery(t.Context(), id)
	if err != nil || d.State != journal.Delivered || d.Attempts != 1 {
		t.Errorf("the delivery is %+v (%v), want it delivered with one attempt", d, err)
	}
	if h := p.Health(); !h.Ready {
		t.Errorf("the health is %+v", h)
	}
}

// While the journal fails, a receiver does not get the same delivery again and again.
func TestAttemptsPauseWhileTheJournalFails(t *testing.T) {
	t.Parallel()
	p, j, r, _ := full(t, provider.Options{})
	arrived := make(chan bool, 1000)
	r.answers(func(int, request) int {
		j.full.Store(true)
		arrived <- true
		return http.StatusOK
	})
	emit(t, p, "booking.created")
	<-arrived
	for range 100 { // each loads the state again, with a delivery that is due
		if _, err := p.Emit(t.Context(), "booking.created", provider.Overrides{}); !errors.Is(err, errFull) {
			t.Fatalf("emitting returned %v", err)
		}
	}
	if n := len(r.requests()); n > 5 {
		t.Errorf("%d requests while the journal failed, want no more than one in each pause", n)
	}
	r.answers(nil)
	j.full.Store(false)
	wait(t, p, provider.Condition{Accepted: 1, AllFinished: true})
}

// The clinic of refused events is the one before them: a later event must not name a record that a restart does not have.
func TestRefusedEventsLeaveTheClinicUnchanged(t *testing.T) {
	t.Parallel()
	p, j, _, _ := full(t, provider.Options{Clock: clock.Manual(noon)})
	j.full.Store(true)
	for range 3 {
		if _, err := p.Emit(t.Context(), "patient.created", provider.Overrides{}); !errors.Is(err, errFull) {
			t.Fatalf("emitting returned %v", err)
		}
		if _, err := p.EmitAny(t.Context()); !errors.Is(err, errFull) {
			t.Fatalf("emitting returned %v", err)
		}
	}
	j.full.Store(false)
	patient, _ := emit(t, p, "patient.created").Event.Get("patientId")
	before, err := p.Record(patient)
	if err != nil {
		t.Fatal(err)
	}
	stop(t, p)
	restarted, err := provider.Start(t.Context(), provider.Options{Journal: j, Clock: clock.Manual(noon)})
	if err != nil {
		t.Fatal(err)
	}
	defer stop(t, restarted)
	after, err := restarted.Record(patient)
	if err != nil || string(after) != string(before) {
		t.Errorf("after a restart patient %s is %s (%v), want %s", patient, after, err, before)
	}
	ids, err := restarted.Records("patient")
	if err != nil || !slices.Contains(ids, patient) {
		t.Errorf("patient %s is not among the records (%v)", patient, err)
	}
}

// Commits that wait behind a refused one are refused too, because they were decided on what it would have changed.
func TestCommitsBehindARefusedOneAreRefused(t *testing.T) {
	t.Parallel()
	j := &blocking{Journal: journal.NewMemory(journal.Options{}), entered: make(chan bool), release: make(chan error)}
	t.Cleanup(func() { j.Close() }) // after the provider
	p := start(t, provider.Options{Journal: j})
	j.block.Store(true)
	results := make(chan error)
	emitOne := func() {
		_, err := p.Emit(t.Context(), "patient.created", provider.Overrides{})
		results <- err
	}
	go emitOne()
	<-j.entered
	for range 3 {
		go emitOne()
	}
	for p.Waiting() < 3 {
		runtime.Gosched()
	}
	j.block.Store(false)
	j.release <- errFull
	for range 4 {
		if err := <-results; err == nil || !strings.Contains(err.Error(), errFull.Error()) {
			t.Errorf("an event was acknowledged behind a refused one (%v)", err)
		}
	}
	if stats := j.Stats(); stats.Events != 0 {
		t.Errorf("the journal has %+v", stats)
	}
	emit(t, p, "patient.created")
}
