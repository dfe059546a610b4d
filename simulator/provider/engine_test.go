package provider_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/delivery"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
	"semblance/simulator/signature"
)

func TestWaitSaysHowFarThingsHaveCome(t *testing.T) {
	p := start(t, provider.Options{})
	r := receive(t, nil)
	s := subscribe(t, p, r.URL, "booking.created")
	emit(t, p, "booking.created")
	after := wait(t, p, provider.Condition{Accepted: 1, Types: []string{"booking.*"}})
	if !after.Met || after.Accepted != 1 {
		t.Errorf("progress %+v", after)
	}
	mark, _ := p.Journal().Committed()
	pause(t, p, s.ID)
	emit(t, p, "booking.created")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	progress, err := p.Wait(ctx, provider.Condition{Accepted: 2, Types: []string{"booking.created"}, AllFinished: true})
	if !errors.Is(err, context.DeadlineExceeded) || progress.Met || progress.Accepted != 1 || progress.Unfinished != 1 {
		t.Errorf("%+v, %v", progress, err)
	}
	if want := "the receiver accepted 1 of 2 deliveries of booking.created; 1 unfinished delivery"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if progress, err := p.Wait(ctx, provider.Condition{Accepted: 1, After: mark}); err == nil || progress.Accepted != 0 {
		t.Errorf("after the mark: %+v, %v", progress, err)
	}
	waited := make(chan error)
	go func() {
		_, err := p.Wait(t.Context(), provider.Condition{Accepted: 1, After: mark, Types: []string{"booking.*"}, SubscriptionID: s.ID})
		waited <- err
	}()
	resume(t, p, s.ID)
	if err := <-waited; err != nil {
		t.Error(err)
	}
	if _, err := p.Wait(t.Context(), provider.Condition{Types: []string{"boking.*"}}); provider.CodeOf(err) != provider.CodeEventType {
		t.Errorf("a pattern that names nothing: %v", err)
	}
	if _, err := p.Wait(t.Context(), provider.Condition{SubscriptionID: "none"}); provider.CodeOf(err) != provider.CodeNotFound {
		t.Errorf("a subscription that is not there: %v", err)
	}
}

// A reset takes away the subscription that somebody waits for: they are told, and nobody else notices.
func TestWaitingForASubscriptionThatIsResetAway(t *testing.T) {
	for name, c := range map[string]provider.Condition{
		"from the start": {Accepted: 1},
		"after a mark":   {Accepted: 1, After: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := start(t, provider.Options{})
				c.SubscriptionID = subscribe(t, p, "https://example.com/webhooks", "booking.created").ID
				waited := make(chan error, 1)
				go func() {
					_, err := p.Wait(t.Context(), c)
					waited <- err
				}()
				synctest.Wait() // it waits
				if err := p.Reset(t.Context()); err != nil {
					t.Fatal(err)
				}
				emit(t, p, "booking.created") // the provider has got on, so whoever waits looks
				if err := <-waited; provider.CodeOf(err) != provider.CodeNotFound {
					t.Errorf("who waits is told %v, want that the subscription is not there", err)
				}
			})
		})
	}
}

func TestResend(t *testing.T) {
	c := clock.Manual(noon)
	p := start(t, provider.Options{Clock: c, Retry: provider.RetryPolicy{Attempts: 1}})
	r := receive(t, c)
	r.answers(func(n int, _ request) int { return map[bool]int{true: 500, false: 200}[n < 3] })
	s := subscribe(t, p, r.URL, "booking.created")
	id := emit(t, p, "booking.created").Deliveries[0].ID
	advance(t, p, time.Hour)
	page, err := p.Journal().Attempts(t.Context(), journal.Query{DeliveryID: id})
	if err != nil || len(page.Items) != 1 {
		t.Fatal(len(page.Items), err)
	}
	first := page.Items[0].Seq

	same, err := p.Resend(t.Context(), first, false)
	if err != nil || same.Number != 2 || same.ReplayOf != first || same.Response.Status != 500 {
		t.Fatalf("%+v, %v", same, err)
	}
	got := r.requests()
	if string(got[1].Body) != string(got[0].Body) || got[1].Header.Get(signature.HeaderName) != got[0].Header.Get(signature.HeaderName) {
		t.Error("a replay sends other bytes")
	}
	if d, _ := p.Journal().Delivery(t.Context(), id); d.State != journal.Failed || d.Attempts != 2 {
		t.Errorf("after a refused replay the delivery is %+v", d)
	}
	anew, err := p.Resend(t.Context(), first, true)
	if err != nil || anew.Number != 3 || anew.Request.EventID == same.Request.EventID {
		t.Fatalf("%+v, %v", anew, err)
	}
	r.requests()[2].verify(t, s, noon.Add(time.Hour))
	if d, _ := p.Journal().Delivery(t.Context(), id); d.State != journal.Delivered {
		t.Errorf("after an accepted attempt by hand the delivery is %+v", d)
	}
	wait(t, p, provider.Condition{Accepted: 1})
	if _, err := p.Resend(t.Context(), 1<<40, true); provider.CodeOf(err) != provider.CodeNotFound {
		t.Errorf("resending what is not there: %v", err)
	}
}

