package sqlite

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"semblance/simulator"
	"semblance/simulator/journal"
	"semblance/simulator/journal/internal/journaltest"
)

func TestReopen(t *testing.T) {
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "journal")
	j, m := openAt(t, path, journal.Options{Age: time.Hour}), journaltest.NewMaker(1)
	sub := &journal.Subscription{At: m.Tick(), Subscription: simulator.Subscription{ID: "s", Secret: "whsec_all_of_it_comes_back"}}
	c := m.Change("booking.created")
	owed, done := m.Delivery(c, "s"), m.Delivery(c, "s")
	clinic := &journal.Clinic{At: m.Tick(), Action: "seed", Data: []byte{0, 1, 0xff}}
	if err := j.Append(ctx, sub, c, owed, done, clinic); err != nil {
		t.Fatal(err)
	}
	due := m.Tick()
	if err := j.Append(ctx, m.Attempt(done, 200, journal.Standing{State: journal.Delivered, Ladder: 1}),
		m.Attempt(owed, 503, journal.Standing{State: journal.Pending, Due: due, Ladder: 1})); err != nil {
		t.Fatal(err)
	}
	tally := j.Tally()
	last, _ := j.Committed()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}

	j = openAt(t, path, journal.Options{Age: time.Hour})
	if got := j.Tally(); got != tally {
		t.Errorf("tally %+v, want %+v", got, tally)
	}
	if got, _ := j.Committed(); got != last {
		t.Errorf("last %d, want %d", got, last)
	}
	subs, err := journal.Load[*journal.Subscription](ctx, j, journal.KindSubscription)
	if err != nil || len(subs) != 1 || subs[0].Secret.Reveal() != "whsec_all_of_it_comes_back" {
		t.Errorf("subscriptions %v, error %v", subs, err)
	}
	clinics, err := journal.Load[*journal.Clinic](ctx, j, journal.KindClinic)
	if err != nil || len(clinics) != 1 || string(clinics[0].Data) != "\x00\x01\xff" {
		t.Errorf("clinic %v, error %v", clinics, err)
	}
	var left []*journal.Delivery
	for d, err := range j.Owed(ctx, "", 0) {
		if err != nil {
			t.Fatal(err)
		}
		left = append(left, d)
	}
	if len(left) != 1 || left[0].ID != owed.ID || left[0].Attempts != 1 || left[0].Status != 503 || !left[0].Due.Equal(due) || left[0].Ladder != 1 {
		t.Fatalf("owed %+v", left)
	}
	err = j.Append(ctx, m.Change("booking.updated"), &journal.Delivery{Delivery: owed.Delivery, Standing: owed.Standing})
	if err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("error %v, want that the delivery is there already", err)
	}
	if err := j.Append(ctx, m.Attempt(left[0], 200, journal.Standing{State: journal.Delivered, Ladder: 2})); err != nil {
		t.Fatal(err)
	}

	// When all is pruned away, the numbers still go on.
	last, _ = j.Committed()
	if _, err := j.Prune(ctx, m.Tick().AddDate(1, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if err := j.Reset(ctx, m.Tick()); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = openAt(t, path, journal.Options{})
	next := m.Change("booking.created")
	if err := j.Append(ctx, next); err != nil {
		t.Fatal(err)
	}
	if next.Seq <= last+1 {
		t.Errorf("number %d after a reset at %d", next.Seq, last+1)
	}
}

// TestPoison appends a record that fails beside others that must not fail with it: they share a transaction.
func TestPoison(t *testing.T) {
	j, m := openNew(t, journal.Options{}), journaltest.NewMaker(1)
	c := m.Change("booking.created")
	d := m.Delivery(c, "s")
	if err := j.Append(context.Background(), c, d); err != nil {
		t.Fatal(err)
	}
	var batch []*task
	for i := range 9 {
		c := m.Change("booking.created")
		fresh := m.Delivery(c, "s")
		if i%3 == 1 {
			fresh.ID = d.ID
		}
		batch = append(batch, &task{doing: "append", records: []journal.Record{c, fresh}, done: make(chan struct{})})
	}
	// Close ends the writer's goroutine; what it would do is done here, so that the nine are one batch for certain.
	close(j.closing)
	<-j.ended
	j.commit(batch)
	j.closing = make(chan struct{})
	j.ended = make(chan struct{})
	go j.run()
	for i, task := range batch {
		<-task.done
		if bad := i%3 == 1; (task.err != nil) != bad {
			t.Errorf("task %d: error %v", i, task.err)
		}
	}
	if got, want := j.Tally(), (journal.Tally{Changes: 7, Deliveries: 7, Pending: 7}); got != want {
		t.Errorf("tally %+v, want %+v", got, want)
	}
}

// TestReadersDoNotBlock appends while an iteration stands still in the middle.
func TestReadersDoNotBlock(t *testing.T) {
	ctx := context.Background()
	j, m := openNew(t, journal.Options{}), journaltest.NewMaker(1)
	c := m.Change("booking.created")
	if err := j.Append(ctx, c, m.Delivery(c, "s"), m.Delivery(c, "s"), m.Delivery(c, "s")); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for d, err := range j.Owed(ctx, "", 0) {
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Append(ctx, m.Attempt(d, 200, journal.Standing{State: journal.Delivered})); err != nil {
			t.Fatal(err)
		}
		seen++
	}
	if seen != 3 || j.Tally().Owed() != 0 {
		t.Errorf("%d seen, tally %+v", seen, j.Tally())
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := j.Attempts(canceled, journal.Query{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}

// TestPruneWhileAppending prunes while others append, and counts afterwards.
func TestPruneWhileAppending(t *testing.T) {
	ctx := context.Background()
	j := openNew(t, journal.Options{Rows: 100})
	done := make(chan struct{})
	go func() {
		defer close(done)
		fill(t, j, 400)
	}()
	for more := true; more; {
		select {
		case <-done:
			more = false
		default:
		}
		if _, err := j.Prune(ctx, time.Unix(0, 0)); err != nil {
			t.Fatal(err)
		}
	}
	tally := j.Tally()
	if tally.Attempts != 100 || tally.Deliveries != 100 || tally.Changes != 100 {
		t.Errorf("tally %+v, want 100 of each", tally)
	}
	for kind, want := range map[journal.Kind]int{journal.KindChange: tally.Changes, journal.KindDelivery: tally.Deliveries, journal.KindAttempt: tally.Attempts} {
		if n, err := j.Count(ctx, kind, journal.Query{}); err != nil || n != want {
			t.Errorf("%d of kind %s in the file (error %v), %d by the tally", n, kind, err, want)
		}
	}
	consistent(t, j)
}
