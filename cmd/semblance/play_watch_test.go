package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"semblance/scenarios"
)

func waitFor(t *testing.T, l *lockedBuffer, text string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		all := l.String()
		if strings.Contains(all, text) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("no %q in\n%s", text, all)
		}
	}
}

// A scenario is played again when it is saved, also after a mistake in it.
func TestPlayWatch(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mine.yaml")
	save := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	save("name: First\nsteps:\n  - {send: booking.created}\n")
	url := receiving(t, "acknowledges")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out, errs lockedBuffer
	code := make(chan int)
	go func() {
		code <- run(ctx, []string{"play", file, "--to", url, "--watch"}, func(string) (string, bool) { return "", false }, streams{in: strings.NewReader(""), out: &out, err: &errs})
	}()
	waitFor(t, &out, "First  ")
	waitFor(t, &errs, "watching ")
	save("name: Second\nsteps:\n  - {send: booking.craeted}\n")
	waitFor(t, &errs, `did you mean "booking.created"`)
	save("name: Third\nsteps:\n  - {send: booking.created}\n  - {send: booking.updated}\n")
	waitFor(t, &out, "Third  ")
	waitFor(t, &out, "steps: 2 passed")
	cancel()
	if got := <-code; got != scenarios.ExitInterrupted {
		t.Errorf("exit code %d", got)
	}
}
