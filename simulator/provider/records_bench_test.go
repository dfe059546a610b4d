package provider_test

import (
	"context"
	"sync"
	"testing"

	"semblance/simulator/provider"
)

// BenchmarkClinicEvents measures how many events of the clinic a provider records in a second, with the records that each
// of them changes: events of the traffic in large commits, and events of one type from many clients.
func BenchmarkClinicEvents(b *testing.B) {
	for _, kind := range []string{"memory", "file"} {
		for _, batch := range []provider.Batch{{Count: 512}, {Type: "booking.created", Count: 512}, {Type: "booking.created", Count: 1}} {
			name := kind + "/traffic"
			switch {
			case batch.Type != "" && batch.Count > 1:
				name = kind + "/count"
			case batch.Type != "":
				name = kind + "/each"
			}
			b.Run(name, func(b *testing.B) {
				p, err := provider.Start(b.Context(), provider.Options{Journal: journals[kind](b)})
				if err != nil {
					b.Fatal(err)
				}
				defer p.Close(context.Background())
				const clients = 64
				n := 0
				for b.Loop() {
					var all sync.WaitGroup
					for range clients {
						all.Go(func() {
							if _, err := p.EmitBatch(b.Context(), batch); err != nil {
								b.Error(err)
							}
						})
					}
					all.Wait()
					n += clients * batch.Count
				}
				b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}
