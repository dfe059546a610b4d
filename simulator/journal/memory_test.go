package journal_test

import (
	"context"
	"errors"
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
