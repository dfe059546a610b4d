package provider_test

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"
	"testing"
	"time"

	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// failing is a journal whose disk may be full.
type failing struct {
	journal.Journal
	full atomic.Bool
}

var errFull = errors.New("no space left on device")

func (f *failing) Append(ctx context.Context, records ...journal.Record) error {
	if f.full.Load() {
		return errFull
	}
	return f.Journal.Append(ctx, records...)
}

func (f *failing) Reset(ctx context.Context, at time.Time, keep []journal.Kind, records ...journal.Record) error {
	if f.full.Load() {
		return errFull
	}
	return f.Journal.Reset(ctx, at, keep, records...)
}

// blocking is a journal whose Append waits for its result while block is set.
type blocking struct {
	journal.Journal
	block   atomic.Bool
	entered chan bool
	release chan error
}

func (b *blocking) Append(ctx context.Context, records ...journal.Record) error {
	if b.block.Load() {
		b.entered <- true
		if err := <-b.release; err != nil {
			return err
		}
	}
	return b.Journal.Append(ctx, records...)
}

// What is not committed is neither acknowledged nor tried.
func TestWhatTheJournalDoesNotTakeIsNotAcknowledged(t *testing.T) {
	j := &failing{Journal: journal.NewMemory(journal.Options{})}
	defer j.Close()
	p := start(t, provider.Options{Journal: j})
	r := receive(t, nil)
	subscribe(t, p, r.URL, "booking.created")
	j.full.Store(true)
	if _, err := p.Emit(t.Context(), "booking.created", provider.Overrides{}); !errors.Is(err, errFull) {
		t.Fatalf("emitting: %v", err)
	}
	if h := p.Health(); h.Ready || !errors.Is(h.Journal, errFull) || h.Unfinished != 0 {
		t.Errorf("its health is %+v", h)
	}
	j.full.Store(false)
	emit(t, p, "booking.created")
	wait(t, p, provider.Condition{Accepted: 1, AllFinished: true})
	if n := len(r.requests()); n != 1 {
		t.Errorf("%d requests, want the one that was acknowledged", n)
	}
	if h := p.Health(); !h.Ready {
		t.Errorf("its health is %+v", h)
	}
}

func TestTheLogIsRetainedForThirtySimulatedDays(t *testing.T) {
	c := clock.Manual(noon)
	p := start(t, provider.Options{Clock: c})
	r := receive(t, c)
	subscribe(t, p, r.URL, "booking.created")
	emit(t, p, "booking.created")
	advance(t, p, 29*24*time.Hour)
	if n := p.Journal().Stats().Attempts; n != 1 {
		t.Errorf("after 29 days there are %d attempts, want 1", n)
	}
	emit(t, p, "booking.created")
	advance(t, p, 2*24*time.Hour)
	if n := p.Journal().Stats().Attempts; n != 1 {
		t.Errorf("after 31 days there are %d attempts, want the later one", n)
	}
}

// forgetful is a journal that has forgotten a delivery, as after a reset by somebody else.
type forgetful struct {
	journal.Journal
	forgotten atomic.Pointer[string]
}

func (f *forgetful) Append(ctx context.Context, records ...journal.Record) error {
	for _, r := range records {
		if a, ok := r.(*journal.Attempt); ok && f.forgotten.Load() != nil && a.DeliveryID == *f.forgotten.Load() {
			return journal.ErrGone
		}
	}
	return f.Journal.Append(ctx, records...)
}

