package provider

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/journal"
	"semblance/simulator/journal/sqlite"
)

var refusalSteps = flag.Int("refusal-steps", 500, "number of steps of TestAfterARefusalTheProviderEqualsItsJournal")

var errRefused = errors.New("no space left on device")

// refusing is a journal that refuses at random. A refused Append may hold the records of several commits.
type refusing struct {
	journal.Journal
	refuses  func() bool
	refusals atomic.Int64
}

func (r *refusing) refuse() error {
	if !r.refuses() {
		return nil
	}
	r.refusals.Add(1)
	return errRefused
}

func (r *refusing) Append(ctx context.Context, records ...journal.Record) error {
	if err := r.refuse(); err != nil {
		return err
	}
	return r.Journal.Append(ctx, records...)
}

func (r *refusing) Reset(ctx context.Context, at time.Time, keep []journal.Kind, records ...journal.Record) error {
	if err := r.refuse(); err != nil {
		return err
	}
	return r.Journal.Reset(ctx, at, keep, records...)
}

// deliveryView, subscriptionView and stateView show a state for comparison.
type deliveryView struct {
	ID, State, Due          string
	Seq                     journal.Seq
	Tries, Attempts, Status int
}

type subscriptionView struct {
	simulator.Subscription
	Secret, FormerSecret, FormerUntil string
	Failed, Unfinished                int
	Faults                            []FaultPlan
	Deliveries                        []deliveryView
}

type stateView struct {
	Subscriptions    []subscriptionView
	Tokens           []string
	Unfinished       int
	Orphans          []string
	Traffic          TrafficStatus
	ClinicSnapshot   string
	ClinicKnown      bool
	ClinicSince      int
	TrafficBefore    int
	DeliveriesByID   int
	SubscribersByURL map[string][]string
	SubscribersByKey map[string][]string
}

func viewState(t *testing.T, s *state) stateView {
	t.Helper()
	at := func(at time.Time) string { // as precise as a file
		if at.IsZero() {
			return ""
		}
		return at.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano)
	}
	v := stateView{
		Unfinished: s.unfinished, Orphans: s.orphans, ClinicKnown: s.clinic.known, ClinicSince: s.clinic.since,
		DeliveriesByID: len(s.deliveries), SubscribersByURL: ids(s.byEndpoint), SubscribersByKey: ids(s.byType),
	}
	for _, of := range s.all {
		sub := subscriptionView{
			Subscription: of.copied(), Secret: of.Secret.Reveal(), FormerSecret: of.former.Secret, FormerUntil: at(of.former.Until),
			Failed: of.failed, Unfinished: of.backlog.unfinished,
		}
		sub.CreatedAt, sub.UpdatedAt = sub.CreatedAt.Truncate(time.Microsecond).UTC(), sub.UpdatedAt.Truncate(time.Microsecond).UTC()
		for _, f := range of.faults {
			sub.Faults = append(sub.Faults, f.FaultPlan)
			if f.inFlight != 0 {
				t.Errorf("fault %s counts %d attempts in flight, and there are none", f.ID, f.inFlight)
			}
		}
		for _, d := range of.backlog.waiting() {
			if !d.committed {
				t.Errorf("delivery %s is not committed", d.record.ID)
			}
			sub.Deliveries = append(sub.Deliveries, deliveryView{
				ID: d.record.ID, State: string(d.state), Due: at(d.due), Seq: d.record.Seq, Tries: d.tries, Attempts: d.attempts, Status: d.status,
			})
		}
		v.Subscriptions = append(v.Subscriptions, sub)
	}
	for _, token := range s.tokens.all() {
		v.Tokens = append(v.Tokens, token.Text+token.String())
	}
	if s.traffic.Running { // a provider forgets ended traffic when it stops
		v.Traffic, v.TrafficBefore = s.traffic.TrafficStatus, s.traffic.before
		v.Traffic.Since = v.Traffic.Since.Truncate(time.Microsecond).UTC()
	}
	snapshot, err := s.clinic.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	v.ClinicSnapshot = string(snapshot)
	return v
}

