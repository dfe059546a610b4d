package web

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"semblance/simulator/provider"
)

// BenchmarkDeliveriesWithStreams measures deliveries while pages follow the stream: none, one and ten.
func BenchmarkDeliveriesWithStreams(b *testing.B) {
	for _, streams := range []int{0, 1, 10} {
		b.Run(fmt.Sprintf("streams=%d", streams), func(b *testing.B) {
			receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
			defer receiver.Close()
			p, err := provider.Start(b.Context(), provider.Options{InFlight: 16, Subscriptions: []provider.NewSubscription{
				{URL: receiver.URL, Label: "all", Local: true, EventTypes: []string{"patient.updated"}},
			}})
			if err != nil {
				b.Fatal(err)
			}
			h := New(p, Options{})
			server := httptest.NewServer(h)
			defer func() {
				h.Close()
				server.Close()
				if err := p.Close(context.Background()); err != nil {
					b.Error(err)
				}
			}()
			for range streams {
				r, err := http.NewRequestWithContext(b.Context(), "GET", server.URL+apiPath+"/stream?kind=attempt,transition,subscription,fault,notice,reset", nil)
				if err != nil {
					b.Fatal(err)
				}
				answer, err := http.DefaultClient.Do(r)
				if err != nil {
					b.Fatal(err)
				}
				defer answer.Body.Close()
				go func() { _, _ = io.Copy(io.Discard, answer.Body) }() // until the handler is closed
			}
			const batch = 500
			n := 0
			for b.Loop() {
				if _, err := p.EmitBatch(b.Context(), provider.Batch{Type: "patient.updated", Count: batch}); err != nil {
					b.Fatal(err)
				}
				n += batch
				if _, err := p.Wait(b.Context(), provider.Condition{AllFinished: true}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}
