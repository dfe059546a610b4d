package files

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// A file is written completely or not at all; a failed write leaves no other file.
func TestWrite(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "out.txt")
	text := func(s string, err error) func(io.Writer) error {
		return func(w io.Writer) error {
			io.WriteString(w, s)
			return err
		}
	}
	if err := Write(path, text("first", nil)); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := Write(path, text("second", broken)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if data, err := os.ReadFile(path); string(data) != "first" {
		t.Errorf("the file has %q, %v", data, err)
	}
	link := filepath.Join(folder, "link")
	if err := os.Symlink(path, link); err != nil {
		t.Skip(err)
	}
	if err := Write(link, text("third", nil)); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(path); string(data) != "third" {
		t.Errorf("the target of the link has %q, %v", data, err)
	}
	if entries, err := os.ReadDir(folder); len(entries) != 2 {
		t.Errorf("files are left over: %v %v", entries, err)
	}
}
