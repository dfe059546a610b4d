package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"semblance/scenarios"
	"semblance/schemas"
	"semblance/schemas/objectid"
	"semblance/simulator"
)

// A receiver that verifies with Stripe's library and checks each body against its schema accepts every event type.
func TestStripeVerifiesEveryType(t *testing.T) {
	t.Parallel()
	got := runHere(t, nil, "send", "**", "--to", receiving(t, "verifies"), "--format", "json")
	if got.code != scenarios.ExitPassed {
		t.Fatalf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	attempts := readAttempts(t, got.stdout)
	if want := len(schemas.All()); len(attempts) != want {
		t.Fatalf("%d attempts, want %d", len(attempts), want)
	}
	for i, a := range attempts {
		if a.Response.Status != http.StatusAccepted {
			t.Errorf("%s: %d %s", a.Request.EventType, a.Response.Status, a.Response.Body)
		}
		if want := schemas.All()[i].Name; a.Request.EventType != want {
			t.Errorf("attempt %d is of %s, want %s", i, a.Request.EventType, want)
		}
	}
}

// Further events of a type vary as the clinic's records do, and are accepted too.
func TestStripeVerifiesManyOfEachType(t *testing.T) {
	t.Parallel()
	got := runHere(t, nil, "send", "**", "--count", "5", "--in-flight", "8", "--quiet", "--format", "json", "--to", receiving(t, "verifies"))
	var sum struct {
		Sent, Failed int
		Statuses     map[string]int
	}
	if err := json.Unmarshal([]byte(got.stdout), &sum); err != nil {
		t.Fatalf("%v in %q", err, got.stdout)
	}
	if want := 5 * len(schemas.All()); got.code != 0 || sum.Sent != want || sum.Statuses["202"] != want || sum.Failed != 0 {
		t.Errorf("exit code %d, %+v\n%s", got.code, sum, got.stderr)
	}
}

func TestSeedAndTimeFixTheRequests(t *testing.T) {
	t.Parallel()
	dry := func(args ...string) string {
		t.Helper()
		got := runHere(t, nil, append([]string{"send", "**", "--count", "3", "--to", "3000/webhooks", "--dry-run", "--format", "json"}, args...)...)
		if got.code != 0 {
			t.Fatalf("exit code %d: %s", got.code, got.stderr)
		}
		return got.stdout
	}
	first := dry("--seed", "7", "--at", "2026-03-02T09:00:00Z")
	if again := dry("--seed", "7", "--at", "2026-03-02T09:00:00Z"); again != first {
		t.Error("the same seed and time give other bytes")
	}
	one := readAttempts(t, first)
	other := readAttempts(t, dry("--seed", "8", "--at", "2026-03-02T09:00:00Z"))
	for i := range one {
		a, b := identifiersOf(t, one[i].Request.Body), identifiersOf(t, other[i].Request.Body)
		for name, value := range a {
			if objectid.Valid(value) && b[name] == value {
				t.Errorf("%s of %s is %s with either seed", name, one[i].Request.EventType, value)
			}
		}
		if one[i].Request.EventID == other[i].Request.EventID {
			t.Errorf("the eventId %s with either seed", one[i].Request.EventID)
		}
	}
	now, later := readAttempts(t, dry("--seed", "7")), readAttempts(t, dry("--seed", "7"))
	for i := range now {
		if now[i].Request.EventID == later[i].Request.EventID {
			t.Fatal("without --at two runs have the same eventId: a receiver would ignore the second as a duplicate")
		}
		got, want := identifiersOf(t, now[i].Request.Body), identifiersOf(t, later[i].Request.Body)
		for name, value := range got {
			if objectid.Valid(value) && objectid.Valid(want[name]) && value[8:] != want[name][8:] { // an id begins with its time
				t.Fatalf("the same seed gave the records %v and %v", got, want)
			}
		}
	}
}

// A dry run prints the requests that are sent otherwise.
func TestDryRunPrintsTheRequests(t *testing.T) {
	t.Parallel()
	url := receiving(t, "accepts")
	args := []string{"send", "booking.*", "--to", url, "--at", "1764000000", "--format", "json", "--in-flight", "4"}
	sent, dry := readAttempts(t, runHere(t, nil, args...).stdout), readAttempts(t, runHere(t, nil, append(args, "--dry-run")...).stdout)
	if len(sent) != len(dry) {
		t.Fatalf("%d sent, %d printed", len(sent), len(dry))
	}
	for i := range sent {
		if fmt.Sprint(sent[i].Request) != fmt.Sprint(dry[i].Request) {
			t.Errorf("sent    %v\nprinted %v", sent[i].Request, dry[i].Request)
		}
	}
}

// The rerun command sends the same event again.
func TestRerunSendsTheSameEvent(t *testing.T) {
	t.Parallel()
	url := receiving(t, "refuses")
	got := runHere(t, nil, "send", "invoice.paid", "booking.created", "--count", "4", "--set", "patientId=507f191e810c19729de860ea",
		"--to", url, "--seed", "9", "--at", "1764000000", "--format", "json", "--header", "X-Mine: a b")
	attempts := readAttempts(t, got.stdout)
	var command string
	for line := range strings.Lines(got.stderr) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "rerun "); ok {
			command = strings.TrimSpace(rest)
		}
	}
	want := "semblance send invoice.paid --set patientId=507f191e810c19729de860ea --seed 9"
	if !strings.Contains(command, "semblance send invoice.paid") || !strings.Contains(command, "--header 'X-Mine: a b'") {
		t.Fatalf("got %q, want something like %q", command, want)
	}
	again := runHere(t, nil, append(splitShell(command)[1:], "--format", "json")...)
	repeated := readAttempts(t, again.stdout)
	if again.code != got.code || len(repeated) != 1 || string(repeated[0].Request.Body) == "" {
		t.Fatalf("exit code %d and %d attempts", again.code, len(repeated))
	}
	if got, want := identifiersOf(t, repeated[0].Request.Body), identifiersOf(t, attempts[0].Request.Body); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("rerun %v, first %v", got, want)
	}
}

