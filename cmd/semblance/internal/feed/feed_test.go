package feed

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/journal"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var noon = time.Date(2026, 6, 8, 12, 0, 0, 0, time.UTC)

// history is a journal with everything that a feed prints.
func history(t *testing.T) journal.Journal {
	t.Helper()
	j := journal.NewMemory(journal.Options{})
	t.Cleanup(func() { j.Close() })
	booking, err := schemas.Lookup("booking.created")
	if err != nil {
		t.Fatal(err)
	}
	own, err := schemas.Lookup("webhook.event.deliveryFailed")
	if err != nil {
		t.Fatal(err)
	}
	event := func() *journal.Event { return &journal.Event{At: noon, Event: schemas.Event{Type: booking}} }
	delivery := func(id string) *journal.Delivery {
		return &journal.Delivery{Delivery: simulator.Delivery{ID: id, SubscriptionID: "s1", Event: schemas.Event{Type: booking}}, DeliveryState: journal.DeliveryState{State: journal.Pending, Due: noon}}
	}
	attempt := func(id string, number int, response simulator.Response, next journal.DeliveryState) *journal.Attempt {
		response.Timings.Total = 2 * time.Millisecond
		return &journal.Attempt{Next: next, Attempt: simulator.Attempt{
			DeliveryID: id, SubscriptionID: "s1", Number: number, StartedAt: noon, Response: response,
			Request: simulator.Request{EventType: "booking.created", EventID: "6b0000000000000000000001", Method: "POST", URL: "http://localhost:3000/webhooks"},
		}}
	}
	subscription := func(reason string, paused, deleted bool) *journal.Subscription {
		return &journal.Subscription{At: noon, Reason: reason, Subscription: simulator.Subscription{ID: "s1", Label: "mine", DeliveryPaused: paused, Deleted: deleted}}
	}
	broken := simulator.Response{Status: 500, Body: []byte("oh no")}
	pending := journal.DeliveryState{State: journal.Pending, Due: noon.Add(8*time.Second + 2*time.Millisecond)}
	held := journal.DeliveryState{State: journal.Held}
	for _, records := range [][]journal.Record{
		{subscription("created", false, false)},
		{event(), delivery("d1")},
		{attempt("d1", 1, broken, pending)},
		{attempt("d1", 2, broken, pending)},
		{attempt("d1", 3, simulator.Response{Failure: simulator.FailureRefused, Detail: "nothing listens at localhost:3000"}, journal.DeliveryState{State: journal.Failed, Tries: 3})},
		{event(), delivery("d2"), event(), delivery("d3")},
		{subscription("paused by the circuit breaker", true, false), &journal.Transition{DeliveryID: "d2", Next: held, Reason: "its subscription was paused by the circuit breaker"},
			&journal.Transition{DeliveryID: "d3", Next: held, Reason: "its subscription was paused by the circuit breaker"},
			&journal.Notice{At: noon, Subject: "Webhook paused", Text: "Deliveries to mine are paused."}},
		{subscription("resumed", false, false)},
		{attempt("d2", 1, simulator.Response{Status: 200}, journal.DeliveryState{State: journal.Delivered})},
		{event()}, {event()}, {&journal.Event{At: noon, Event: schemas.Event{Type: own}}},
		{subscription("deleted", false, true)},
		{event()},
	} {
		if err := j.Append(t.Context(), records...); err != nil {
			t.Fatal(err)
		}
	}
	return j
}

// ended is a context that has ended: a feed prints what is committed.
func ended(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func TestText(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := (&Feed{Out: &out, Via: " --via 4710"}).Follow(ended(t), history(t), 0); err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/feed.golden"
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := (&Feed{Out: &out, JSON: true}).Follow(ended(t), history(t), 0); err != nil {
		t.Fatal(err)
	}
	attempts := 0
	for text := range strings.Lines(out.String()) {
		var line struct {
			Kind   journal.Kind
			Record struct{ EventType, NextState string }
		}
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		if line.Kind == journal.KindAttempt {
			attempts++
			if line.Record.EventType != "booking.created" || line.Record.NextState == "" {
				t.Errorf("got %s", text)
			}
		}
	}
	if attempts != 4 {
		t.Errorf("%d attempts, want 4", attempts)
	}
}

// A feed prints records as they are committed, ends with its context or with the journal, and says what it skips.
func TestFollow(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(journal.Journal, context.CancelFunc){
		"context": func(_ journal.Journal, cancel context.CancelFunc) { cancel() },
		"journal": func(j journal.Journal, _ context.CancelFunc) { j.Close() },
	} {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			j := journal.NewMemory(journal.Options{})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			done := make(chan error, 1)
			go func() { done <- (&Feed{Out: &out}).Follow(ctx, j, 0) }()
			synctest.Wait()
			if err := j.Append(ctx, &journal.Notice{Subject: "First", Text: "text"}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if err := j.Reset(ctx, noon, nil); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			end(j, cancel)
			if err := <-done; err != nil {
				t.Errorf("%s: %v", name, err)
			}
			j.Close()
			if got := out.String(); got != "notice: First: text\nthe provider was reset\n" {
				t.Errorf("%s: got %q", name, got)
			}
		})
	}
}

func TestSlowOutputSkips(t *testing.T) {
	t.Parallel()
	j := journal.NewMemory(journal.Options{Rows: -1})
	defer j.Close()
	notices := make([]journal.Record, maxLag+1)
	for i := range notices {
		notices[i] = &journal.Notice{Subject: "s", Text: "t"}
	}
	if err := j.Append(t.Context(), notices...); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := (&Feed{Out: &out}).Follow(ended(t), j, 0); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(out.String(), "notice: "); got != last || !strings.Contains(out.String(), "19,001 records not shown") {
		t.Errorf("%d notices, want %d, in\n%.200s", got, last, &out)
	}
}
