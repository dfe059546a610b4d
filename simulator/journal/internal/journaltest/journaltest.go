// Package journaltest contains the tests that every implementation of journal.Journal must pass: the one in memory and
// the one in a file. Only tests import it.
package journaltest

import (
	"bytes"
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

// Open opens an empty journal and closes it at the end of the test.
type Open func(t testing.TB, options journal.Options) journal.Journal

// noon is the time before the first record of a Maker.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// Run runs all tests, each with new journals from open.
func Run(t *testing.T, open Open) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Open)
	}{
		{"append", testAppend},
		{"append of invalid records", testAppendInvalid},
		{"delivery state", testDeliveryState},
		{"every field", testEveryField},
		{"read", testRead},
		{"committed", testCommitted},
		{"current", testCurrent},
		{"unfinished", testUnfinished},
		{"queue", testQueue},
		{"filters", testFilter},
		{"pages", testPages},
		{"pages of long searches", testLongSearch},
		{"pages of full attempts", testFullPages},
		{"prune by age", testPruneAge},
		{"prune by rows", testPruneRows},
		{"reset", testReset},
		{"clinic records", testClinicRecords},
		{"prune clinic records", testPruneClinicRecords},
		{"reset clinic records", testResetClinicRecords},
		{"concurrent use", testConcurrent},
		{"closed", testClosed},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, open)
		})
	}
}

// Maker makes records for tests, each one second after the one before.
type Maker struct {
	ids *objectid.Generator
	now time.Time
}

// NewMaker returns a Maker that derives its ids from seed.
func NewMaker(seed uint64) *Maker { return &Maker{ids: objectid.NewGenerator(seed), now: noon} }

// ID returns a new id.
func (m *Maker) ID() string { return m.ids.New(m.now).String() }

// Tick returns the time of the next record.
func (m *Maker) Tick() time.Time {
	m.now = m.now.Add(time.Second)
	return m.now
}

// Event makes an event of the type, with new identifiers.
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

// Delivery makes a pending delivery of the event to the subscription.
func (m *Maker) Delivery(e *journal.Event, subscriptionID string) *journal.Delivery {
	at := m.Tick()
	return &journal.Delivery{
		Delivery:      simulator.Delivery{ID: m.ID(), SubscriptionID: subscriptionID, Event: e.Event, CreatedAt: at},
		EventSeq:      e.Seq,
		DeliveryState: journal.DeliveryState{State: journal.Pending, Due: at},
	}
}

// Attempt makes an attempt of the delivery with a response of the given status, or none if status is 0. Its delivery
// gets the state next.
func (m *Maker) Attempt(d *journal.Delivery, status int, next journal.DeliveryState) *journal.Attempt {
	a := &journal.Attempt{
		Attempt: simulator.Attempt{
			DeliveryID: d.ID, SubscriptionID: d.SubscriptionID, StartedAt: m.Tick(),
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
		Next: next, Verdict: journal.Valid, Identifiers: d.Event.Identifiers,
	}
	a.Request.Body = simulator.AppendPayload(nil, d.SubscriptionID, a.Request.EventID, &d.Event)
	if status == 0 {
		a.Response = simulator.Response{Failure: simulator.FailureRefused, Detail: "nothing listens at 127.0.0.1:3000"}
	}
	return a
}

// equal fails the test if want and got differ. Nil and empty lists are equal.
func equal(t *testing.T, what string, want, got any) {
	t.Helper()
	options := cmp.Options{
		cmpopts.EquateEmpty(),
		cmp.FilterValues(func(a, b []byte) bool { return len(a)+len(b) > 0 }, cmp.Comparer(bytes.Equal)),
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

// wantError fails the test if err does not wrap want.
func wantError(t *testing.T, err, want error) {
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

// inParallel calls f(0) to f(n-1) concurrently and waits for them.
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
