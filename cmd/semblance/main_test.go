package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain runs the tests, or the command if the test binary runs under its name: the scripts in testdata run the command
// and compare its outputs and its exit code.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"semblance":                    func() { os.Exit(process()) },
		"semblance-verifying-receiver": verifyingReceiver,
	})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		ContinueOnError:     true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("GORACE", "atexit_sleep_ms=0") // under -race every process sleeps a second at its end otherwise
			env.Setenv("NO_COLOR", "1")
			env.Values[listening] = listeners{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"receiver":  startReceiver,
			"listen":    startListen,
			"serve":     startServe,
			"ask":       ask,
			"attempt":   firstAttempt,
			"port":      portOfURL,
			"interrupt": interruptListen,
			"get":       get,
			"freeport":  freePort,
			"exits":     exits,
			"nonulls":   noNulls,
			"lines":     lines,
		},
	})
}

// exits runs a command and expects its exit code: exits CODE PROGRAM ARGS...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS...")
	}
	code := "0"
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		code = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if code != args[0] {
		ts.Fatalf("exit code %s, want %s", code, args[0])
	}
}

// lines expects an output of fewer lines: lines stdout N
func lines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: lines stdout N")
	}
	limit, err := strconv.Atoi(args[1])
	ts.Check(err)
	if text := ts.ReadFile(args[0]); strings.Count(text, "\n") >= limit {
		ts.Fatalf("%s has %d lines, want fewer than %d:\n%s", args[0], strings.Count(text, "\n"), limit, text)
	}
}

// freePort sets a variable to a port where nothing listens: freeport NAME
func freePort(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	_, port, err := net.SplitHostPort(l.Addr().String())
	ts.Check(err)
	ts.Check(l.Close())
	ts.Setenv(args[0], port)
}

// get writes the response of a GET request to a file: get URL FILE
func get(ts *testscript.TestScript, _ bool, args []string) {
	answer, err := http.Get(args[0])
	ts.Check(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), body, 0o666))
}

// noNulls expects a file without null: nonulls FILE
func noNulls(ts *testscript.TestScript, _ bool, args []string) {
	if data := ts.ReadFile(args[0]); strings.Contains(data, "null") {
		ts.Fatalf("%s holds a null:\n%s", args[0], data)
	}
}

// ran is the result of a command line that ran in this process.
type ran struct {
	code           int
	stdout, stderr string
}

// runHere runs a command line in this process.
func runHere(t *testing.T, env map[string]string, args ...string) ran {
	t.Helper()
	return runWith(t.Context(), env, false, args...)
}

func runWith(ctx context.Context, env map[string]string, terminal bool, args ...string) ran {
	var out, err bytes.Buffer
	std := streams{in: strings.NewReader(""), out: &out, err: &err, terminal: func(io.Writer) bool { return terminal }}
	code := run(ctx, args, func(name string) (string, bool) { v, ok := env[name]; return v, ok }, std)
	return ran{code: code, stdout: out.String(), stderr: err.String()}
}
