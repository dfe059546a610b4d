package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/rogpeppe/go-internal/testscript"

	"semblance/scenarios"
	"semblance/schemas/validate"
	"semblance/simulator"
	"semblance/simulator/receiver"
)

// listening is the key of a script's listeners.
const listening = "listeners"

// listeners are the processes of a script that listen, by the variable that holds their URL.
type listeners map[string]*listenProcess

type listenProcess struct {
	command *exec.Cmd
	read    sync.WaitGroup
	output  bytes.Buffer // all that it has printed; whole once read is done
}

// startListen starts `semblance listen` at a free port and sets a variable to its URL: listen NAME FLAGS...
func startListen(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: listen NAME FLAGS...")
	}
	p := &listenProcess{command: exec.Command("semblance", append([]string{"listen", "--addr", "127.0.0.1:0"}, args[1:]...)...)}
	p.command.Env = append(os.Environ(), "NO_COLOR=1", "GORACE=atexit_sleep_ms=0")
	out, err := p.command.StdoutPipe()
	ts.Check(err)
	p.command.Stderr = p.command.Stdout
	ts.Check(p.command.Start())
	ts.Defer(func() { p.command.Process.Kill() })
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	ts.Check(err)
	p.output.WriteString(first)
	p.read.Go(func() { lines.WriteTo(&p.output) })
	url := strings.Fields(strings.TrimPrefix(first, "listening at "))[0]
	ts.Setenv(args[0], strings.Trim(url, `{"}`))
	ts.Value(listening).(listeners)[args[0]] = p
}

// interruptListen interrupts a listener, expects exit code 0 and writes its output to a file: interrupt NAME FILE
func interruptListen(ts *testscript.TestScript, _ bool, args []string) {
	p := ts.Value(listening).(listeners)[args[0]]
	ts.Check(p.command.Process.Signal(os.Interrupt))
	p.read.Wait()
	if err := p.command.Wait(); err != nil {
		ts.Fatalf("listen ended with %v\n%s", err, p.output.String())
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), p.output.Bytes(), 0o666))
}

func TestListenEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got := runWith(ctx, nil, false, "listen", "--addr", "127.0.0.1:0")
	if got.code != 0 || !strings.Contains(got.stdout, "0 received") {
		t.Errorf("exit code %d, %q %q", got.code, got.stdout, got.stderr)
	}
}

func TestListenAtAPortInUse(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := runHere(t, nil, "listen", "--addr", l.Addr().String())
	want := fmt.Sprintf("semblance: cannot listen at %s: address already in use; use another --addr\n", l.Addr())
	if got.code != scenarios.ExitInternal || got.stderr != want {
		t.Errorf("exit code %d, %q; want %d, %q", got.code, got.stderr, scenarios.ExitInternal, want)
	}
	for _, wrong := range []string{"70000", "no where", "127.0.0.1", ":"} {
		if got := runHere(t, nil, "listen", "--addr", wrong); got.code != scenarios.ExitUsage {
			t.Errorf("--addr %q: exit code %d, %q; want %d", wrong, got.code, got.stderr, scenarios.ExitUsage)
		}
	}
}

func TestDemo(t *testing.T) {
	t.Parallel()
	for _, seed := range []string{"0", "1", "2", "77"} {
		got := runHere(t, nil, "demo", "--seed", seed)
		for _, want := range []string{simulator.DefaultSecret.Reveal(), "steps: 40 passed\n", "sent      45 requests, 45 responses", "Ada is a new patient", "patient.merged, episode.updated: ", "semblance listen"} {
			if got.code != 0 || !strings.Contains(got.stdout, want) {
				t.Errorf("seed %s: exit code %d and no %q in\n%s%s", seed, got.code, want, got.stdout, got.stderr)
			}
		}
	}
}

func TestDemoInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := runWith(ctx, nil, true, "demo"); got.code != scenarios.ExitInterrupted {
		t.Errorf("exit code %d, want %d", got.code, scenarios.ExitInterrupted)
	}
}

// Nothing that a sender writes can forge a line, or reaches the terminal as something that it interprets.
func TestListenForeignText(t *testing.T) {
	t.Parallel()
	const foreign = "booking.created\n--> booking.created 200 accepted\x1b[31m\u009b\u202e\x9b"
	var b bytes.Buffer
	noTerminal := func(io.Writer) bool { return false }
	out := newOutput(&b, noTerminal, func(string) (string, bool) { return "", false })
	l := &listener{app: &app{out: out, err: out}, flags: &listenFlags{format: "text"}}
	l.observe(&receiver.Receipt{
		Event: receiver.Event{EventType: foreign, EventID: foreign}, Outcome: receiver.Refused, Status: 422, Detail: foreign,
		Violations: []validate.Violation{{Pointer: foreign, Expected: foreign, Got: foreign}},
	})
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) != 3 || strings.HasPrefix(lines[1], "-->") || strings.HasPrefix(lines[2], "-->") {
		t.Errorf("%d lines, want 3:\n%s", len(lines), b.String())
	}
	if i := strings.IndexFunc(b.String(), func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) || r == '\uFFFD' }); i >= 0 {
		t.Errorf("not printable: %q", b.String()[i:])
	}
}