// The n-th event of a type does not depend on the other types, so that it can be sent alone.
func TestEventsOfATypeAreIndependent(t *testing.T) {
	t.Parallel()
	dry := func(args ...string) []readAttempt {
		return readAttempts(t, runHere(t, nil, append(args, "--to", "3000", "--dry-run", "--format", "json", "--seed", "1", "--at", "1764000000")...).stdout)
	}
	alone, among := dry("send", "patient.merged", "--count", "3"), dry("send", "patient.*", "--count", "3")
	among = slices.DeleteFunc(among, func(a readAttempt) bool { return a.Request.EventType != "patient.merged" })
	for i := range alone {
		if a, b := identifiersOf(t, alone[i].Request.Body), identifiersOf(t, among[i].Request.Body); fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("event %d is %v alone and %v among others", i+1, a, b)
		}
	}
}

func TestVariablesSetFlags(t *testing.T) {
	t.Parallel()
	url := receiving(t, "accepts")
	env := map[string]string{"SEMBLANCE_TO": url, "SEMBLANCE_COUNT": "5", "SEMBLANCE_FORMAT": "json", "SEMBLANCE_HEADER": "X-A: 1\nX-B: 2, 3", "SEMBLANCE_OMIT": "patientId,doctorId"}
	attempts := readAttempts(t, runHere(t, env, "send", "booking.created").stdout)
	if len(attempts) != 5 {
		t.Fatalf("%d attempts, want the 5 of the variable", len(attempts))
	}
	if a, b := attempts[0].Request.Header("X-A"), attempts[0].Request.Header("X-B"); a != "1" || b != "2, 3" {
		t.Errorf("headers %q and %q", a, b)
	}
	if got := identifiersOf(t, attempts[0].Request.Body); len(got) != 1 {
		t.Errorf("identifiers %v, want the bookingId alone", got)
	}
	// A flag overrides its variable even if it has the default value.
	if attempts := readAttempts(t, runHere(t, env, "send", "booking.created", "--count", "1").stdout); len(attempts) != 1 {
		t.Errorf("%d attempts, want the 1 of the flag", len(attempts))
	}
}

func TestInterruptedSendPrintsItsSummary(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var once sync.Once
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { once.Do(cancel) }))
	t.Cleanup(server.Close)
	got := runWith(ctx, nil, false, "send", "booking.created", "--count", "1000", "--rate", "100/s", "--to", server.URL)
	if got.code != scenarios.ExitInterrupted || !strings.Contains(got.stderr, "interrupted after") || !strings.Contains(got.stdout, " sent") {
		t.Errorf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
}

func TestInterruptedDryRunStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got := runWith(ctx, nil, false, "send", "booking.created", "--count", "1000000000", "--to", "3000", "--dry-run", "--quiet")
	if got.code != scenarios.ExitInterrupted || got.stderr != "interrupted after 0 of 1,000,000,000 events, nothing was sent\n" {
		t.Errorf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
}

// A command that waits for input ends at the first signal.
func TestInterruptedWhileReading(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	in, hold := io.Pipe()
	t.Cleanup(func() { hold.Close() })
	ended := make(chan int)
	for _, args := range [][]string{{"sign"}, {"send", "--raw", "-", "--to", "3000"}} {
		go func() {
			ended <- run(ctx, args, func(string) (string, bool) { return "", false }, streams{in: in, out: io.Discard, err: io.Discard})
		}()
	}
	cancel()
	for range 2 {
		if code := <-ended; code != scenarios.ExitInterrupted {
			t.Errorf("exit code %d, want %d", code, scenarios.ExitInterrupted)
		}
	}
}

// The first SIGINT ends the process with a summary.
func TestSignalEndsTheProcess(t *testing.T) {
	t.Parallel()
	began := make(chan struct{})
	var once sync.Once
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { once.Do(func() { close(began) }) }))
	t.Cleanup(server.Close)
	c := exec.Command("semblance", "send", "booking.created", "--count", "1000", "--rate", "10/s", "--to", server.URL)
	c.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	<-began
	c.Process.Signal(os.Interrupt)
	c.Wait()
	if code := c.ProcessState.ExitCode(); code != scenarios.ExitInterrupted || !strings.Contains(out.String(), "interrupted after ") {
		t.Errorf("exit code %d\n%s", code, out.String())
	}
}

