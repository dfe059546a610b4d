package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"semblance/scenarios"
)

// served is `semblance serve` in this process.
type served struct {
	url, token string
	stop       context.CancelFunc
	ended      chan int // its exit code
	log        *lockedBuffer
}

// lockedBuffer is a buffer that one goroutine writes and another reads.
type lockedBuffer struct {
	mu    sync.Mutex
	b     bytes.Buffer
	grown chan struct{} // closed when there is more; nil while nobody waits
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.grown != nil {
		close(l.grown)
		l.grown = nil
	}
	return l.b.Write(p)
}

// until waits for a text.
func (l *lockedBuffer) until(text string) {
	for {
		l.mu.Lock()
		if strings.Contains(l.b.String(), text) {
			l.mu.Unlock()
			return
		}
		if l.grown == nil {
			l.grown = make(chan struct{})
		}
		grown := l.grown
		l.mu.Unlock()
		<-grown
	}
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// serveHere runs serve in this process until it is stopped.
func serveHere(t *testing.T, args ...string) *served {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &served{stop: cancel, ended: make(chan int, 1), log: &lockedBuffer{}}
	out, in := io.Pipe()
	args = append([]string{"serve", "--addr", "127.0.0.1:0", "--format", "json"}, args...)
	go func() {
		code := run(ctx, args, func(string) (string, bool) { return "", false }, streams{in: strings.NewReader(""), out: in, err: s.log})
		in.Close()
		s.ended <- code
	}()
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var first struct{ URL, Token string }
	if err != nil || json.Unmarshal(line, &first) != nil {
		t.Fatalf("its first line is %q (%v)\n%s", line, err, s.log)
	}
	s.url, s.token = first.URL, first.Token
	t.Cleanup(cancel)
	return s
}

// client runs a command that calls it.
func (s *served) client(t *testing.T, args ...string) ran {
	t.Helper()
	return runHere(t, map[string]string{"SEMBLANCE_VIA": s.url}, args...)
}

// heldReceiver starts a receiver that responds only after it is released, and reports requests.
func heldReceiver(t *testing.T) (url string, response chan struct{}, letGo func()) {
	response, held := make(chan struct{}, 100), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		response <- struct{}{}
		<-held
	}))
	letGo = sync.OnceFunc(func() { close(held) })
	t.Cleanup(func() { letGo(); server.Close() })
	return server.URL, response, letGo
}

// When it is stopped, serve accepts nothing new, logs what it waits for and finishes the attempts in flight.
func TestServeFinishesAttempts(t *testing.T) {
	t.Parallel()
	url, response, letGo := heldReceiver(t)
	file := filepath.Join(t.TempDir(), "clinic.db")
	s := serveHere(t, "--to", url, "--data", file)
	if got := s.client(t, "emit", "booking.created"); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	<-response
	s.stop()
	for !strings.Contains(s.log.String(), "waiting") {
		if c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://")); err == nil { // until then it may still answer
			c.Close()
		}
	}
	select {
	case code := <-s.ended:
		t.Fatalf("it ended with %d while an attempt was in flight", code)
	default:
	}
	letGo()
	if code := <-s.ended; code != 0 {
		t.Errorf("exit code %d\n%s", code, s.log)
	}
	again := serveHere(t, "--data", file)
	if got := again.client(t, "log"); strings.Count(got.stdout, "booking.created") != 1 || !strings.Contains(got.stdout, "delivered") {
		t.Errorf("the journal has\n%s", got.stdout)
	}
	again.stop()
	<-again.ended
}

// After the grace time attempts are cut and recorded; their deliveries continue after the next start.
func TestServeCutsLongAttempts(t *testing.T) {
	t.Parallel()
	url, response, letGo := heldReceiver(t)
	file := filepath.Join(t.TempDir(), "clinic.db")
	s := serveHere(t, "--to", url, "--data", file, "--grace", "10ms", "--provider", "retry-base=1ms")
	s.client(t, "emit", "booking.created")
	<-response
	s.stop()
	if code := <-s.ended; code != 0 || !strings.Contains(s.log.String(), "stopped with attempts in progress") {
		t.Errorf("exit code %d\n%s", code, s.log)
	}
	letGo()
	again := serveHere(t, "--data", file)
	if err := untilAllFinished(again.url); err != nil {
		t.Fatal(err)
	}
	if got := again.client(t, "log"); !strings.Contains(got.stdout, "canceled") || !strings.Contains(got.stdout, "delivered") {
		t.Errorf("the journal has\n%s", got.stdout)
	}
	again.stop()
	<-again.ended
}

// A client that never ends its request does not take the time of the attempts in flight.
func TestServeDoesNotWaitForASlowClient(t *testing.T) {
	t.Parallel()
	url, response, letGo := heldReceiver(t)
	s := serveHere(t, "--to", url, "--grace", "600ms")
	s.client(t, "emit", "booking.created")
	<-response
	c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "POST /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err != nil { // 100 Continue: its body is being read
		t.Fatal(err)
	}
	s.stop()
	s.log.until("requests were cut off")
	letGo()
	if code := <-s.ended; code != 0 || strings.Contains(s.log.String(), "stopped before") || strings.Contains(s.log.String(), "ERROR") {
		t.Errorf("exit code %d\n%s", code, s.log)
	}
}

func untilAllFinished(url string) error {
	answer, err := http.Get(url + "/api/v1/attempts/wait?until=all-finished&within=20s")
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

// log --follow prints new attempts and notices, and reports when the provider has stopped.
func TestLogFollows(t *testing.T) {
	t.Parallel()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	defer receiver.Close()
	s := serveHere(t, "--to", receiver.URL)
	s.client(t, "emit", "patient.created")
	if err := untilAllFinished(s.url); err != nil {
		t.Fatal(err)
	}
	follow := func(ctx context.Context, args ...string) (lines *bufio.Scanner, said *lockedBuffer, code chan int) {
		out, in := io.Pipe()
		said, code = &lockedBuffer{}, make(chan int, 1)
		go func() {
			args = append([]string{"log", "--follow", "--via", s.url}, args...)
			code <- run(ctx, args, func(string) (string, bool) { return "", false }, streams{in: strings.NewReader(""), out: in, err: said})
			in.Close()
		}()
		return bufio.NewScanner(out), said, code
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	lines, said, code := follow(ctx)
	next := func() string { lines.Scan(); return lines.Text() }
	if head, old := next(), next(); !strings.Contains(head, "STARTED") || !strings.Contains(old, "patient.created") {
		t.Errorf("the first lines are\n%s\n%s", head, old)
	}
	s.client(t, "emit", "booking.created")
	if line := next(); !strings.Contains(line, "booking.created") || !strings.Contains(line, "  200  ") {
		t.Errorf("the next line is %s", line)
	}
	interrupted, interrupt := context.WithCancel(ctx)
	_, _, second := follow(interrupted, "--type", "invoice.*", "--outcome", "refused", "--limit", "1", "--format", "json")
	interrupt()
	if got := <-second; got != 0 && got != scenarios.ExitInterrupted {
		t.Errorf("after an interrupt it exited with %d", got)
	}
	s.stop()
	if got := <-s.ended; got != 0 {
		t.Errorf("serve exited with %d\n%s", got, s.log)
	}
	if got := <-code; got != scenarios.ExitUnreached || !strings.Contains(said.String(), "has stopped") {
		t.Errorf("it exited with %d: %s", got, said)
	}
}
