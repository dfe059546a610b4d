package sqlite

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"semblance/simulator/journal"
	"semblance/simulator/journal/internal/journaltest"
)

// folder returns the names of the files in the folder of a path.
func folder(t *testing.T, path string) string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func TestOpenReadOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	if err := openAt(t, path, journal.Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	asOrdinaryUser(t, filepath.Dir(path), func() {
		j, err := Open(context.Background(), path, journal.Options{})
		if err == nil {
			j.Close()
		}
		sentence(t, err, "the file is read-only; make it writable, or use another file", path)
	})
	if got := folder(t, path); got != "journal" {
		t.Errorf("the folder has %s", got)
	}
}

// TestOpenHardLink opens a journal under a second name. Both names have their own lock and their own log, so two processes
// could write to the file.
func TestOpenHardLink(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	link := path + "-link"
	j := openAt(t, path, journal.Options{})
	if err := os.Link(path, link); err != nil {
		t.Skip(err)
	}
	_, err := Open(context.Background(), link, journal.Options{})
	sentence(t, err, "the file has more than one name (hard links)", link)
	fill(t, j, 1) // the first one goes on
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Open(context.Background(), path, journal.Options{})
	sentence(t, err, "delete the other names, or use a copy", path)
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}
	if got := openAt(t, path, journal.Options{}).Stats().Deliveries; got != 1 {
		t.Errorf("%d deliveries, want 1", got)
	}
}

// TestFilesMissing deletes or replaces files of an open journal. Nothing is acknowledged after that.
func TestFilesMissing(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("an open file cannot be deleted")
	}
	for _, suffix := range []string{"", "-wal", "-lock"} {
		for _, replace := range []bool{false, true} {
			name := "deleted journal" + suffix
			if replace {
				name = "replaced journal" + suffix
			}
			t.Run(name, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "journal")
				j, m := openAt(t, path, journal.Options{}), journaltest.NewMaker(1)
				fill(t, j, 3)
				before := j.Stats()
				if err := os.Remove(path + suffix); err != nil {
					t.Fatal(err)
				}
				other := []byte("another file")
				if replace {
					if err := os.WriteFile(path+suffix, other, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				for range 2 {
					err := j.Append(context.Background(), m.Event("booking.created"))
					sentence(t, err, "the journal file was deleted or replaced (journal"+suffix+"); nothing of this was recorded", path)
					if !errors.Is(err, journal.ErrMissing) {
						t.Errorf("error %v, want journal.ErrMissing", err)
					}
				}
				if got := j.Stats(); got != before {
					t.Errorf("stats %+v, want %+v", got, before)
				}
				if p, err := j.Deliveries(context.Background(), journal.Query{}); err != nil || len(p.Items) != 3 {
					t.Errorf("%d deliveries (error %v), want 3", len(p.Items), err)
				}
				j.Close() // it may return an error
				if suffix == "-wal" {
					return // the engine deletes it
				}
				if content, err := os.ReadFile(path + suffix); replace && !bytes.Equal(content, other) {
					t.Errorf("the other file was changed: %.20q, error %v", content, err)
				}
			})
		}
	}
}

// TestLockFile opens files with a file of the lock's name beside them. It is kept if it belongs to another application.
func TestLockFile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name          string
		journal, lock string // the content of the files, "-" for no file
		want          string // in the folder after Open and Close
	}{
		{"no files", "-", "-", "journal"},
		{"lock of a process that was killed", "-", "", "journal"},
		{"foreign file", "a text", "-", "journal"},
		{"foreign file with a foreign empty lock", "a text", "", "journal journal-lock"},
		{"foreign file with a foreign lock", "a text", "another lock", "journal journal-lock"},
		{"journal with a foreign lock", "-", "another lock", "journal journal-lock"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "journal")
			for suffix, content := range map[string]string{"": test.journal, "-lock": test.lock} {
				if content == "-" {
					continue
				}
				if err := os.WriteFile(path+suffix, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			j, err := Open(context.Background(), path, journal.Options{})
			if (err == nil) != (test.journal == "-") {
				t.Errorf("error %v", err)
			}
			if err == nil {
				if err := j.Close(); err != nil {
					t.Error(err)
				}
			}
			if got := folder(t, path); got != test.want {
				t.Errorf("the folder has %s, want %s", got, test.want)
			}
			if content, err := os.ReadFile(path + "-lock"); test.lock == "another lock" && string(content) != test.lock {
				t.Errorf("the lock was changed to %q, error %v", content, err)
			}
		})
	}
}
