package web_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"testing"

	"semblance/simulator/clock"
	"semblance/simulator/journal"
	"semblance/simulator/journal/sqlite"
	"semblance/simulator/provider"
	"semblance/simulator/web"
)

// BenchmarkEmit compares the rates at which POST /events with a count of 1,000 is acknowledged with a journal in memory and one
// in a file. They take turns, so that both run under the same conditions. Each event has one delivery, which is dropped.
func BenchmarkEmit(b *testing.B) {
	const n = 1000
	file, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "journal"), journal.Options{})
	if err != nil {
		b.Fatal(err)
	}
	journals := map[string]journal.Journal{"memory": journal.NewMemory(journal.Options{}), "file": file}
	urls, rates := map[string]string{}, map[string][]float64{}
	for kind, j := range journals {
		p, err := provider.Start(b.Context(), provider.Options{Journal: j, WhilePaused: provider.DropWhilePaused})
		if err != nil {
			b.Fatal(err)
		}
		s, err := p.CreateSubscription(b.Context(), provider.NewSubscription{URL: "http://127.0.0.1:9/", Label: "paused", EventTypes: []string{"booking.created"}})
		if err != nil {
			b.Fatal(err)
		}
		paused := true
		if _, err := p.UpdateSubscription(b.Context(), s.ID, provider.SubscriptionUpdate{DeliveryPaused: &paused}); err != nil {
			b.Fatal(err)
		}
		server := httptest.NewServer(web.New(p, web.Options{}))
		urls[kind] = server.URL
		b.Cleanup(func() {
			server.Close()
			_ = p.Close(context.Background())
			_ = j.Close()
		})
	}
	for b.Loop() {
		for kind, url := range urls {
			began := clock.Now()
			response, err := http.Post(url+"/api/v1/events", "application/json", bytes.NewReader([]byte(`{"eventType":"booking.created","count":1000}`)))
			if err != nil {
				b.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
			if response.StatusCode != http.StatusCreated {
				b.Fatal(response.Status)
			}
			rates[kind] = append(rates[kind], n/clock.Since(began).Seconds())
		}
	}
	median := func(kind string) float64 {
		slices.Sort(rates[kind])
		return rates[kind][len(rates[kind])/2]
	}
	b.ReportMetric(median("memory"), "memory-events/s")
	b.ReportMetric(median("file"), "file-events/s")
	b.ReportMetric(100*median("file")/median("memory"), "file-%")
}