// compareRecords compares the records of the clinic with those of the journal. The caller holds a lock that the end of the
// test needs.
func compareRecords(t *testing.T, p *Provider) {
	t.Helper()
	_, unprepared := p.journal.ClinicRecord(t.Context(), p.state.clinic.Practice().ID())
	for _, r := range p.state.clinic.All() {
		want := ClinicRecord(r, r.Permanent())
		got, err := p.journal.ClinicRecord(t.Context(), r.ID())
		if errors.Is(err, journal.ErrNotFound) && unprepared != nil {
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", r, err)
			return
		}
		if string(got.Values) == string(want.Values) && got.Permanent == want.Permanent && got.Patient == want.Patient {
			continue
		}
		want.Seq, want.Previous = got.Seq, got.Previous
		if diff := cmp.Diff(got, want, cmp.AllowUnexported(journal.Entry{})); diff != "" {
			t.Errorf("the journal has another %s than the clinic (-journal +clinic):\n%s", r, diff)
		}
	}
}

func ids(index map[string][]*subscription) map[string][]string {
	all := map[string][]string{}
	for key, list := range index {
		for _, s := range list {
			all[key] = append(all[key], s.ID)
		}
	}
	return all
}

// compareWithJournal compares a provider, once nothing is under way, with one that is started on its journal.
func compareWithJournal(t *testing.T, p *Provider) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var running, restored *state
	var err error
	var view stateView
	if wait := p.until(ctx, func() bool {
		if !p.quiet() {
			return false
		}
		running = p.state
		view = viewState(t, running)
		compareRecords(t, p)
		restored, err = p.load(ctx)
		if p.options.window != unlimited {
			checkWindow(t, p)
		}
		return true
	}); wait != nil {
		t.Fatal(wait)
	}
	if err != nil {
		t.Fatal(err)
	}
	restoredView := viewState(t, restored)
	if p.options.window != unlimited {
		for _, v := range []*stateView{&view, &restoredView} { // one that was just started has loaded as much as it may
			v.DeliveriesByID = 0
			for i := range v.Subscriptions {
				v.Subscriptions[i].Deliveries = nil
			}
		}
	}
	if diff := cmp.Diff(restoredView, view); diff != "" {
		t.Fatalf("the running provider differs from its journal (-journal +running):\n%s", diff)
	}
}

// checkWindow compares the deliveries that a provider has in memory with those in the journal.
func checkWindow(t *testing.T, p *Provider) {
	t.Helper()
	for _, s := range p.state.all {
		b := &s.backlog
		if n := b.inMemory(); n+b.beyond != b.unfinished || n > 2*p.options.window+1 {
			t.Errorf("subscription %s has %d deliveries in memory and %d beyond, of %d", s.ID, n, b.beyond, b.unfinished)
		}
		for _, d := range b.waiting() {
			now, err := p.journal.Delivery(t.Context(), d.record.ID)
			if err != nil || now.State != d.state || !now.Due.Truncate(time.Microsecond).Equal(d.due.Truncate(time.Microsecond)) || now.Tries != d.tries || now.Attempts != d.attempts || now.Status != d.status {
				t.Errorf("in memory %+v, in the journal %+v (%v)", d, now, err)
			}
		}
	}
}

// simulation drives a provider at random.
type simulation struct {
	*testing.T
	draw         *rand.Rand
	p            *Provider
	journal      *refusing
	url          string
	down         atomic.Bool
	acknowledged []string // deliveries, by outboxId
}

// TestAfterARefusalTheProviderEqualsItsJournal drives a provider whose journal refuses at random: events, actions of the
// clinic, traffic, commands, attempts and resets. After each refusal, and now and then without one, the provider must equal
// one that is started on the same journal. In the end every acknowledged delivery must be finished.
func TestAfterARefusalTheProviderEqualsItsJournal(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		seed   uint64
		window int
		open   func(*testing.T) journal.Journal
	}{
		"in memory":                     {seed: 1, open: func(*testing.T) journal.Journal { return journal.NewMemory(journal.Options{}) }},
		"in memory, with a window":      {seed: 2, window: 3, open: func(*testing.T) journal.Journal { return journal.NewMemory(journal.Options{}) }},
		"in a file, with a window of 2": {seed: 3, window: 2, open: openFile},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulate(t, test.open(t), test.seed, test.window, *refusalSteps/3)
		})
	}
}

