package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"semblance/cmd/semblance/internal/flags"
	"semblance/scenarios"
)

// hostileResponses are responses that try to break a client.
var hostileResponses = map[string]string{
	"a number that explodes":     withLength(`{"job":{"id":"x","n":1e10000000}}`),
	"a long number":              withLength(`{"job":` + strings.Repeat("9", 60000) + `}`),
	"deep nesting":               withLength(strings.Repeat(`{"job":`, 9000) + "1" + strings.Repeat("}", 9000)),
	"deep lists":                 withLength(strings.Repeat("[", 60000)),
	"a length that is too long":  "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"job\":1}",
	"a length that is too short": "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{\"job\":{\"id\":\"1\"}}",
	"a length that is no number": "HTTP/1.1 200 OK\r\nContent-Length: -1e9\r\n\r\n{}",
	"two lengths":                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\n{}",
	"control characters":         withLength("\x1b[2J\x00\xff{\"job\":\x07}"),
	"no HTTP":                    "\x00\x01\x02\x03",
	"a status of its own":        "HTTP/1.1 999999999999 \x1b[31m\r\nContent-Length: 0\r\n\r\n",
	"a key twice":                withLength(`{"job":1,"job":{"id":"x"}}`),
}

func withLength(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// judging is a scenario that reads the response in every way.
const judging = `name: Judging
steps:
  - send: booking.created
    expect:
      within: 5s
      headers: {Content-Type: "application/json*"}
      equals: {/job/id: "${request.eventId}"}
      body:
        type: object
        required: [job]
        properties: {job: {type: object, required: [id], properties: {id: {type: string, minLength: 1, const: x}, n: {multipleOf: 0.01, minimum: 3}}}}
    capture: {job: /job/id}
  - {send: booking.updated, expect: {equals: {/job: "${job}"}}}
`

// Every response gets a verdict in bounded time, and none of its bytes control the terminal.
func TestHostileResponsesGetAVerdict(t *testing.T) {
	t.Parallel()
	file := scenario(t, "judging.yaml", judging)
	play := func(t *testing.T, url string) {
		folder := t.TempDir()
		args := []string{"play", file, "--to", url, "--timeout", "700ms", "--transcript", filepath.Join(folder, "transcript")}
		for _, kind := range flags.ReportKinds() {
			args = append(args, "--report", kind+"="+filepath.Join(folder, kind))
		}
		got := runHere(t, nil, args...)
		if got.code != scenarios.ExitFailed && got.code != scenarios.ExitUnreached || !strings.Contains(got.stdout, "FAIL  1 ") {
			t.Errorf("exit code %d\n%.2000s%s", got.code, got.stdout, got.stderr)
		}
		if i := strings.IndexFunc(got.stdout, func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f || r == '�' }); i >= 0 {
			t.Errorf("the output contains %q", got.stdout[i:min(i+20, len(got.stdout))])
		}
		for _, kind := range flags.ReportKinds() {
			plainReport(t, kind, filepath.Join(folder, kind))
		}
	}
	for name, answer := range hostileResponses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, stop, err := startTalker(func(c net.Conn) { io.WriteString(c, answer) })
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			play(t, url)
		})
	}
	t.Run("an endless body", func(t *testing.T) {
		t.Parallel()
		play(t, receiving(t, "never-ends"))
	})
	t.Run("endless headers", func(t *testing.T) {
		t.Parallel()
		url, stop, err := startTalker(func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			for n := 0; ; n++ {
				if _, err := fmt.Fprintf(c, "X-%d: %s\r\n", n, strings.Repeat("x", 4000)); err != nil {
					return
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		play(t, url)
	})
}

// Every bad file is refused at once with a short message, and nothing is sent.
func TestHostileFilesAreRefused(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer server.Close()
	aliases := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'm'; c++ {
		aliases += fmt.Sprintf("%c: &%[1]c [*%[2]c,*%[2]c,*%[2]c,*%[2]c,*%[2]c,*%[2]c,*%[2]c,*%[2]c,*%[2]c]\n", c, c-1)
	}
	for name, text := range map[string]string{
		"deep.yaml":     "steps: " + strings.Repeat("[", 100_000),
		"deep.json":     strings.Repeat(`{"steps":[`, 50_000),
		"aliases.yaml":  aliases,
		"number.yaml":   "name: N\nsteps:\n  - repeat: {times: 1e999999999, steps: [{send: booking.created}]}\n",
		"number.json":   `{"name":"N","steps":[{"traffic":{"events":1e10000000}}]}`,
		"seed.yaml":     "name: N\nseed: " + strings.Repeat("9", 100_000) + "\nsteps: [{send: booking.created}]\n",
		"cyclic.yaml":   "name: N\nsteps: [{play: cyclic.yaml}]\n",
		"large.yaml":    strings.Repeat("# all work and no play\n", 100<<20/23),
		"binary.yaml":   "\x7fELF\x02\x01\x01\x00\x00\x00",
		"utf16.yaml":    "\xff\xfen\x00a\x00",
		"empty.yaml":    "",
		"terminal.yaml": "name: N\nsteps: [{send: \"\\e[2J\\e[31mbooking\"}]\n",
	} {
		t.Run(name, func(t *testing.T) {
			file := scenario(t, name, text)
			began := time.Now()
			got := runHere(t, nil, "play", file, "--to", server.URL)
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("refusing it took %v", took)
			}
			if got.code != scenarios.ExitUsage || got.stdout != "" || !strings.Contains(got.stderr, "semblance: 1 scenario cannot be played; nothing was sent\n") {
				t.Errorf("exit code %d, stdout %q, stderr %q", got.code, got.stdout, got.stderr)
			}
			if strings.ContainsAny(got.stderr, "\x1b\x00\x7f") || len(got.stderr) > 5000 {
				t.Errorf("the message has %d bytes: %.500q", len(got.stderr), got.stderr)
			}
		})
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}
