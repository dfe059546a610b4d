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
	t.Parallel()
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "journal")
	j, m := openAt(t, path, journal.Options{Age: time.Hour}), journaltest.NewMaker(1)
	sub := &journal.Subscription{At: m.Tick(), Subscription: simulator.Subscription{ID: "s", Secret: "whsec_stored_in_full"}}
	c := m.Event("booking.created")
	unfinished, done := m.Delivery(c, "s"), m.Delivery(c, "s")
	action := &journal.Clinic{At: m.Tick(), Action: "seed", Data: []byte{0, 1, 0xff}}
	if err := j.Append(ctx, sub, c, unfinished, done, action); err != nil {
		t.Fatal(err)
	}
	due := m.Tick()
	if err := j.Append(ctx, m.Attempt(done, 200, journal.DeliveryState{State: journal.Delivered, Tries: 1}),
		m.Attempt(unfinished, 503, journal.DeliveryState{State: journal.Pending, Due: due, Tries: 1})); err != nil {
		t.Fatal(err)
	}
	stats := j.Stats()
	last, _ := j.Committed()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}

	j = openAt(t, path, journal.Options{Age: time.Hour})
	if got := j.Stats(); got != stats {
		t.Errorf("stats %+v, want %+v", got, stats)
	}
	if got, _ := j.Committed(); got != last {
		t.Errorf("last %d, want %d", got, last)
	}
	subs, err := journal.Load[*journal.Subscription](ctx, j, journal.KindSubscription)
	if err != nil || len(subs) != 1 || subs[0].Secret.Reveal() != "whsec_stored_in_full" {
		t.Errorf("subscriptions %v, error %v", subs, err)
	}
	clinics, err := journal.Load[*journal.Clinic](ctx, j, journal.KindClinic)
	if err != nil || len(clinics) != 1 || string(clinics[0].Data) != "\x00\x01\xff" {
		t.Errorf("clinic %v, error %v", clinics, err)
	}
	var left []*journal.Delivery
	for d, err := range j.Unfinished(ctx, "", 0) {
		if err != nil {
			t.Fatal(err)
		}
		left = append(left, d)
	}
	if len(left) != 1 || left[0].ID != unfinished.ID || left[0].Attempts != 1 || left[0].Status != 503 || !left[0].Due.Equal(due) || left[0].Tries != 1 {
		t.Fatalf("unfinished %+v", left)
	}
	err = j.Append(ctx, m.Event("booking.updated"), &journal.Delivery{Delivery: unfinished.Delivery, DeliveryState: unfinished.DeliveryState})
	if err == nil || !strings.Contains(err.Error(), "already exists") {
		t.Errorf("error %v, want that the delivery already exists", err)
	}
	if err := j.Append(ctx, m.Attempt(left[0], 200, journal.DeliveryState{State: journal.Delivered, Tries: 2})); err != nil {
		t.Fatal(err)
	}

	// The numbers continue even if all records were pruned.
	last, _ = j.Committed()
	if _, err := j.Prune(ctx, m.Tick().AddDate(1, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if err := j.Reset(ctx, m.Tick(), nil); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = openAt(t, path, journal.Options{})
	next := m.Event("booking.created")
	if err := j.Append(ctx, next); err != nil {
		t.Fatal(err)
	}
	if next.Seq <= last+1 {
		t.Errorf("number %d after a reset at %d", next.Seq, last+1)
	}
}

// TestErrorInBatch appends invalid records in the same transaction as valid ones, which must not fail.
func TestErrorInBatch(t *testing.T) {
	t.Parallel()
	j, m := openNew(t, journal.Options{}), journaltest.NewMaker(1)
	c := m.Event("booking.created")
	d := m.Delivery(c, "s")
	if err := j.Append(context.Background(), c, d); err != nil {
		t.Fatal(err)
	}
	var batch []*task
	for i := range 9 {
		c := m.Event("booking.created")
		next := m.Delivery(c, "s")
		if i%3 == 1 {
			next.ID = d.ID
		}
		batch = append(batch, &task{records: []journal.Record{c, next}, done: make(chan struct{})})
	}
	// The test does the work of the writer's goroutine, so that the nine tasks are one batch.
	close(j.closing)
	<-j.done
	j.commit(batch)
	j.closing = make(chan struct{})
	j.done = make(chan struct{})
	go j.write()
	for i, task := range batch {
		<-task.done
		if bad := i%3 == 1; (task.err != nil) != bad {
			t.Errorf("task %d: error %v", i, task.err)
		}
	}
	if got, want := j.Stats(), (journal.Stats{Events: 7, Deliveries: 7, Pending: 7}); got != want {
		t.Errorf("stats %+v, want %+v", got, want)
	}
}

// TestReadersDoNotBlock appends in the middle of an iteration.
func TestReadersDoNotBlock(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	j, m := openNew(t, journal.Options{}), journaltest.NewMaker(1)
	c := m.Event("booking.created")
	if err := j.Append(ctx, c, m.Delivery(c, "s"), m.Delivery(c, "s"), m.Delivery(c, "s")); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for d, err := range j.Unfinished(ctx, "", 0) {
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Append(ctx, m.Attempt(d, 200, journal.DeliveryState{State: journal.Delivered})); err != nil {
			t.Fatal(err)
		}
		seen++
	}
	if seen != 3 || j.Stats().Unfinished() != 0 {
		t.Errorf("%d deliveries, stats %+v", seen, j.Stats())
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := j.Attempts(canceled, journal.Query{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

// TestPruneWhileAppending prunes and appends concurrently, and compares the stats with the file.
func TestPruneWhileAppending(t *testing.T) {
	t.Parallel()
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
	stats := j.Stats()
	if stats.Attempts != 100 || stats.Deliveries != 100 || stats.Events != 100 {
		t.Errorf("stats %+v, want 100 of each", stats)
	}
	consistent(t, j)
}
