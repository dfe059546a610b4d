package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// startServe starts `semblance serve` at a free port and sets variables to its URL and its token: serve NAME FLAGS...
// sets NAME and NAME_TOKEN.
func startServe(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: serve NAME FLAGS...")
	}
	p := &listenProcess{command: exec.Command("semblance", append([]string{"serve", "--addr", "127.0.0.1:0", "--format", "json"}, args[1:]...)...)}
	p.command.Env = append(os.Environ(), "NO_COLOR=1", "GORACE=atexit_sleep_ms=0")
	p.command.Dir = ts.Getenv("WORK")
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
	var said struct{ URL, GraphQL, Token, Secret string }
	ts.Check(json.Unmarshal([]byte(first), &said))
	if said.GraphQL != said.URL+"/graphql" || said.Token == "" || said.Secret == "" {
		ts.Fatalf("the first line is %s", first)
	}
	ts.Setenv(args[0], said.URL)
	ts.Setenv(args[0]+"_TOKEN", said.Token)
	ts.Value(listening).(listeners)[args[0]] = p
}

// ask sends a request and writes the response body to a file: ask STATUS METHOD URL FILE [BODY]
func ask(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 4 {
		ts.Fatalf("usage: ask STATUS METHOD URL FILE [BODY]")
	}
	r, err := http.NewRequest(args[1], args[2], strings.NewReader(strings.Join(args[4:], " "))) // without a body there is no content type
	ts.Check(err)
	if len(args) > 4 {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	ts.Check(err)
	if got := answer.Status[:3]; got != args[0] {
		ts.Fatalf("%s %s: %s, want %s: %s", args[1], args[2], got, args[0], body)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[3]), body, 0o666))
}

// firstAttempt sets a variable to the id of the first attempt of a page: attempt NAME FILE
func firstAttempt(ts *testscript.TestScript, _ bool, args []string) {
	var page struct{ Items []struct{ ID json.Number } }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &page))
	ts.Setenv(args[0], page.Items[0].ID.String())
}

// portOfURL sets a variable to the port of a URL: port NAME URL
func portOfURL(ts *testscript.TestScript, _ bool, args []string) {
	u, err := url.Parse(args[1])
	ts.Check(err)
	ts.Setenv(args[0], u.Port())
}
