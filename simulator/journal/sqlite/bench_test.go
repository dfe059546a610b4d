package sqlite

import (
	"context"
	"fmt"
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

func BenchmarkClinicRecords(b *testing.B) {
	journaltest.BenchClinic(b, func(t testing.TB, options journal.Options) journal.Journal { return openNew(t, options) })
}

// fillFast appends n deliveries with one attempt each, a hundred per call.
func fillFast(b testing.TB, j journal.Journal, n int) {
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

// BenchmarkAppendWhilePruning measures the longest append while a hundred thousand records are pruned.
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
		var durations []time.Duration
		for pruning := true; pruning; {
			start := time.Now()
			if err := j.Append(context.Background(), m.Event("booking.created")); err != nil {
				b.Fatal(err)
			}
			durations = append(durations, time.Since(start))
			select {
			case err := <-done:
				if err != nil {
					b.Fatal(err)
				}
				pruning = false
			default:
			}
		}
		slices.Sort(durations)
		b.ReportMetric(float64(durations[len(durations)*99/100].Microseconds())/1000, "p99-ms")
		b.ReportMetric(float64(durations[len(durations)-1].Microseconds())/1000, "worst-ms")
	}
}

// BenchmarkOpen measures the opening of a journal with a hundred thousand deliveries.
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

// BenchmarkPage measures one page of several queries in journals of different sizes. The time depends on the number of
// records that a page searches, but not on the size of the journal.
func BenchmarkPage(b *testing.B) {
	for _, size := range []int{16_000, 496_000} {
		j := openNew(b, journal.Options{Rows: -1})
		fillFast(b, j, size)
		deliveries := func(q journal.Query) (int, error) {
			p, err := j.Deliveries(context.Background(), q)
			return len(p.Items), err
		}
		attempts := func(q journal.Query) (int, error) {
			p, err := j.Attempts(context.Background(), q)
			return len(p.Items), err
		}
		for _, test := range []struct {
			name string
			page func(journal.Query) (int, error)
			q    journal.Query
			want int
		}{
			{"newest deliveries", deliveries, journal.Query{}, 100},
			{"failed deliveries", deliveries, journal.Query{States: []journal.State{journal.Failed}}, 0},
			{"pending and failed deliveries", deliveries, journal.Query{States: []journal.State{journal.Pending, journal.Failed}}, 0},
			{"deliveries to no subscription", deliveries, journal.Query{SubscriptionID: "x"}, 0},
			{"deliveries of no record", deliveries, journal.Query{RecordID: "507f1f77bcf86cd799439011"}, 0},
			{"newest attempts", attempts, journal.Query{}, 100},
			{"refused attempts", attempts, journal.Query{Outcomes: []journal.Outcome{journal.Refused}}, 0},
			{"attempts of no record", attempts, journal.Query{RecordID: "507f1f77bcf86cd799439011"}, 0},
		} {
			b.Run(fmt.Sprintf("%s/%d", test.name, size), func(b *testing.B) {
				for b.Loop() {
					if n, err := test.page(test.q); err != nil || n != test.want {
						b.Fatal(n, err)
					}
				}
			})
		}
	}
}
