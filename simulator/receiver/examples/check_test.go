package examples

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files")

// server returns the command that runs the example as a server.
func (e *example) server(t *testing.T) []string {
	t.Helper()
	switch language, _, _ := strings.Cut(e.folder, "-"); language {
	case "node":
		return []string{"node", "receiver.js"}
	case "python":
		return []string{e.python(), "receiver.py"}
	}
	program := filepath.Join(t.TempDir(), e.folder)
	c := exec.Command("go", "build", "-o", program, ".")
	c.Dir = e.folder
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("building it: %v\n%s", err, out)
	}
	return []string{program}
}

// serve runs the example until the test ends and returns its port.
func (e *example) serve(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	ctx, cancel := context.WithCancel(context.Background())
	words := e.server(t)
	c := exec.CommandContext(ctx, words[0], words[1:]...)
	c.Dir = e.folder
	c.Env = append(os.Environ(), "PORT="+port, "WEBHOOK_SECRET=whsec_semblance_local_only", "PYTHONDONTWRITEBYTECODE=1")
	var output bytes.Buffer
	c.Stdout, c.Stderr, c.WaitDelay = &output, &output, time.Second
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = c.Wait()
		if t.Failed() {
			t.Logf("its output:\n%s", output.String())
		}
	})
	for range 200 {
		for _, host := range []string{"127.0.0.1", "::1"} {
			if conn, err := net.Dial("tcp", net.JoinHostPort(host, port)); err == nil {
				_ = conn.Close()
				return port
			}
		}
		select {
		case <-t.Context().Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
	t.Fatalf("it does not listen at port %s:\n%s", port, output.String())
	return ""
}

// checked is what a report of `semblance check` says.
type checked struct {
	Sentence string
	Exit     int
	Checks   []struct{ ID, Name, Outcome, Reason, Got string }
}

// No MUST fails at an example, and each warning has a reason.
func TestExamplesAreChecked(t *testing.T) {
	program := semblance(t)
	var mu sync.Mutex
	rows := map[string]string{}
	complete := true
	t.Run("all", func(t *testing.T) {
		for _, e := range examples {
			t.Run(e.folder, func(t *testing.T) {
				t.Parallel()
				defer func() {
					mu.Lock()
					complete = complete && !t.Skipped()
					mu.Unlock()
				}()
				e.need(t)
				got := check(t, program, e.serve(t))
				var row strings.Builder
				for _, c := range got.Checks {
					if c.Outcome != "passed" && c.Outcome != "skipped" {
						fmt.Fprintf(&row, "| %s | %s %s | %s | %s |\n", e.folder, c.ID, c.Name, c.Outcome, reasons[c.ID])
						if reasons[c.ID] == "" {
							t.Errorf("%s %s is %s without a reason in the table: %s %s", c.ID, c.Name, c.Outcome, c.Got, c.Reason)
						}
					}
				}
				if got.Exit != 0 {
					t.Errorf("exit code %d: %s", got.Exit, got.Sentence)
				}
				mu.Lock()
				defer mu.Unlock()
				rows[e.folder] = row.String()
			})
		}
	})
	if !complete || t.Failed() {
		return
	}
	text := "| example | check | outcome | why |\n| --- | --- | --- | --- |\n"
	for _, e := range examples {
		text += rows[e.folder]
	}
	const file = "checks.md"
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := read(t, file); text != want {
		t.Errorf("%s differs; go test -update writes it:\n%s", file, text)
	}
}

// check runs all checks at a port.
func check(t *testing.T, program, port string) (got checked) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "checks.json")
	out, err := exec.Command(program, "check", "--to", port+"/webhooks", "--report", "json="+file).CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !asExit(err, &exit) {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(read(t, file)), &got); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", out)
	return got
}

func asExit(err error, target **exec.ExitError) bool {
	exit, ok := err.(*exec.ExitError)
	*target = exit
	return ok
}

// reasons say why an example does not pass a check and is right all the same.
var reasons = map[string]string{
	"LEAK-03": "an error page of the framework; with NODE_ENV=production it has no stack",
	"LEAK-04": "the framework's header, and its own response to a request that it refuses before the receiver sees it",
	"PAY-09":  "the desk stands for an application; the provider never sends other types",
	"PAY-13":  "the parser's error for a depth that the provider never sends",
	"TRN-12":  "the framework redirects a path with one slash too many; the provider calls the URL as it is registered",
}
