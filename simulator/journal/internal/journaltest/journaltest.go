// Package journaltest is what every journal must do, as tests: the journal in memory and the one in a file run the
// same ones. Nothing but tests imports it.
package journaltest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"semblance/schemas"
	"semblance/schemas/objectid"
	"semblance/simulator"
	"semblance/simulator/journal"
)

// Open opens an empty journal for a test, which need not close it.
type Open func(t testing.TB, options journal.Options) journal.Journal

// noon is the time before the first record of a Maker.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// Run runs every test against journals that open gives.
func Run(t *testing.T, open Open) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Open)
	}{
		{"append numbers and joins", testAppend},
		{"append refuses", testAppendRefuses},
		{"delivery stands where its attempts leave it", testDeliveryState},
		{"attempt comes back whole", testWhole},
		{"read follows the sequence", testRead},
		{"committed wakes followers", testCommitted},
		{"current holds what is in force", testCurrent},
		{"owed in order", testUnfinished},
		{"queries filter", testFilter},
		{"pages are stable", testPages},
		{"full pages are bounded in bytes", testFullPages},
		{"prune spares what is owed", testPruneAge},
		{"prune keeps so many rows", testPruneRows},
		{"reset", testReset},
		{"many goroutines", testConcurrent},
		{"closed", testClosed},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open) })
	}
}

// Maker makes records for tests, each a second after the one before.
type Maker struct {
	ids *objectid.Generator
	now time.Time
}

// NewMaker returns a maker whose ids come from seed.
func NewMaker(seed uint64) *Maker { return &Maker{ids: objectid.NewGenerator(seed), now: noon} }

// ID returns a new id.
func (m *Maker) ID() string { return m.ids.New(m.now).String() }

// Tick returns the time of the next record.
func (m *Maker) Tick() time.Time {
	m.now = m.now.Add(time.Second)
	return m.now
}

// Change makes a change of the type, which concerns a new record.
func (m *Maker) Event(eventType string) *journal.Event {
	t, err := schemas.Lookup(eventType)
	if err != nil {
		panic(err)
	}
	return &journal.Event{At: m.Tick(), Origin: "api", Event: schemas.Event{
		Type:        t,
		Identifiers: []schemas.Identifier{{Name: "bookingId", Value: m.ID()}, {Name: "patientId", Value: m.ID()}},
	}}
}

// Delivery makes a pending delivery of the change to the subscription.
func (m *Maker) Delivery(c *journal.Event, subscription string) *journal.Delivery {
	at := m.Tick()
	return &journal.Delivery{
		Delivery:      simulator.Delivery{ID: m.ID(), SubscriptionID: subscription, Event: c.Event, CreatedAt: at},
		EventSeq:      c.Seq,
		DeliveryState: journal.DeliveryState{State: journal.Pending, Due: at},
	}
}

// Attempt makes an attempt of the delivery that is answered with the status (0: not at all) and leaves it so.
func (m *Maker) Attempt(d *journal.Delivery, status int, then journal.DeliveryState) *journal.Attempt {
	a := &journal.Attempt{
		Attempt: simulator.Attempt{
			DeliveryID: d.ID, SubscriptionID: d.SubscriptionID, Number: d.Attempts + 1, StartedAt: m.Tick(),
			Request: simulator.Request{
				EventID: m.ID(), EventType: d.Event.Type.Name, Method: "POST", URL: "http://127.0.0.1:3000/webhooks", Proto: "1.1",
				Headers: []simulator.Header{
					{Name: "Host", Value: "127.0.0.1:3000"}, {Name: "User-Agent", Value: "Semblance/1"}, {Name: "Content-Type", Value: "application/json"},
					{Name: "X-Webhook-Signature", Value: fmt.Sprintf("t=%d,v1=%064x", m.now.Unix(), m.now.UnixNano())}, {Name: "X-Webhook-Timestamp", Value: fmt.Sprint(m.now.Unix())},
				},
			},
			Response: simulator.Response{
				Status: status, Proto: "HTTP/1.1", Headers: []simulator.Header{{Name: "Content-Length", Value: "2"}, {Name: "content-type", Value: "text/plain"}},
				Body: []byte("ok"), Size: 2, Timings: simulator.Timings{Connect: time.Microsecond, FirstByte: 80 * time.Microsecond, Total: 90 * time.Microsecond},
			},
		},
		Next: then, Verdict: journal.Valid,
	}
	a.Request.Body = simulator.AppendPayload(nil, d.SubscriptionID, a.Request.EventID, &d.Event)
	if status == 0 {
		a.Response = simulator.Response{Failure: simulator.FailureRefused, Detail: "nothing listens at 127.0.0.1:3000"}
	}
	return a
}

// equal compares records; nil and empty lists are the same.
func equal(t *testing.T, what string, want, got any) {
	t.Helper()
	options := cmp.Options{
		cmpopts.EquateEmpty(),
		cmp.Comparer(func(a, b *schemas.EventType) bool { return a == b || a != nil && b != nil && a.Name == b.Name }),
		cmp.Comparer(func(a, b simulator.Secret) bool { return a == b }),
	}
	if diff := cmp.Diff(want, got, options); diff != "" {
		t.Fatalf("%s (-want +got):\n%.4000s", what, diff)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

func seqs[T journal.Record](records []T) []journal.Seq {
	var all []journal.Seq
	for _, r := range records {
		all = append(all, r.Sequence())
	}
	return all
}

// inParallel runs f n times at once and waits.
func inParallel(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

func background() context.Context { return context.Background() }

func ascending(all []journal.Seq) bool {
	return slices.IsSorted(all) && len(slices.Compact(slices.Clone(all))) == len(all)
}
