package browser_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"semblance/cmd/semblance/internal/browser"
)

// The URL is one argument, whatever it contains.
func TestOpen(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("replaces xdg-open, which is only used on Linux and other Unix systems")
	}
	folder := t.TempDir()
	const url = "http://127.0.0.1:4700/#token=a b&c=$(touch hacked)"
	script := "#!/bin/sh\nprintf '%s|' \"$@\" > " + filepath.Join(folder, "arguments") + "\n"
	if err := os.WriteFile(filepath.Join(folder, "xdg-open"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder)
	if err := browser.Open(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(folder, "arguments"))
	if err != nil || string(got) != url+"|" {
		t.Errorf("%q, %v", got, err)
	}
	t.Setenv("PATH", t.TempDir())
	if err := browser.Open(t.Context(), url); err == nil || !strings.Contains(err.Error(), "open "+url+" yourself") {
		t.Errorf("without a browser: %v", err)
	}
}