// A terminal shows twenty attempts, then only failures and a line of progress; other outputs show all.
func TestTerminalShowsTwentyAttempts(t *testing.T) {
	t.Parallel()
	url := receiving(t, "accepts")
	args := []string{"send", "booking.created", "--count", "50", "--to", url}
	on := runWith(t.Context(), nil, true, args...)
	if n := strings.Count(on.stdout, "-->"); n != 20 {
		t.Errorf("%d attempts on a terminal, want 20", n)
	}
	if !strings.Contains(on.stderr, "\r\x1b[K") || !strings.Contains(on.stderr, " of 50, 0 not as expected") {
		t.Errorf("no line of progress in %q", on.stderr)
	}
	if !strings.Contains(on.stdout, "\x1b[") {
		t.Error("no color on a terminal")
	}
	if verbose := runWith(t.Context(), nil, true, append(args, "--verbose")...); strings.Count(verbose.stdout, "-->") != 50 {
		t.Error("--verbose does not show all")
	}
	if off := runHere(t, nil, args...); strings.Count(off.stdout, "-->") != 50 || strings.Contains(off.stdout+off.stderr, "\x1b") {
		t.Errorf("a file gets all attempts without color, got %q", off.stdout+off.stderr)
	}
	if plain := runWith(t.Context(), map[string]string{"NO_COLOR": "1"}, true, args...); strings.Contains(plain.stdout, "\x1b[") {
		t.Error("color despite NO_COLOR")
	}
	failing := runWith(t.Context(), map[string]string{"NO_COLOR": "1"}, true, "send", "booking.created", "--count", "50", "--to", receiving(t, "is-broken"))
	if n := strings.Count(failing.stdout, "<-- 500"); n != 3 || !strings.Contains(failing.stdout, "50 not as expected: 500 × 50") {
		t.Errorf("%d failures by one cause shown, want the first and 2 more; got %q", n, failing.stdout)
	}
}

// The two lines of an attempt stay together, however many are in flight.
func TestLinesOfAnAttemptStayTogether(t *testing.T) {
	t.Parallel()
	got := runHere(t, nil, "send", "**", "--in-flight", "32", "--to", receiving(t, "accepts"))
	lines := bufio.NewScanner(strings.NewReader(got.stdout))
	for n := 0; lines.Scan() && n < 202; n++ {
		if want := []string{"--> ", "<-- "}[n%2]; !strings.HasPrefix(lines.Text(), want) {
			t.Fatalf("line %d is %q, want one that begins with %q", n+1, lines.Text(), want)
		}
	}
}

// The load is open: slow responses do not delay requests that are due.
func TestRateDoesNotWaitForResponses(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	var mu sync.Mutex
	waiting := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		mu.Lock()
		if waiting++; waiting == 8 {
			close(release)
		}
		mu.Unlock()
		<-release // no response before all eight requests
	}))
	t.Cleanup(server.Close)
	got := runHere(t, nil, "send", "booking.created", "--count", "8", "--rate", "1000/s", "--in-flight", "8", "--to", server.URL)
	if got.code != 0 || !strings.Contains(got.stdout, "8 sent, 8 answered") {
		t.Errorf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
}

// A bare port is tried at 127.0.0.1, then at ::1, because some servers listen there only.
func TestBarePortTriesIPv6Second(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no IPv6:", err)
	}
	server := httptest.NewUnstartedServer(handlers["accepts"])
	server.Listener.Close()
	server.Listener = l
	server.Start()
	t.Cleanup(server.Close)
	if got := runHere(t, nil, "send", "booking.created", "--to", portOf(server.URL)); got.code != 0 {
		t.Errorf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
}

// readAttempt is one line of the output.
type readAttempt struct {
	Request  simulator.Request
	Response simulator.Response
	Passed   bool
	Failures []string
}

func readAttempts(t *testing.T, ndjson string) []readAttempt {
	t.Helper()
	var all []readAttempt
	for d := json.NewDecoder(strings.NewReader(ndjson)); ; {
		var a readAttempt
		if err := d.Decode(&a); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatalf("%v in %s", err, ndjson)
		}
		all = append(all, a)
	}
}

func identifiersOf(t *testing.T, body []byte) map[string]string {
	t.Helper()
	var envelope struct {
		Identifiers map[string]string `json:"identifiers"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return envelope.Identifiers
}

// splitShell splits a command as a shell does, for the quoting that report.Shell writes.
func splitShell(command string) []string {
	var words []string
	var word strings.Builder
	quoted, begun := false, false
	for _, r := range command {
		switch {
		case r == '\'':
			quoted, begun = !quoted, true
		case r == ' ' && !quoted:
			if begun {
				words = append(words, word.String())
			}
			word.Reset()
			begun = false
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if begun {
		words = append(words, word.String())
	}
	return words
}