func TestFaultsOfTheNextAttemptsAndOfAShare(t *testing.T) {
	c := clock.Manual(noon)
	p := start(t, provider.Options{Clock: c, Seed: 9, InFlight: 1})
	r := receive(t, c)
	s := subscribe(t, p, r.URL, "booking.created")
	plan, err := p.SetFault(t.Context(), provider.FaultPlan{SubscriptionID: s.ID, Fault: "signature=wrong-secret", Next: 2})
	if err != nil || plan.ID == "" {
		t.Fatal(plan, err)
	}
	wrong := func() int {
		n := 0
		for _, r := range r.requests() {
			if signature.Verify(r.Body, r.Header.Get(signature.HeaderName), s.Secret.Reveal(), r.At, signature.DefaultTolerance) != nil {
				n++
			}
		}
		return n
	}
	for range 4 {
		emit(t, p, "booking.created")
	}
	wait(t, p, provider.Condition{Accepted: 4})
	if n := wrong(); n != 2 {
		t.Errorf("%d of 4 were spoiled, want the next 2", n)
	}
	if left := p.Faults(s.ID); len(left) != 0 {
		t.Errorf("left are %+v", left)
	}
	if _, err := p.SetFault(t.Context(), provider.FaultPlan{SubscriptionID: s.ID, Fault: "signature=tampered", Share: 0.25}); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		emit(t, p, "booking.created")
	}
	advance(t, p, 0)
	if n := wrong() - 2; n < 30 || n > 70 {
		t.Errorf("%d of 200 were spoiled, want a quarter", n)
	}
	page, err := p.Journal().Attempts(t.Context(), journal.Query{Oldest: true})
	if err != nil || page.Items[0].Request.Fault == "" || page.Items[0].Verdict != journal.Valid {
		t.Errorf("the journal has the first attempt as %+v (%v)", page.Items[0], err)
	}
	for _, bad := range []provider.FaultPlan{
		{SubscriptionID: s.ID, Fault: "signature=tampred", Next: 1},
		{SubscriptionID: s.ID, Fault: "signature=tampered"},
		{SubscriptionID: s.ID, Fault: "signature=tampered", Next: 1, Share: 0.5},
		{SubscriptionID: s.ID, Fault: "signature=tampered", Share: 1.5},
	} {
		if _, err := p.SetFault(t.Context(), bad); provider.CodeOf(err) != provider.CodeFault {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// Faults and traffic would torment a stranger's receiver.
func TestFaultsAndTrafficStayLocal(t *testing.T) {
	p := start(t, provider.Options{Delivery: delivery.Options{Dial: noDial(t)}})
	s := subscribe(t, p, "https://203.0.113.7/webhooks", "booking.created")
	pause(t, p, s.ID) // nothing may go there
	if _, err := p.SetFault(t.Context(), provider.FaultPlan{SubscriptionID: s.ID, Fault: "transport=reset", Next: 1}); provider.CodeOf(err) != provider.CodePublic {
		t.Errorf("a fault towards a public address: %v", err)
	}
	if err := p.StartTraffic(t.Context(), provider.TrafficOptions{}); provider.CodeOf(err) != provider.CodePublic {
		t.Errorf("traffic towards a public address: %v", err)
	}
}

// noDial fails the test instead of connecting.
func noDial(t *testing.T) func(context.Context, string, string) (net.Conn, error) {
	return func(_ context.Context, _, address string) (net.Conn, error) {
		t.Errorf("connected to %s", address)
		return nil, errors.New("not in a test")
	}
}

// A subscription that is made while the traffic runs is spared by the sender.
func TestTrafficSparesAPublicAddressThatComesLater(t *testing.T) {
	c := clock.Manual(noon)
	p := start(t, provider.Options{Clock: c, Delivery: delivery.Options{Dial: noDial(t)}, Retry: provider.RetryPolicy{Attempts: 1}})
	if err := p.StartTraffic(t.Context(), provider.TrafficOptions{Types: []string{"booking.created"}, Count: 4, Rate: 1}); err != nil {
		t.Fatal(err)
	}
	s := subscribe(t, p, "https://203.0.113.7/webhooks", "booking.created") // after the first change, or before it
	advance(t, p, time.Minute)
	if n, err := p.RequeueMatching(t.Context(), journal.Query{}); n == 0 || err != nil {
		t.Fatalf("requeued %d (%v)", n, err)
	}
	resume(t, p, s.ID)
	advance(t, p, time.Minute)
	page, err := p.Journal().Attempts(t.Context(), journal.Query{SubscriptionID: s.ID})
	if err != nil || len(page.Items) < 4 {
		t.Fatalf("%d attempts (%v)", len(page.Items), err)
	}
	for _, a := range page.Items {
		if a.Response.Failure != simulator.FailureBlocked {
			t.Errorf("an attempt came to %q: %s", a.Response.Failure, a.Response.Detail)
		}
	}
}

func TestTrafficIsStartedOnceAndStopped(t *testing.T) {
	c := clock.Manual(noon)
	p := start(t, provider.Options{Clock: c})
	if err := p.StartTraffic(t.Context(), provider.TrafficOptions{Rate: -1}); provider.CodeOf(err) != provider.CodeSetting {
		t.Errorf("a negative rate: %v", err)
	}
	if err := p.StartTraffic(t.Context(), provider.TrafficOptions{Rate: 10}); err != nil {
		t.Fatal(err)
	}
	if err := p.StartTraffic(t.Context(), provider.TrafficOptions{}); provider.CodeOf(err) != provider.CodeTrafficRunning {
		t.Errorf("starting it twice: %v", err)
	}
	advance(t, p, 10*time.Second)
	if status, err := p.StopTraffic(t.Context()); err != nil || status.Made != 101 || status.Running {
		t.Errorf("10 s at 10/s made %+v (%v)", status, err)
	}
	advance(t, p, time.Minute)
	if status := p.Traffic(); status.Made != 101 {
		t.Errorf("stopped traffic went on to %d", status.Made)
	}
}

func TestEmitWithOverrides(t *testing.T) {
	p := start(t, provider.Options{})
	r := receive(t, nil)
	subscribe(t, p, r.URL, "booking.created", "patient.created")
	created, err := p.Emit(t.Context(), "patient.created", provider.Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	patient, _ := created.Event.Get("patientId")
	about, err := p.Emit(t.Context(), "booking.created", provider.Overrides{About: map[string]string{"patient": patient}, Omit: []string{"doctorId"}})
	if err != nil {
		t.Fatal(err)
	}
	if id, _ := about.Event.Get("patientId"); id != patient {
		t.Errorf("it is about patient %s, want %s", id, patient)
	}
	if _, has := about.Event.Get("doctorId"); has {
		t.Error("doctorId was omitted and is there")
	}
	for name, test := range map[string]struct {
		eventType string
		o         provider.Overrides
		want      provider.Code
	}{
		"an unknown type":              {"booking.craeted", provider.Overrides{}, provider.CodeEventType},
		"a required one left out":      {"booking.created", provider.Overrides{Omit: []string{"bookingId"}}, provider.CodeInvalidEvent},
		"no id":                        {"booking.created", provider.Overrides{Set: map[string]string{"bookingId": "nonsense"}}, provider.CodeInvalidEvent},
		"an identifier it cannot have": {"booking.created", provider.Overrides{Set: map[string]string{"labId": patient}}, provider.CodeInvalidEvent},
		"an unknown record":            {"booking.created", provider.Overrides{About: map[string]string{"patient": "000000000000000000000000"}}, provider.CodeNotFound},
	} {
		if _, err := p.Emit(t.Context(), test.eventType, test.o); provider.CodeOf(err) != test.want {
			t.Errorf("%s: %v, want the code %q", name, err, test.want)
		}
	}
	bad, err := p.Emit(t.Context(), "booking.created", provider.Overrides{Set: map[string]string{"bookingId": "nonsense"}, Invalid: true})
	if err != nil {
		t.Fatal(err)
	}
	wait(t, p, provider.Condition{Accepted: 3})
	page, err := p.Journal().Attempts(t.Context(), journal.Query{DeliveryID: bad.Deliveries[0].ID})
	if err != nil || len(page.Items) != 1 || page.Items[0].Verdict != journal.Invalid || len(page.Items[0].Violations) == 0 {
		t.Errorf("the journal has %+v (%v), want the verdict of the schema", page.Items, err)
	}
	if ids, err := p.Records("patient"); err != nil || !slices.Contains(ids, patient) {
		t.Errorf("patient %s is not among the %d of the clinic (%v)", patient, len(ids), err)
	}
	if _, err := p.Records("patience"); provider.CodeOf(err) != provider.CodeNotFound || !strings.Contains(err.Error(), `"patient"`) {
		t.Errorf("an unknown kind: %v", err)
	}
	if _, err := p.Record("nobody"); provider.CodeOf(err) != provider.CodeNotFound {
		t.Errorf("an unknown record: %v", err)
	}
	if _, err := p.Do(t.Context(), "", nil); provider.CodeOf(err) != provider.CodeInvalidEvent {
		t.Errorf("no action: %v", err)
	}
	if record, err := p.Record(patient); err != nil || !strings.Contains(string(record), patient) {
		t.Errorf("the record is %s, %v", record, err)
	}
}

func TestEmitAnyMayBeNarrowed(t *testing.T) {
	p := start(t, provider.Options{})
	for range 20 {
		if e, err := p.EmitAny(t.Context(), "invoice.*", "group:lab"); err != nil || !strings.Contains("invoice lab", e.Event.Type.Group) {
			t.Fatalf("it gave %+v (%v)", e.Event, err)
		}
	}
	if _, err := p.EmitAny(t.Context(), "invoce.*"); provider.CodeOf(err) != provider.CodeEventType {
		t.Errorf("a pattern that names nothing: %v", err)
	}
	if _, err := p.EmitAny(t.Context(), "webhook.*"); provider.CodeOf(err) != provider.CodeInvalidEvent {
		t.Errorf("what the practice never does: %v", err)
	}
}

func TestReset(t *testing.T) {
	c := clock.Manual(noon)
	r := receive(t, c)
	local := provider.NewSubscription{URL: r.URL, Label: "--to", EventTypes: everyType(), Local: true}
	p := start(t, provider.Options{Clock: c, Subscriptions: []provider.NewSubscription{local}, Seed: 4})
	token := p.Tokens()[0].Text
	id := func() string {
		e := emit(t, p, "booking.created")
		id, _ := e.Event.Get("bookingId")
		return id
	}
	first := id()
	r.answers(func(int, request) int { return http.StatusInternalServerError })
	id()
	subscribe(t, p, "https://example.com", "booking.created")
	if err := p.StartTraffic(t.Context(), provider.TrafficOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := p.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.answers(nil)
	if all := p.Subscriptions(true); len(all) != 1 || all[0].Label != "--to" || all[0].DeliveryPaused {
		t.Errorf("after a reset there are %v", all)
	}
	if err := p.Authorise(token, provider.SeeWebhooks); err != nil {
		t.Errorf("the token is gone: %v", err)
	}
	if stats := p.Journal().Stats(); stats != (journal.Stats{}) {
		t.Errorf("the journal holds %+v", stats)
	}
	if p.Traffic().Running {
		t.Error("the traffic runs on")
	}
	if again := id(); again != first {
		t.Errorf("the clinic begins with %s, and began with %s", again, first)
	}
	wait(t, p, provider.Condition{Accepted: 1, AllFinished: true})
	before := len(r.requests())
	advance(t, p, time.Hour)
	if n := len(r.requests()); n != before {
		t.Errorf("%d attempts came of what was reset away", n-before)
	}
}

func TestResetCutsWhatHangs(t *testing.T) {
	p := start(t, provider.Options{})
	arrived, answer := make(chan bool, 9), make(chan bool)
	defer close(answer)
	r := receive(t, nil)
	r.answers(func(int, request) int { arrived <- true; <-answer; return 200 })
	subscribe(t, p, r.URL, "booking.created")
	emit(t, p, "booking.created")
	<-arrived
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := p.Reset(ctx); err != nil {
		t.Fatal(err)
	}
	wait(t, p, provider.Condition{AllFinished: true})
}

func TestSettingsThatCannotBe(t *testing.T) {
	for name, o := range map[string]provider.Options{
		"in flight": {InFlight: -1},
		"ladder":    {Retry: provider.RetryPolicy{Attempts: -3}},
		"subscription": {Subscriptions: []provider.NewSubscription{
			{URL: "nonsense", Label: "l", EventTypes: []string{"booking.created"}},
		}},
	} {
		if p, err := provider.Start(t.Context(), o); err == nil {
			stop(t, p)
			t.Errorf("%s: started all the same", name)
		}
	}
}

func TestASampleIsSignedAndChangesNothing(t *testing.T) {
	c := clock.Manual(noon)
	p := start(t, provider.Options{Clock: c})
	s := subscribe(t, p, "https://example.com/a", "booking.created")
	for _, eventType := range everyType() {
		sample, err := p.Sample(eventType, s.ID)
		if err != nil {
			t.Fatal(err)
		}
		r := request{Body: sample.Body, Header: http.Header{signature.HeaderName: {sample.Header(signature.HeaderName)}}}
		r.verify(t, s, noon)
	}
	if request, err := p.Sample("booking.created", ""); err != nil || request.EventType != "booking.created" {
		t.Errorf("a sample for nobody: %+v, %v", request, err)
	}
	if _, err := p.Sample("booking.craeted", ""); provider.CodeOf(err) != provider.CodeEventType {
		t.Errorf("a sample of an unknown type: %v", err)
	}
	if stats := p.Journal().Stats(); stats != (journal.Stats{}) {
		t.Errorf("the journal holds %+v", stats)
	}
}
