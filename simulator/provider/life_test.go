package provider

import (
	"testing"
	"time"

	"semblance/fixtures"
	"semblance/simulator/journal"
)

// What the journal keeps of a clinic's life, from its last snapshot on, leads to where the clinic is.
func TestALifeIsLivedAgainFromItsLastSnapshot(t *testing.T) {
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	var c clinic
	c.initialize(fixtures.Options{Seed: 6, System: fixtures.OlderAppointments})
	founded, err := c.snapshot(at)
	if err != nil {
		t.Fatal(err)
	}
	c.known = true
	kept := []*journal.Clinic{founded}
	live := func(s step) string {
		t.Helper()
		changes, err := c.take(s)
		if err != nil {
			t.Fatal(err)
		}
		r, err := c.record(s, at)
		if err != nil {
			t.Fatal(err)
		}
		if r.Snapshot {
			kept = kept[:0]
		}
		kept = append(kept, r)
		return changes[len(changes)-1].Identifiers[0].Value
	}
	for range 3 {
		live(step{Next: snapshotEvery/2 - 1, Daily: true})
		live(step{Types: []string{"booking.created", "booking.updated"}, Next: 3})
		live(step{Type: "invoice.paid"})
	}
	if len(kept) > 7 || !kept[0].Snapshot {
		t.Errorf("%d records are kept, want a snapshot and the few steps since", len(kept))
	}
	var again clinic
	for _, r := range kept {
		if err := again.relive(r); err != nil {
			t.Fatal(err)
		}
	}
	if again.options != c.options || again.since != c.since || again.made != c.made || c.made == 0 || !again.known {
		t.Errorf("it came back as %+v after %d (%d), and was %+v after %d (%d)", again.options, again.since, again.made, c.options, c.since, c.made)
	}
	for _, s := range []step{{Next: 50}, {Type: "invoice.paid"}, {Types: []string{"booking.created", "booking.updated"}, Next: 7}} {
		changes, err := again.take(s)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := changes[len(changes)-1].Identifiers[0].Value, live(s); got != want {
			t.Errorf("after %+v it is at %s, want %s", s, got, want)
		}
	}
}