func openFile(t *testing.T) journal.Journal {
	j, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "journal"), journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func simulate(t *testing.T, opened journal.Journal, seed uint64, window, steps int) {
	var refuse atomic.Bool
	var mu sync.Mutex
	chance := rand.New(rand.NewPCG(seed, 99))
	j := &refusing{Journal: opened, refuses: func() bool {
		mu.Lock()
		defer mu.Unlock()
		return refuse.Load() && chance.IntN(4) == 0
	}}
	t.Cleanup(func() { j.Close() })
	s := &simulation{T: t, draw: rand.New(rand.NewPCG(seed, 1)), journal: j}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(receiver.Close)
	s.url = receiver.URL
	p, err := Start(t.Context(), Options{
		Journal: j, window: window, Clock: clock.Manual(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)), Seed: int64(seed), InFlight: 2,
		Retry: RetryPolicy{Attempts: 3}, Breaker: Breaker{Threshold: 2}, WhilePaused: WhilePaused(seed % 2), Clinic: fixtures.Options{System: fixtures.OlderAppointments},
		Subscriptions: []NewSubscription{{URL: receiver.URL, Label: "all", EventTypes: allTypes(), Local: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	s.p = p
	refuse.Store(true)
	for i := range steps {
		before := j.refusals.Load()
		s.step()
		if j.refusals.Load() > before || i%20 == 0 {
			compareWithJournal(t, p)
		}
		if t.Failed() {
			return
		}
	}
	refuse.Store(false)
	s.finish()
	t.Logf("%d steps, %d refusals, %d deliveries acknowledged", steps, j.refusals.Load(), len(s.acknowledged))
}

func allTypes() []string {
	var names []string
	for _, t := range schemas.All() {
		names = append(names, t.Name)
	}
	return names
}

// allow fails the test for an error that is neither a refusal of the journal nor of the provider.
func (s *simulation) allow(err error) {
	s.Helper()
	if err != nil && !errors.Is(err, errRefused) && CodeOf(err) == "" {
		s.Error(err)
	}
}

func (s *simulation) acknowledge(emissions []Emission, err error) {
	s.Helper()
	s.allow(err)
	if err != nil {
		return
	}
	for _, e := range emissions {
		for _, d := range e.Deliveries {
			s.acknowledged = append(s.acknowledged, d.ID)
		}
	}
}

// step does one thing at random.
func (s *simulation) step() {
	s.Helper()
	ctx, p := s.Context(), s.p
	subs := p.Subscriptions(true)
	sub := subs[s.draw.IntN(len(subs))]
	switch n := s.draw.IntN(100); {
	case n < 18:
		e, err := p.Emit(ctx, []string{"booking.created", "patient.created", "invoice.paid"}[s.draw.IntN(3)], Overrides{})
		s.acknowledge([]Emission{e}, err)
	case n < 28:
		s.emitTogether()
	case n < 36:
		actions := fixtures.Actions()
		s.acknowledge(p.Do(ctx, actions[s.draw.IntN(len(actions))].Name, nil))
	case n < 38:
		_, err := p.EmitBatch(ctx, Batch{Types: []string{"booking.*", "patient.*"}, Count: 3},
			Batch{Type: "booking.created", Overrides: Overrides{Set: map[string]string{"bookingId": "none"}}})
		s.allow(err)
	case n < 42:
		e, err := p.EmitAny(ctx, "booking.*", "patient.*")
		s.acknowledge([]Emission{e}, err)
	case n < 60:
		s.allow(p.Advance(ctx, time.Duration(s.draw.IntN(60))*time.Second))
	case n < 62:
		s.allow(p.PrepareRecords(ctx))
	case n < 64:
		s.down.Store(!s.down.Load())
	case n < 67:
		s.allow(p.StartTraffic(ctx, TrafficOptions{Rate: 0.1, Count: s.draw.IntN(20), Types: []string{"lab.*"}}))
	case n < 69:
		_, err := p.StopTraffic(ctx)
		s.allow(err)
	case n < 99:
		s.command(ctx, sub)
	default:
		if err := p.Reset(ctx); err == nil {
			s.acknowledged = nil
		} else {
			s.allow(err)
		}
	}
}

// emitTogether emits several events at once, so that the journal refuses several commits in one Append.
func (s *simulation) emitTogether() {
	var mu sync.Mutex
	var together sync.WaitGroup
	for range 8 {
		together.Go(func() {
			e, err := s.p.Emit(s.Context(), "booking.updated", Overrides{})
			mu.Lock()
			defer mu.Unlock()
			s.acknowledge([]Emission{e}, err)
		})
	}
	together.Wait()
}

// command runs a command at random. If it is acknowledged, its effect must be visible.
func (s *simulation) command(ctx context.Context, sub simulator.Subscription) {
	s.Helper()
	p := s.p
	now := func() simulator.Subscription {
		s, _ := p.Subscription(sub.ID)
		return s
	}
	switch n := s.draw.IntN(30); {
	case n < 4:
		made, err := p.CreateSubscription(ctx, NewSubscription{
			URL: fmt.Sprintf("%s/%d", s.url, s.draw.IntN(20)), Label: "one of many", Local: s.draw.IntN(2) == 0,
			EventTypes: []string{"booking.created", "booking.updated", "webhook.event.deliveryFailed", "webhook.subscription.updated"},
		})
		s.allow(err)
		if _, ok := p.Subscription(made.ID); err == nil && !ok {
			s.Errorf("the subscription %s was acknowledged and does not exist", made.ID)
		}
	case n < 12:
		paused := s.draw.IntN(3) == 0
		_, err := p.UpdateSubscription(ctx, sub.ID, SubscriptionUpdate{DeliveryPaused: &paused})
		s.allow(err)
	case n < 14:
		label := fmt.Sprint("label ", s.draw.IntN(100))
		_, err := p.UpdateSubscription(ctx, sub.ID, SubscriptionUpdate{Label: &label})
		s.allow(err)
		if err == nil && now().Label != label {
			s.Errorf("the label is %q, want %q", now().Label, label)
		}
	case n < 16:
		rotated, err := p.RotateSecret(ctx, sub.ID, time.Duration(s.draw.IntN(2))*time.Minute)
		s.allow(err)
		if err == nil && now().Secret != rotated.Secret {
			s.Error("the secret is not the one that was acknowledged")
		}
	case n < 17:
		if len(p.Subscriptions(false)) > 3 && sub.Label != "all" {
			_, err := p.DeleteSubscription(ctx, sub.ID)
			s.allow(err)
			if err == nil && !now().Deleted {
				s.Error("the subscription is not deleted")
			}
		}
	case n < 21:
		faults := []string{"signature=tampered", "delivery=duplicate", "delivery=delay", "delivery=reorder", "delivery=drop"}
		plan := FaultPlan{SubscriptionID: sub.ID, Fault: faults[s.draw.IntN(len(faults))], Next: 1 + s.draw.IntN(3)}
		if s.draw.IntN(2) == 0 {
			plan = FaultPlan{SubscriptionID: sub.ID, Fault: "transport=reset", Share: 0.3}
		}
		_, err := p.SetFault(ctx, plan)
		s.allow(err)
	case n < 22:
		s.allow(p.ClearFaults(ctx, sub.ID))
	case n < 26:
		_, err := p.RequeueMatching(ctx, journal.Query{SubscriptionID: sub.ID})
		s.allow(err)
	default:
		page, err := p.Journal().Attempts(ctx, journal.Query{Limit: 20})
		if err != nil {
			s.Error(err)
		} else if len(page.Items) > 0 {
			_, err := p.Resend(ctx, page.Items[s.draw.IntN(len(page.Items))].Seq, s.draw.IntN(2) == 0)
			s.allow(err)
		}
	}
}

// finish lets everything end, and checks the acknowledged deliveries and the attempts in the journal.
func (s *simulation) finish() {
	s.Helper()
	s.down.Store(false)
	for _, sub := range s.p.Subscriptions(false) {
		s.allow(s.p.ClearFaults(s.Context(), sub.ID))
	}
	for range 3 { // a resumption may be followed by a pause
		on := false
		for _, sub := range s.p.Subscriptions(false) {
			if _, err := s.p.UpdateSubscription(s.Context(), sub.ID, SubscriptionUpdate{DeliveryPaused: &on}); err != nil {
				s.Fatal(err)
			}
		}
		if err := s.p.Advance(s.Context(), 2*time.Hour); err != nil {
			s.Fatal(err)
		}
	}
	compareWithJournal(s.T, s.p)
	if h := s.p.Health(); !h.Ready || h.InFlight > 0 {
		s.Errorf("its health is %+v", h)
	}
	for _, id := range s.acknowledged {
		d, err := s.journal.Delivery(s.Context(), id)
		if err != nil || d.State.Unfinished() {
			s.Errorf("the acknowledged delivery %s is %+v (%v)", id, d, err)
			continue
		}
		page, err := s.journal.Attempts(s.Context(), journal.Query{DeliveryID: id, Oldest: true})
		var numbers []string
		for i, a := range page.Items {
			if a.Number != i+1 {
				numbers = append(numbers, fmt.Sprint(a.Number))
			}
		}
		if err != nil || len(numbers) > 0 || len(page.Items) != d.Attempts {
			s.Errorf("delivery %s has %d attempts, of which %s are out of order (%v)", id, len(page.Items), strings.Join(numbers, ", "), err)
		}
	}
}
