package provider

import (
	"testing"
	"time"

	"semblance/fixtures"
	"semblance/simulator/journal"
)

// The records of a clinic, from its last snapshot on, lead to the same clinic.
func TestClinicIsRestoredFromItsLastSnapshot(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	var c clinic
	c.initialize(fixtures.Options{Seed: 6, System: fixtures.OlderAppointments, At: at})
	first, err := c.snapshot(at)
	if err != nil {
		t.Fatal(err)
	}
	inForce := []*journal.Clinic{first}
	now := at
	take := func(s step) string {
		t.Helper()
		now = now.Add(time.Hour)
		s.At, s.From = now, now.Add(-time.Minute)
		events, err := c.take(s)
		if err != nil {
			t.Fatal(err)
		}
		r, err := c.record(s, at)
		if err != nil {
			t.Fatal(err)
		}
		if r.Snapshot {
			inForce = inForce[:0]
		}
		inForce = append(inForce, r)
		return events[len(events)-1].Identifiers[0].Value
	}
	bookings := []string{"booking.created", "booking.updated"}
	for range 3 {
		take(step{Count: snapshotEvery/2 - 1, Auto: true})
		take(step{Types: bookings, Count: 3})
		take(step{Type: "invoice.paid"})
		take(step{Type: "booking.created", Count: 4})
	}
	if len(inForce) > 9 || !inForce[0].Snapshot {
		t.Errorf("%d records are in force, want a snapshot and the few steps since", len(inForce))
	}
	var restored clinic
	for _, r := range inForce {
		if err := restored.apply(r); err != nil {
			t.Fatal(err)
		}
	}
	if restored.options != c.options || restored.since != c.since || restored.made != c.made || c.made == 0 || !restored.known {
		t.Errorf("restored %+v after %d (%d), want %+v after %d (%d)", restored.options, restored.since, restored.made, c.options, c.since, c.made)
	}
	for _, s := range []step{{Count: 50}, {Type: "invoice.paid"}, {Types: bookings, Count: 7}, {Type: "booking.created", Count: 2}} {
		s.At, s.From = now.Add(time.Hour), now.Add(time.Hour-time.Minute)
		events, err := restored.take(s)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := events[len(events)-1].Identifiers[0].Value, take(s); got != want {
			t.Errorf("after %+v the restored clinic gives %s, want %s", s, got, want)
		}
	}
}
