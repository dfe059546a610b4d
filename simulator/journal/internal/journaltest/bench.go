package journaltest

import (
	"sync/atomic"
	"testing"

	"semblance/simulator/journal"
)

// Bench measures appending. In "deliveries" many goroutines each append an event with a delivery, and then an attempt. In
// "rows" one goroutine appends a thousand events per call.
func Bench(b *testing.B, open Open) {
	b.Run("deliveries", func(b *testing.B) {
		j := open(b, journal.Options{Rows: -1, Bytes: 1 << 30})
		var seed atomic.Uint64
		b.ReportAllocs()
		b.SetParallelism(32) // goroutines per processor
		b.RunParallel(func(pb *testing.PB) {
			m := NewMaker(seed.Add(1) * 1009)
			sample := m.Attempt(m.Delivery(m.Event("booking.created"), "692597070fe21cfa5e6a010f"), 200, journal.DeliveryState{State: journal.Delivered, Tries: 1})
			for pb.Next() {
				e := m.Event("booking.created")
				d := m.Delivery(e, "692597070fe21cfa5e6a010f")
				if err := j.Append(background(), e, d); err != nil {
					b.Error(err)
					return
				}
				a := *sample
				a.DeliveryID = d.ID
				if err := j.Append(background(), &a); err != nil {
					b.Error(err)
					return
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
	})
	b.Run("rows", func(b *testing.B) {
		j := open(b, journal.Options{Rows: -1, Bytes: 1 << 30})
		m := NewMaker(1)
		records := make([]journal.Record, 1000)
		for i := range records {
			records[i] = m.Event("booking.created")
		}
		for b.Loop() {
			if err := j.Append(background(), records...); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N*len(records))/b.Elapsed().Seconds(), "rows/s")
	})
}
