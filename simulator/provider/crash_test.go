package provider_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/journal"
	"semblance/simulator/journal/sqlite"
	"semblance/simulator/provider"
)

var crashes = flag.Int("crashes", 6, "how often the crash test kills a process under load")

// victim, set in its environment, makes this program the process that is killed: the journal's file and the receiver.
const victim = "SEMBLANCE_CRASH_TEST"

// patient is a ladder that does not give up on a receiver that refuses one attempt in ten, not in tens of thousands.
var patient = provider.RetryPolicy{Attempts: 20, Factor: 1.5}

// TestAKillLosesNothing kills a process under load at a random moment, again and again on the same journal. Every event
// that it acknowledged must be delivered at least once after the restart, and no attempt may be half written.
func TestAKillLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	r := receive(t, nil)
	r.answers(func(n int, _ request) int { return map[bool]int{true: 503, false: 200}[n%10 == 0] })
	acknowledged := map[string]string{} // the event's bookingId, by outboxId
	for range *crashes {
		runUntilKilled(t, path, r.URL, acknowledged)
	}
	r.answers(nil)
	j, err := sqlite.Open(t.Context(), path, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	p := start(t, provider.Options{Journal: j, Clock: clock.Scaled(1000), Retry: patient})
	wait(t, p, provider.Condition{AllFinished: true})
	received := map[string]bool{}
	for _, r := range r.requests() {
		received[r.Identifiers["bookingId"]] = true
	}
	for id, booking := range acknowledged {
		d, err := j.Delivery(t.Context(), id)
		if err != nil || d.State != journal.Delivered || !received[booking] {
			t.Errorf("%s of %s was acknowledged; received: %v; in the journal: %+v (%v)", id, booking, received[booking], d, err)
		}
	}
	attempts := checkAttempts(t, j, p.Subscriptions(false)[0])
	t.Logf("%d kills, %d events acknowledged, %d requests received, %d attempts in the journal", *crashes, len(acknowledged), len(r.requests()), attempts)
}

// checkAttempts reads every attempt in full: none may be half written.
func checkAttempts(t *testing.T, j journal.Journal, s simulator.Subscription) int {
	t.Helper()
	counted := map[string]int{}
	q := journal.Query{Oldest: true, Limit: journal.MaxLimit, Full: true}
	for {
		page, err := j.Attempts(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page.Items {
			counted[a.DeliveryID]++
			if a.Number != counted[a.DeliveryID] || len(a.Request.Headers) == 0 || a.Verdict != journal.Valid {
				t.Errorf("attempt %+v is not whole", a)
			}
			r := request{Body: a.Request.Body, Header: map[string][]string{}}
			for _, h := range a.Request.Headers {
				r.Header.Set(h.Name, h.Value)
			}
			r.verify(t, s, a.StartedAt)
		}
		if page.Next == "" {
			break
		}
		q.Cursor = page.Next
	}
	n := 0
	for id, count := range counted {
		n += count
		if d, err := j.Delivery(t.Context(), id); err != nil || d.Attempts != count {
			t.Errorf("%d attempts of %+v (%v)", count, d, err)
		}
	}
	return n
}

// runUntilKilled starts a process that emits as fast as it can, and kills it at a random moment. What it acknowledged
// before is added to the list.
func runUntilKilled(t *testing.T, path, url string, acknowledged map[string]string) {
	t.Helper()
	process := exec.Command(os.Args[0], "-test.run=^$")
	process.Env = append(os.Environ(), victim+"="+path+"\n"+url, "GORACE=atexit_sleep_ms=0")
	process.Stderr = os.Stderr
	out, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for first := true; ; first = false {
		line, err := lines.ReadString('\n')
		if err == io.EOF {
			break // a line without an end was not said
		}
		if err != nil {
			t.Fatal(err)
		}
		id, booking, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			t.Fatalf("the process said %q", line)
		}
		acknowledged[id] = booking
		if first {
			timer := time.AfterFunc(time.Duration(rand.IntN(150_000))*time.Microsecond, func() { _ = process.Process.Kill() })
			defer timer.Stop()
		}
	}
	_ = process.Wait() // killed
}

// emitUntilKilled is what the process that is killed does.
func emitUntilKilled(path, url string) error {
	ctx := context.Background()
	j, err := sqlite.Open(ctx, path, journal.Options{})
	if err != nil {
		return err
	}
	p, err := provider.Start(ctx, provider.Options{
		Journal: j, InFlight: 8, Clock: clock.Scaled(1000), Retry: patient,
		Subscriptions: []provider.NewSubscription{{URL: url, Label: "crash", EventTypes: []string{"booking.created"}, Local: true}},
	})
	if err != nil {
		return err
	}
	var emitters sync.WaitGroup
	for range 8 {
		emitters.Go(func() {
			for {
				e, err := p.Emit(ctx, "booking.created", provider.Overrides{})
				if err != nil {
					return
				}
				booking, _ := e.Event.Get("bookingId")
				fmt.Fprintln(os.Stdout, e.Deliveries[0].ID, booking) // acknowledged
			}
		})
	}
	emitters.Wait()
	return nil
}
