package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"semblance/cmd/semblance/internal/client"
	"semblance/simulator"
	"semblance/simulator/signature"
)

var crashes = flag.Int("crashes", 12, "how often the crash test kills a serve under load")

// TestServeSurvivesKill kills `semblance serve --data` with SIGKILL at random moments, while its API makes events and its
// receiver refuses one attempt in ten. The processes started afterwards on the same file must deliver every acknowledged
// event at least once, and every attempt in the journal must be complete.
func TestServeSurvivesKill(t *testing.T) {
	t.Parallel()
	r := &countingReceiver{seen: map[string]int{}}
	receiver := httptest.NewServer(r)
	defer receiver.Close()
	file := filepath.Join(t.TempDir(), "clinic.db")
	load := &crashLoad{bookings: map[string]string{}}
	for range *crashes {
		p := startVictim(t, file, receiver.URL)
		load.run(t, p)
		if err := p.command.Wait(); err == nil {
			t.Fatal("the killed process exited with 0")
		}
	}
	p := startVictim(t, file, receiver.URL)
	var unfinished struct{ Accepted, Unfinished int }
	p.get(t, "/attempts/wait?until=all-finished&within=1m", &unfinished)
	states, attempts := p.deliveries(t), p.checkAttempts(t)
	for id, booking := range load.bookings {
		if states[id] != "delivered" || r.seen[booking] == 0 {
			t.Errorf("delivery %s of booking %s was acknowledged; its state is %q, and it was received %d times", id, booking, states[id], r.seen[booking])
		}
	}
	if err := p.command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := p.command.Wait(); err != nil {
		t.Errorf("after an interrupt it exited with %v", err)
	}
	t.Logf("%d kills, %d events acknowledged, %d requests received, %d attempts in the journal", *crashes, len(load.bookings), r.requests, attempts)
}

// countingReceiver accepts nine attempts in ten and counts the accepted ones by booking.
type countingReceiver struct {
	mu       sync.Mutex
	requests int
	seen     map[string]int
}

func (r *countingReceiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	var event struct{ Identifiers map[string]string }
	err := json.NewDecoder(request.Body).Decode(&event)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests++
	if err != nil || r.requests%10 == 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	r.seen[event.Identifiers["bookingId"]]++
}

// victim is a running serve.
type victim struct {
	command *exec.Cmd
	url     string
}

func startVictim(t *testing.T, file, receiver string) *victim {
	t.Helper()
	v := &victim{command: exec.CommandContext(t.Context(), "semblance", "serve", "--addr", "127.0.0.1:0", "--format", "json", "--log-level", "error",
		"--data", file, "--to", receiver, "--time-scale", "1000", "--provider", "attempts=30", "--provider", "retry-factor=1.5", "--provider", "breaker-threshold=0")}
	v.command.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	var complaints bytes.Buffer
	v.command.Stderr = &complaints
	out, err := v.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.command.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var first struct{ URL string }
	if err != nil || json.Unmarshal(line, &first) != nil {
		t.Fatalf("its first line is %q (%v)\n%s", line, err, complaints.String())
	}
	v.url = first.URL + "/api/v1"
	return v
}

func (v *victim) get(t *testing.T, path string, into any) {
	t.Helper()
	answer, err := http.Get(v.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK || json.Unmarshal(body, into) != nil {
		t.Fatalf("GET %s: %s (%v)\n%.1000s", path, answer.Status, err, body)
	}
}

// deliveries returns the state of each delivery.
func (v *victim) deliveries(t *testing.T) map[string]string {
	states := map[string]string{}
	for cursor := ""; ; {
		var page struct {
			Items []struct{ ID, State string }
			Next  string
		}
		v.get(t, "/deliveries?limit=1000"+cursor, &page)
		for _, d := range page.Items {
			states[d.ID] = d.State
		}
		if page.Next == "" {
			return states
		}
		cursor = "&cursor=" + page.Next
	}
}

// checkAttempts reads every attempt in full: each is complete, correctly signed and the next of its delivery.
func (v *victim) checkAttempts(t *testing.T) int {
	counted, total := map[string]int{}, 0
	for cursor := ""; ; {
		var page struct {
			Items []client.Attempt
			Next  string
		}
		v.get(t, "/attempts?full=true&order=oldest&limit=1000"+cursor, &page)
		for _, a := range page.Items {
			total++
			counted[a.DeliveryID]++
			if err := wholeAttempt(&a, counted[a.DeliveryID]); err != nil {
				t.Errorf("attempt %d: %v", a.ID, err)
			}
		}
		if page.Next == "" {
			return total
		}
		cursor = "&cursor=" + page.Next
	}
}

func wholeAttempt(a *client.Attempt, number int) error {
	switch {
	case a.Number != number:
		return fmt.Errorf("it is number %d, want %d", a.Number, number)
	case a.Request == nil || a.Response == nil || a.Outcome == "" || a.Next == "":
		return fmt.Errorf("something is missing: %s", a.Raw)
	}
	return signature.Verify(a.Request.Body, a.Request.Header(signature.HeaderName), simulator.DefaultSecret.Reveal(), a.StartedAt, time.Minute)
}

// crashLoad makes events from several goroutines and records the acknowledged ones: the booking of each delivery.
type crashLoad struct {
	mu       sync.Mutex
	bookings map[string]string
}

// run makes events at the process and kills it at a random moment after its first acknowledgement.
func (l *crashLoad) run(t *testing.T, v *victim) {
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	first := make(chan struct{})
	var once sync.Once
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for l.emit(client, v) { // until it is dead
				once.Do(func() { close(first) })
			}
			once.Do(func() { close(first) })
		})
	}
	<-first
	moment := time.NewTimer(time.Duration(rand.IntN(80_000)) * time.Microsecond)
	<-moment.C // the moment is what is tested, not what is waited for
	if err := v.command.Process.Kill(); err != nil {
		t.Error(err)
	}
	all.Wait()
}

// emit makes some events, and reports whether they were acknowledged.
func (l *crashLoad) emit(client *http.Client, v *victim) bool {
	answer, err := client.Post(v.url+"/events", "application/json", strings.NewReader(`{"eventType":"booking.created","count":5}`))
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	var made struct {
		Events []struct {
			Deliveries  []string
			Identifiers map[string]string
		}
	}
	if answer.StatusCode != http.StatusCreated || json.NewDecoder(answer.Body).Decode(&made) != nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range made.Events {
		for _, id := range e.Deliveries {
			l.bookings[id] = e.Identifiers["bookingId"]
		}
	}
	return true
}
