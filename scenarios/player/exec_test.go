//go:build unix

package player_test

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/player"
)

// TestACommandLeavesNothingBehind has a command that starts another, which would outlive it. Both hold the writing end of
// a pipe, so its reading end is at its end when both are gone.
func TestACommandLeavesNothingBehind(t *testing.T) {
	app := newApplication(t)
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	reading, err := os.OpenFile(pipe, os.O_RDWR, 0) // both ways, so that neither side waits for the other to open it
	if err != nil {
		t.Fatal(err)
	}
	result := play(t, player.Options{Target: app.URL, AllowExec: true}, `
name: A command that hangs
steps:
  - {send: booking.created}
  - probe: {exec: [sh, -c, "exec 3>`+pipe+`; echo running >&3; sleep 600 & wait"], within: 1s}
`)
	if step := result.Scenarios[0].Steps[1]; step.Outcome != scenarios.Failed {
		t.Errorf("the step is %s", step.Outcome)
	}
	left, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer left.Close()
	reading.Close() // now only the commands could write
	if err := left.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if said, err := io.ReadAll(left); err != nil || string(said) != "running\n" {
		t.Errorf("the commands said %q, and the end did not come: %v", said, err)
	}
}
