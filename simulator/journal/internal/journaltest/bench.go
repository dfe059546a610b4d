package journaltest

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

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
	b.Run("queue", func(b *testing.B) { benchQueue(b, open(b, journal.Options{Rows: -1, Bytes: 1 << 30})) })
}

// benchQueue measures reading 500 deliveries of a subscription with 100,000 pending ones.
func benchQueue(b *testing.B, j journal.Journal) {
	m := NewMaker(1)
	for range 1000 {
		var records []journal.Record
		for range 100 {
			e := m.Event("booking.created")
			records = append(records, e, m.Delivery(e, "s"))
		}
		if err := j.Append(background(), records...); err != nil {
			b.Fatal(err)
		}
	}
	var position journal.QueuePosition
	for b.Loop() {
		some, err := j.Queue(background(), "s", journal.Pending, position, 500)
		if err != nil {
			b.Fatal(err)
		}
		if position = (journal.QueuePosition{}); len(some) > 0 {
			position = some[len(some)-1].QueuePosition()
		}
	}
}

// BenchClinic measures a journal with the records of a large practice: 10,000 patients with 100,000 bookings.
func BenchClinic(b *testing.B, open Open) {
	j, m := open(b, journal.Options{Rows: -1}), NewMaker(1)
	first := m.now
	var patients, bookings []string
	insert := func(n int, kind string, fill func(*journal.ClinicRecord)) (ids []string) {
		for range n / 100 {
			var records []journal.Record
			for range 100 {
				r := &journal.ClinicRecord{ID: m.ID(), RecordKind: kind, CreatedAt: m.Tick(), Values: make([]byte, 400)}
				r.UpdatedAt = r.CreatedAt
				fill(r)
				ids, records = append(ids, r.ID), append(records, r)
			}
			if err := j.Append(background(), records...); err != nil {
				b.Fatal(err)
			}
		}
		return ids
	}
	patients = insert(10_000, "patient", func(r *journal.ClinicRecord) {
		r.Text = fmt.Sprintf("patient number %s of the practice, patient@example.com", r.ID)
	})
	bookings = insert(100_000, "booking", func(r *journal.ClinicRecord) {
		n := int(m.now.Sub(first) / time.Second)
		r.Patient, r.Doctor = patients[n%len(patients)], patients[n%6]
		r.Start = first.Add(time.Duration(n) * 5 * time.Minute)
		r.End = r.Start.Add(20 * time.Minute)
	})
	last := m.now
	middle := first.Add(last.Sub(first) / 2)
	day := first.AddDate(0, 9, 0)
	booking := func(q journal.RecordQuery) journal.RecordQuery {
		q.Kinds = []string{"booking"}
		return q
	}
	for _, test := range []struct {
		name string
		q    journal.RecordQuery
	}{
		{"first page", booking(journal.RecordQuery{})},
		{"page 500", booking(journal.RecordQuery{Offset: 50_000})},
		{"after a cursor", booking(journal.RecordQuery{After: bookings[50_000]})},
		{"updated in the last minutes", booking(journal.RecordQuery{Updated: journal.TimeRange{From: last.Add(-10 * time.Minute)}})},
		{"updated in the last half", booking(journal.RecordQuery{Updated: journal.TimeRange{From: middle}})},
		{"during a day", booking(journal.RecordQuery{During: journal.TimeRange{From: day, Until: day.AddDate(0, 0, 1)}})},
		{"of a patient", booking(journal.RecordQuery{Patient: patients[77], Order: journal.ByStart})},
		{"of a doctor on a day", booking(journal.RecordQuery{Doctor: patients[2], Start: journal.TimeRange{From: day, Until: day.AddDate(0, 0, 1)}})},
		{"search", journal.RecordQuery{Kinds: []string{"patient"}, Search: patients[9000] + " PRACTICE"}},
	} {
		b.Run(test.name, func(b *testing.B) {
			for b.Loop() {
				if p, err := j.ClinicRecords(background(), test.q); err != nil || len(p.Records) == 0 {
					b.Fatal(len(p.Records), err)
				}
			}
		})
	}
	b.Run("by id", func(b *testing.B) {
		n := 0
		for b.Loop() {
			n += 7919
			if _, err := j.ClinicRecord(background(), bookings[n%len(bookings)]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("update", func(b *testing.B) {
		n := 0
		for b.Loop() {
			n += 7919
			r, err := j.ClinicRecord(background(), bookings[n%len(bookings)])
			if err != nil {
				b.Fatal(err)
			}
			next := *r
			next.UpdatedAt = m.Tick()
			e := m.Event("booking.updated")
			e.Identifiers[0].Value, e.Identifiers[1].Value = r.ID, r.Patient
			if err := j.Append(background(), e, &next); err != nil {
				b.Fatal(err)
			}
		}
	})
}
