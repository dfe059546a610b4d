package provider_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/simulator/clock"
	"semblance/simulator/delivery"
	"semblance/simulator/journal"
	"semblance/simulator/journal/sqlite"
	"semblance/simulator/provider"
)

// answering is a receiver that reads the request and answers after a while.
func answering(tb testing.TB, after time.Duration) string {
	tb.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if after > 0 {
			_ = clock.Sleep(r.Context(), after)
		}
	}))
	tb.Cleanup(server.Close)
	return server.URL
}

func anEvent(tb testing.TB) schemas.Event {
	tb.Helper()
	created, err := schemas.Lookup("booking.created")
	if err != nil {
		tb.Fatal(err)
	}
	change, err := fixtures.New(fixtures.Options{}).Event(fixtures.FirstDay(), created, fixtures.EventOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	return change
}

// deliver owes n changes from several goroutines and waits until all are accepted.
func deliver(tb testing.TB, p *provider.Provider, change schemas.Event, n int) {
	tb.Helper()
	var emitters sync.WaitGroup
	const together = 256
	for i := range together {
		emitters.Go(func() {
			for range (n + i) / together {
				if _, err := p.Deliver(tb.Context(), "test", change); err != nil {
					tb.Error(err)
					return
				}
			}
		})
	}
	emitters.Wait()
	if _, err := p.Wait(tb.Context(), provider.Condition{Accepted: n, AllFinished: true}); err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkJournal compares the journal on file with the one in memory: in turns, on the same machine in one run, so
// that what else the machine does befalls both.
func BenchmarkJournal(b *testing.B) {
	for _, receiver := range []struct {
		takes time.Duration
		n     int
	}{{0, 10_000}, {2 * time.Millisecond, 3_000}} {
		b.Run(fmt.Sprintf("receiver takes %v", receiver.takes), func(b *testing.B) {
			url, change := answering(b, receiver.takes), anEvent(b)
			var memory, file, share []float64
			for b.Loop() {
				m := throughput(b, "memory", url, change, receiver.n)
				f := throughput(b, "file", url, change, receiver.n)
				memory, file, share = append(memory, m), append(file, f), append(share, 100*f/m)
			}
			b.ReportMetric(median(memory), "memory/s")
			b.ReportMetric(median(file), "file/s")
			b.ReportMetric(median(share), "file-%")
		})
	}
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// throughput returns how many of n deliveries a provider makes in a second.
func throughput(b *testing.B, kind, url string, change schemas.Event, n int) float64 {
	p, err := provider.Start(b.Context(), provider.Options{Journal: journals[kind](b), InFlight: 16})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close(context.Background())
	_, err = p.CreateSubscription(b.Context(), provider.NewSubscription{URL: url, Label: "bench", EventTypes: []string{"booking.created"}})
	if err != nil {
		b.Fatal(err)
	}
	began := clock.Now()
	deliver(b, p, change, n)
	return float64(n) / clock.Since(began).Seconds()
}

// journals are the kinds of journal, each new and empty.
var journals = map[string]func(testing.TB) journal.Journal{
	"memory": func(tb testing.TB) journal.Journal {
		j := journal.NewMemory(journal.Options{})
		tb.Cleanup(func() { _ = j.Close() })
		return j
	},
	"file": func(tb testing.TB) journal.Journal {
		tb.Helper()
		j, err := sqlite.Open(tb.Context(), filepath.Join(tb.TempDir(), "journal"), journal.Options{})
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = j.Close() })
		return j
	},
}

// BenchmarkThousandSubscriptions compares how long the others wait when one of a thousand receivers hangs.
func BenchmarkThousandSubscriptions(b *testing.B) {
	for _, hanging := range []bool{false, true} {
		b.Run(map[bool]string{false: "all answer", true: "one hangs"}[hanging], func(b *testing.B) {
			var latencies []time.Duration
			for b.Loop() {
				latencies = append(latencies, thousand(b, hanging, 5)...)
			}
			slices.Sort(latencies)
			b.ReportMetric(float64(latencies[len(latencies)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(float64(latencies[len(latencies)/2].Microseconds())/1000, "p50-ms")
		})
	}
}

// thousand emits a few events to a thousand subscriptions and returns how long after its acknowledgement each delivery
// was received. One of the receivers may hang.
func thousand(tb testing.TB, hanging bool, events int) []time.Duration {
	tb.Helper()
	var mu sync.Mutex
	var latencies []time.Duration
	began := map[string]time.Time{}
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if hanging && r.URL.Path == "/0" {
			<-release
			return
		}
		mu.Lock()
		latencies = append(latencies, clock.Since(began["now"]))
		mu.Unlock()
	}))
	defer server.Close()
	p, err := provider.Start(tb.Context(), provider.Options{Delivery: delivery.Options{MaxIdle: 1000}})
	if err != nil {
		tb.Fatal(err)
	}
	defer p.Close(context.Background())
	defer close(release)
	for i := range 1000 {
		_, err := p.CreateSubscription(tb.Context(), provider.NewSubscription{
			URL: fmt.Sprintf("%s/%d", server.URL, i), Label: "one of many", EventTypes: []string{"booking.created"},
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	change := anEvent(tb)
	for n := 1; n <= events; n++ {
		mu.Lock()
		began["now"] = clock.Now()
		mu.Unlock()
		if _, err := p.Deliver(tb.Context(), "test", change); err != nil {
			tb.Fatal(err)
		}
		expected := n * 1000
		if hanging {
			expected = n * 999
		}
		if _, err := p.Wait(tb.Context(), provider.Condition{Accepted: expected}); err != nil {
			tb.Fatal(err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	return latencies
}
