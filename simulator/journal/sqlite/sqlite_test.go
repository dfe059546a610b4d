package sqlite

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"semblance/simulator/journal"
	"semblance/simulator/journal/internal/journaltest"
)

// openNew opens a new journal in a temporary folder.
func openNew(t testing.TB, options journal.Options) *Journal {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "journal"), options)
}

func openAt(t testing.TB, path string, options journal.Options) *Journal {
	t.Helper()
	j, err := Open(context.Background(), path, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil && !errors.Is(err, journal.ErrClosed) {
			t.Error(err)
		}
	})
	return j
}

func TestJournal(t *testing.T) {
	t.Parallel()
	journaltest.Run(t, func(t testing.TB, options journal.Options) journal.Journal { return openNew(t, options) })
}
