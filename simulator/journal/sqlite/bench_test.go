package sqlite

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"semblance/simulator/journal"
	"semblance/simulator/journal/internal/journaltest"
)

func BenchmarkJournal(b *testing.B) {
	journaltest.Bench(b, func(t testing.TB, options journal.Options) journal.Journal { return openNew(t, options) })
}

// fillFast appends n deliveries with an attempt each, a hundred at a time.
func fillFast(b *testing.B, j journal.Journal, n int) {
	b.Helper()
	m := journaltest.NewMaker(uint64(n))
	for range n / 100 {
		var records []journal.Record
		for range 100 {
			c := m.Event("booking.created")
			d := m.Delivery(c, "s")
			records = append(records, c, d, m.Attempt(d, 200, journal.DeliveryState{State: journal.Delivered}))
		}
		if err := j.Append(context.Background(), records...); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAppendWhilePruning measures how long an append takes at worst while a hundred thousand rows are pruned.
func BenchmarkAppendWhilePruning(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		j, m := openNew(b, journal.Options{Rows: 1000}), journaltest.NewMaker(7)
		fillFast(b, j, 35_000)
		b.StartTimer()
		done := make(chan error)
		go func() {
			_, err := j.Prune(context.Background(), time.Unix(0, 0))
			done <- err
		}()
		var took []time.Duration
		for pruning := true; pruning; {
			began := time.Now()
			if err := j.Append(context.Background(), m.Event("booking.created")); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(began))
			select {
			case err := <-done:
				if err != nil {
					b.Fatal(err)
				}
				pruning = false
			default:
			}
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "worst-ms")
	}
}

// BenchmarkOpen measures how long a journal of a hundred thousand deliveries takes to open: all its pages are checked.
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "journal")
	j := openAt(b, path, journal.Options{})
	fillFast(b, j, 100_000)
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		j, err := Open(context.Background(), path, journal.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := j.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSearch measures a query that nothing fits, so that all of a hundred thousand attempts are looked through.
func BenchmarkSearch(b *testing.B) {
	j := openNew(b, journal.Options{})
	fillFast(b, j, 100_000)
	for name, q := range map[string]journal.Query{"subscription": {SubscriptionID: "x"}, "record": {RecordID: "507f1f77bcf86cd799439011"}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if p, err := j.Attempts(context.Background(), q); err != nil || len(p.Items) != 0 {
					b.Fatal(p, err)
				}
			}
		})
	}
}
