package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"semblance/simulator/journal"
	"semblance/simulator/journal/internal/journaltest"
)

// TestFull limits the size of the file. Append records nothing of a call that does not fit, keeps everything before, and
// succeeds again when there is space.
func TestFull(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	j, m := openNew(t, journal.Options{}), journaltest.NewMaker(1)
	fill(t, j, 20)
	limit := func(pages int) {
		t.Helper()
		if err := j.do(ctx, "limiting", &task{run: func(w *writer) error { return w.exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages)) }}); err != nil {
			t.Fatal(err)
		}
	}
	limit(60)
	var refused error
	var recorded, lost []*journal.Delivery
	for refused == nil {
		c := m.Event("booking.created")
		d := m.Delivery(c, "s")
		big := m.Attempt(d, 200, journal.DeliveryState{State: journal.Delivered})
		big.Response.Body = make([]byte, 10_000)
		if refused = j.Append(ctx, c, d, big); refused == nil {
			recorded = append(recorded, d)
		} else {
			lost = append(lost, d)
		}
	}
	sentence(t, refused, "the journal is full", j.path)
	if !errors.Is(refused, journal.ErrFull) {
		t.Errorf("error %v, want journal.ErrFull", refused)
	}
	if len(recorded) == 0 {
		t.Fatal("nothing was recorded")
	}
	if got, want := j.Stats(), 20+len(recorded); got.Deliveries != want || got.Attempts != want || got.Events != want {
		t.Errorf("stats %+v, want %d of each", got, want)
	}
	consistent(t, j)
	limit(100_000)
	for _, d := range recorded {
		if _, err := j.Delivery(ctx, d.ID); err != nil {
			t.Error(err)
		}
	}
	if _, err := j.Delivery(ctx, lost[0].ID); err == nil {
		t.Error("a delivery of a failed call is in the journal")
	}
	fill(t, j, 20)
	consistent(t, j)
}

// fillLimited limits the size of the files that the process can write, and appends until that fails.
func fillLimited(path string, acknowledged io.Writer) error {
	if err := limitFileSize(1 << 20); err != nil {
		return err
	}
	j, err := Open(context.Background(), path, journal.Options{})
	if err != nil {
		return err
	}
	for m := journaltest.NewMaker(1); ; {
		c := m.Event("booking.created")
		d := m.Delivery(c, "s")
		if err := j.Append(context.Background(), c, d); err != nil {
			fmt.Fprintln(acknowledged, "error", err)
			break
		}
		fmt.Fprintln(acknowledged, "delivery", d.ID)
	}
	return j.Close()
}

// TestFileTooLarge has the operating system refuse to write. Append returns an error, and nothing acknowledged is lost.
func TestFileTooLarge(t *testing.T) {
	t.Parallel()
	if err := limitFileSize(-1); err != nil {
		t.Skip(err)
	}
	path := filepath.Join(t.TempDir(), "journal")
	cmd, out := child(t, "fill", path)
	acknowledged, failure := []string{}, ""
	for out.Scan() {
		if id, ok := strings.CutPrefix(out.Text(), "delivery "); ok {
			acknowledged = append(acknowledged, id)
		} else if failure == "" {
			failure = out.Text()
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the other process: %v", err)
	}
	if !strings.Contains(failure, "nothing of this was recorded") {
		t.Errorf("output %q of the other process", failure)
	}
	j := openAt(t, path, journal.Options{})
	if got := j.Stats().Deliveries; got != len(acknowledged) || got == 0 {
		t.Errorf("%d deliveries, %d acknowledged", got, len(acknowledged))
	}
	for _, id := range acknowledged {
		if _, err := j.Delivery(context.Background(), id); err != nil {
			t.Error(err)
		}
	}
	consistent(t, j)
}
