package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"semblance/simulator/journal"
	"semblance/simulator/journal/internal/journaltest"
)

// Lists of clinic records write nothing, so that those of a full journal are complete.
func TestListClinicRecordsOfAFullJournal(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "journal")
	j, m := openAt(t, path, journal.Options{}), journaltest.NewMaker(1)
	const first, more = 3, 1000
	add := func(n int) {
		t.Helper()
		var records []journal.Record
		for range n {
			at := m.Tick()
			records = append(records, &journal.ClinicRecord{ID: m.ID(), RecordKind: "booking", Patient: "p", CreatedAt: at, UpdatedAt: at, Start: at, End: at, Values: []byte("{}")})
		}
		if err := j.Append(ctx, records...); err != nil {
			t.Fatal(err)
		}
	}
	list := func(want int) {
		t.Helper()
		for _, q := range []journal.RecordQuery{{}, {Patient: "p"}, {Created: journal.TimeRange{Until: m.Tick()}}, {Order: journal.ByStart}} {
			q.Kinds, q.Total = []string{"booking"}, true
			if p, err := j.ClinicRecords(ctx, q); err != nil || p.Total != want || len(p.Records) != min(want, q.Size()) {
				t.Errorf("%+v: %d of %d records (%v), want %d", q, len(p.Records), p.Total, err, want)
			}
		}
	}
	limit := func(pages string) {
		t.Helper()
		if err := j.do(ctx, "limiting", &task{run: func(w *writer) error { return w.exec("PRAGMA max_page_count = " + pages) }}); err != nil {
			t.Fatal(err)
		}
	}
	add(first)
	list(first)
	add(more)
	limit("1") // as few as it has
	list(first + more)
	limit(fmt.Sprint(1 << 20))
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = openAt(t, path, journal.Options{})
	list(first + more)
}
