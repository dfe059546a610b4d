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

// The processes that a command starts are killed with it. All of them have the writing end of a pipe open, so the reading
// end gets an end of file when they are gone.
func TestCommandIsKilledWithItsChildren(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	reading, err := os.OpenFile(pipe, os.O_RDWR, 0) // for reading and writing, so that opening does not block
	if err != nil {
		t.Fatal(err)
	}
	result := play(t, player.Options{Target: app.URL, AllowExec: true}, `
name: Hanging command
steps:
  - {send: booking.created}
  - probe: {exec: [sh, -c, "exec 3>`+pipe+`; echo running >&3; sleep 600 & wait"], within: 1s}
`)
	if step := result.Scenarios[0].Steps[1]; step.Outcome != scenarios.Failed {
		t.Errorf("the step is %s", step.Outcome)
	}
	pipeEnd, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer pipeEnd.Close()
	reading.Close() // now only the commands have the writing end
	if err := pipeEnd.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if output, err := io.ReadAll(pipeEnd); err != nil || string(output) != "running\n" {
		t.Errorf("the commands wrote %q, then: %v", output, err)
	}
}
