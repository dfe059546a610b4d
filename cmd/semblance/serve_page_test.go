//go:build linux

package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// serve --open gives the browser the URL of the page, with a generated token in the fragment.
func TestServeOpensThePage(t *testing.T) {
	folder := t.TempDir()
	opened := filepath.Join(folder, "opened")
	if err := syscall.Mkfifo(opened, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "xdg-open"), []byte("#!/bin/sh\nprintf %s \"$1\" > "+opened+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder)
	s := serveHere(t, "--open")
	got, err := os.ReadFile(opened) // waits for the browser
	if want := s.url + "/#token=" + s.token; err != nil || string(got) != want {
		t.Errorf("opened %q (%v), want %q", got, err, want)
	}
	s.stop()
	if code := <-s.ended; code != 0 {
		t.Errorf("exit code %d\n%s", code, s.log)
	}
}
