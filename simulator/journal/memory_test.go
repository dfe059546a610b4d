package journal_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"semblance/simulator/journal"
	"semblance/simulator/journal/internal/journaltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func openMemory(_ testing.TB, options journal.Options) journal.Journal {
	return journal.NewMemory(options)
}

func TestMemory(t *testing.T) { journaltest.Run(t, openMemory) }

func BenchmarkMemory(b *testing.B) { journaltest.Bench(b, openMemory) }

func BenchmarkMemoryClinic(b *testing.B) { journaltest.BenchClinic(b, openMemory) }

// TestMemoryTrims appends many more records than the options allow, without a call of Prune.
func TestMemoryTrims(t *testing.T) {
	ctx := context.Background()
	for name, test := range map[string]struct {
		options journal.Options
		max     int
	}{
		"rows":  {journal.Options{Rows: 80}, 80 + 80/8},
		"bytes": {journal.Options{Rows: -1, Bytes: 1 << 20}, 18 * 9 / 8}, // bodies of 60 KB
	} {
		t.Run(name, func(t *testing.T) {
			j, m := journal.NewMemory(test.options), journaltest.NewMaker(1)
			c := m.Event("booking.created")
			unfinished := m.Delivery(c, "s")
			if err := j.Append(ctx, c, unfinished); err != nil {
				t.Fatal(err)
			}
			for range 500 {
				c := m.Event("booking.created")
				d := m.Delivery(c, "s")
				a := m.Attempt(d, 200, journal.DeliveryState{State: journal.Delivered})
				a.Response.Body = make([]byte, 60_000)
				if err := j.Append(ctx, c, d, a); err != nil {
					t.Fatal(err)
				}
				if stats := j.Stats(); stats.Attempts > test.max || stats.Deliveries > test.max+1 || stats.Events > test.max+2 {
					t.Fatalf("stats %+v, want at most %d of each", stats, test.max)
				}
			}
			if _, err := j.Delivery(ctx, unfinished.ID); err != nil {
				t.Errorf("the unfinished delivery was deleted: %v", err)
			}
		})
	}
}

// TestMemoryUnfinished appends unfinished deliveries until the journal is full. It then still records attempts, and has space
// again when a delivery has finished.
func TestMemoryUnfinished(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	const limit = 50
	j, m := journal.NewMemory(journal.Options{Bytes: limit << 10}), journaltest.NewMaker(1)
	var all []*journal.Delivery
	deliver := func() error {
		e := m.Event("booking.created")
		d := m.Delivery(e, "s")
		err := j.Append(ctx, e, d)
		if err == nil {
			all = append(all, d)
		}
		return err
	}
	wantFull := func() {
		t.Helper()
		err := deliver()
		if !errors.Is(err, journal.ErrFull) || !strings.Contains(err.Error(), "it has 50 unfinished deliveries and can hold 50 in 50 KiB of memory") {
			t.Fatalf("error %v, want journal.ErrFull with the limit", err)
		}
		if got := j.Stats(); got.Unfinished() != limit || len(all) != got.Deliveries || got.Events != got.Deliveries {
			t.Fatalf("stats %+v after %d deliveries", got, len(all))
		}
	}
	if got := j.MaxUnfinished(); got != limit {
		t.Fatalf("MaxUnfinished %d, want %d", got, limit)
	}
	for range limit {
		if err := deliver(); err != nil {
			t.Fatal(err)
		}
	}
	wantFull()
	if err := j.Append(ctx, m.Attempt(all[0], 500, journal.DeliveryState{State: journal.Pending, Tries: 1})); err != nil {
		t.Fatal(err)
	}
	wantFull()
	if err := j.Append(ctx, m.Attempt(all[0], 200, journal.DeliveryState{State: journal.Delivered, Tries: 2})); err != nil {
		t.Fatal(err)
	}
	if err := deliver(); err != nil {
		t.Fatal(err)
	}
	wantFull()
	requeue := &journal.Transition{At: m.Tick(), DeliveryID: all[0].ID, Next: journal.DeliveryState{State: journal.Pending}}
	if err := j.Append(ctx, requeue); !errors.Is(err, journal.ErrFull) {
		t.Errorf("requeue: error %v, want journal.ErrFull", err)
	}
}

func FuzzCursor(f *testing.F) {
	newest, oldest := journal.Query{}, journal.Query{Oldest: true}
	f.Add(newest.CursorAfter(1), false)
	f.Add(oldest.CursorAfter(1<<62), true)
	f.Add("", false)
	f.Add("bi0x", true)
	f.Fuzz(func(t *testing.T, cursor string, fromOldest bool) {
		q := journal.Query{Cursor: cursor, Oldest: fromOldest}
		position, err := q.Position()
		switch {
		case err != nil && !errors.Is(err, journal.ErrCursor):
			t.Errorf("error %v, want ErrCursor", err)
		case err == nil && cursor != "" && position <= 0:
			t.Errorf("position %d", position)
		}
	})
}
