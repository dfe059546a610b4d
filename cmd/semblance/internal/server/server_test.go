package server

import (
	"bytes"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"

	"semblance/cmd/semblance/internal/exit"
	"semblance/scenarios"
	"semblance/simulator/journal"
	"semblance/simulator/journal/sqlite"
)

// A damaged journal has the same exit code whether opening it or reading it finds the damage.
func TestDamagedJournal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	j, err := sqlite.Open(t.Context(), path, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Append(t.Context(), &journal.Setting{Key: "the-only-setting", Value: []byte("v")}); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, damaged := range map[string][]byte{
		"half of the file": content[:len(content)/2],
		"a setting":        bytes.Replace(content, []byte(`"Key":"the-only-setting"`), []byte(`"Key","the-only-setting"`), 1),
	} {
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Start(t.Context(), Options{Address: "127.0.0.1:0", File: path})
		if err == nil {
			s.Close()
		}
		if code, _ := exit.Of(err); code != scenarios.ExitUsage || !errors.Is(err, journal.ErrDamaged) {
			t.Errorf("%s: exit code %d, error %v", name, code, err)
		}
	}
}

// A server that other machines can reach needs a token; one on loopback does not.
func TestIsLoopback(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{"127.0.0.1": true, "127.1.2.3": true, "::1": true, "0.0.0.0": false, "::": false, "192.168.1.7": false} {
		if got := isLoopback(&net.TCPAddr{IP: net.ParseIP(address)}); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}
