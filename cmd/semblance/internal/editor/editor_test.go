package editor

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEdit(t *testing.T) {
	t.Parallel()
	script := filepath.Join(t.TempDir(), "edit")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho editing >&2\nprintf ' and %s' \"$1\" >> \"$2\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	var err bytes.Buffer
	got, failure := Editor{Command: script + " more", In: strings.NewReader(""), Out: &err, ErrOut: &err}.Edit(t.Context(), "body.json", []byte("text"))
	if failure != nil || string(got) != "text and more" || err.String() != "editing\n" {
		t.Errorf("got %q, %v, %q", got, failure, &err)
	}
	if _, failure := (Editor{Command: "/no/such/editor"}).Edit(t.Context(), "body.json", nil); failure == nil || !strings.Contains(failure.Error(), "EDITOR names another one") {
		t.Errorf("got %v", failure)
	}
	env := map[string]string{"EDITOR": "ed"}
	getenv := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	if got := Command(getenv); got != "ed" {
		t.Errorf("got %q", got)
	}
	env["VISUAL"] = "vim"
	if got := Command(getenv); got != "vim" {
		t.Errorf("got %q", got)
	}
}