func (f *forgetful) Unfinished(ctx context.Context, subscriptionID string, after journal.Seq) iter.Seq2[*journal.Delivery, error] {
	return func(yield func(*journal.Delivery, error) bool) {
		for d, err := range f.Journal.Unfinished(ctx, subscriptionID, after) {
			if err == nil && f.forgotten.Load() != nil && d.ID == *f.forgotten.Load() {
				continue
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

// What cannot be written because its delivery is gone takes nothing else with it.
func TestADeliveryThatIsGoneTakesNothingWithIt(t *testing.T) {
	j := &forgetful{Journal: journal.NewMemory(journal.Options{})}
	defer j.Close()
	p := start(t, provider.Options{Journal: j})
	arrived, answer := make(chan bool, 99), make(chan bool)
	r := receive(t, nil)
	r.answers(func(int, request) int { arrived <- true; <-answer; return 200 })
	subscribe(t, p, r.URL, "booking.created")
	gone := emit(t, p, "booking.created").Deliveries[0].ID
	<-arrived
	j.forgotten.Store(&gone)
	close(answer)
	var kept []string
	for range 50 {
		kept = append(kept, emit(t, p, "booking.created").Deliveries[0].ID)
	}
	wait(t, p, provider.Condition{AllFinished: true})
	for _, id := range kept {
		if d, err := j.Delivery(t.Context(), id); err != nil || d.State != journal.Delivered {
			t.Errorf("%+v (%v), want it delivered", d, err)
		}
	}
	if h := p.Health(); !h.Ready {
		t.Errorf("its health is %+v", h)
	}
}

// impatient is a journal whose reset is slower than the patience of whoever asked for it.
type impatient struct {
	journal.Journal
	giveUp context.CancelFunc
}

func (j impatient) Reset(ctx context.Context, at time.Time, keep []journal.Kind, records ...journal.Record) error {
	j.giveUp()
	return j.Journal.Reset(ctx, at, keep, records...)
}

// Who asks for a reset and does not wait for it leaves no provider behind that is half reset.
func TestAResetIsWhole(t *testing.T) {
	memory := journal.NewMemory(journal.Options{})
	t.Cleanup(func() { memory.Close() }) // after the provider
	ctx, giveUp := context.WithCancel(t.Context())
	p := start(t, provider.Options{
		Journal: impatient{memory, giveUp}, Clock: clock.Manual(noon),
		Subscriptions: []provider.NewSubscription{{URL: "http://127.0.0.1:1/", Label: "l", EventTypes: []string{"booking.created"}, Local: true}},
	})
	subscribe(t, p, "http://127.0.0.1:1/other", "booking.created")
	emit(t, p, "booking.created")
	if err := p.Reset(ctx); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if all := p.Subscriptions(true); len(all) != 1 || all[0].Label != "l" {
		t.Errorf("there are the subscriptions %+v", all)
	}
	if n := len(emit(t, p, "booking.created").Deliveries); n != 1 {
		t.Errorf("an event is owed %d times, want once", n)
	}
	if stats := memory.Stats(); stats.Deliveries != 1 {
		t.Errorf("the journal has %+v", stats)
	}
	if err := p.Reset(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a reset that nobody waits for any more: %v", err)
	}
}

// A subscription that the journal had no room for is not there, and can be made once there is room.
func TestWhatTheJournalDoesNotTakeIsNoSubscription(t *testing.T) {
	j := &failing{Journal: journal.NewMemory(journal.Options{})}
	t.Cleanup(func() { j.Close() }) // after the provider
	p := start(t, provider.Options{Journal: j})
	r := receive(t, nil)
	n := provider.NewSubscription{URL: r.URL, Label: "l", EventTypes: []string{"booking.created"}}
	j.full.Store(true)
	if _, err := p.CreateSubscription(t.Context(), n); !errors.Is(err, errFull) {
		t.Fatalf("subscribing: %v", err)
	}
	j.full.Store(false)
	if outstanding := emit(t, p, "booking.created").Deliveries; len(outstanding) != 0 {
		t.Errorf("an event is owed to %s, which nobody was told of", outstanding[0].SubscriptionID)
	}
	if _, err := p.CreateSubscription(t.Context(), n); err != nil {
		t.Error(err)
	}
	emit(t, p, "booking.created")
	wait(t, p, provider.Condition{Accepted: 1, AllFinished: true})
}

// A delivery whose subscription the journal does not have keeps no provider from starting.
func TestADeliveryWithoutItsSubscriptionIsDropped(t *testing.T) {
	j := journal.NewMemory(journal.Options{})
	t.Cleanup(func() { j.Close() }) // after the provider
	created, err := schemas.Lookup("booking.created")
	if err != nil {
		t.Fatal(err)
	}
	c := &journal.Event{Event: schemas.Event{Type: created, Identifiers: []schemas.Identifier{{Name: "bookingId", Value: "507f1f77bcf86cd799439011"}}}, At: noon}
	if err := j.Append(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	d := &journal.Delivery{
		Delivery: simulator.Delivery{ID: "507f1f77bcf86cd799439012", SubscriptionID: "507f1f77bcf86cd799439013", Event: c.Event, CreatedAt: noon},
		EventSeq: c.Seq, DeliveryState: journal.DeliveryState{State: journal.Pending, Due: noon},
	}
	if err := j.Append(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	p := start(t, provider.Options{Journal: j})
	wait(t, p, provider.Condition{AllFinished: true})
	if now, err := j.Delivery(t.Context(), d.ID); err != nil || now.State != journal.Dropped {
		t.Errorf("it is %+v (%v)", now, err)
	}
}
