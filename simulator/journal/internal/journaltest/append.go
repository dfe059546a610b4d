package journaltest

import (
	"context"
	"strings"
	"testing"
	"time"

	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/journal"
)

func testAppend(t *testing.T, open Open) {
	j, m := open(t, journal.Options{}), NewMaker(1)
	c := m.Event("booking.created")
	d1, d2 := m.Delivery(c, "s1"), m.Delivery(c, "s2")
	must(t, j.Append(background(), c, d1, d2))
	if c.Seq == 0 || d1.Seq <= c.Seq || d2.Seq <= d1.Seq {
		t.Fatalf("numbers %d, %d, %d are not ascending from 1", c.Seq, d1.Seq, d2.Seq)
	}
	if d1.EventSeq != c.Seq || d2.EventSeq != c.Seq {
		t.Fatalf("deliveries are of %d and %d, want %d", d1.EventSeq, d2.EventSeq, c.Seq)
	}
	later := m.Delivery(c, "s3") // appended after its event, by number
	must(t, j.Append(background(), later))
	later.Origin = c.Origin
	got, err := j.Delivery(background(), later.ID)
	must(t, err)
	equal(t, "delivery", later, got)
	gotEvent, err := j.Event(background(), c.Seq)
	must(t, err)
	equal(t, "event", c, gotEvent)
	if got, want := j.Stats(), (journal.Stats{Events: 1, Deliveries: 3, Pending: 3}); got != want {
		t.Fatalf("stats %+v, want %+v", got, want)
	}
	_, err = j.Delivery(background(), m.ID())
	wantError(t, err, journal.ErrNotFound)
	_, err = j.Event(background(), d1.Seq)
	wantError(t, err, journal.ErrNotFound)
	_, err = j.Attempt(background(), c.Seq)
	wantError(t, err, journal.ErrNotFound)
	must(t, j.Append(background())) // no records
}

func testAppendInvalid(t *testing.T, open Open) {
	j, m := open(t, journal.Options{}), NewMaker(1)
	c := m.Event("booking.created")
	existing := m.Delivery(c, "s")
	must(t, j.Append(background(), c, existing))
	before, _ := j.Committed()

	gone := m.Delivery(c, "s")
	wantError(t, j.Append(background(), m.Event("booking.updated"), m.Attempt(gone, 200, journal.DeliveryState{State: journal.Delivered})), journal.ErrGone)
	wantError(t, j.Append(background(), &journal.Transition{DeliveryID: gone.ID, Next: journal.DeliveryState{State: journal.Held}}), journal.ErrGone)
	orphan := m.Delivery(c, "s")
	orphan.EventSeq = 4711
	wantError(t, j.Append(background(), orphan), journal.ErrGone)
	canceled, cancel := context.WithCancel(background())
	cancel()
	wantError(t, j.Append(canceled, m.Event("booking.updated")), context.Canceled)

	duplicate := m.Delivery(c, "s")
	duplicate.ID = existing.ID
	unknownState := m.Delivery(c, "s")
	unknownState.State = "lost"
	withoutSubscription := m.Delivery(c, "")
	withoutEvent := &journal.Delivery{Delivery: simulator.Delivery{ID: m.ID(), SubscriptionID: "s"}, DeliveryState: journal.DeliveryState{State: journal.Pending}}
	for _, bad := range []struct {
		want    string
		records []journal.Record
	}{
		{"already exists", []journal.Record{m.Event("booking.updated"), duplicate}},
		{`unknown state "lost"`, []journal.Record{unknownState}},
		{"no subscription", []journal.Record{withoutSubscription}},
		{"has no event", []journal.Record{withoutEvent}},
		{"an event has no type", []journal.Record{&journal.Event{}}},
		{"has no id", []journal.Record{&journal.Setting{}}},
		{"has no id", []journal.Record{&journal.Transition{Next: journal.DeliveryState{State: journal.Held}}}},
		{"is nil", []journal.Record{nil}},
		{"call Reset", []journal.Record{&journal.Reset{}}},
	} {
		if err := j.Append(background(), bad.records...); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("error %v, want %q", err, bad.want)
		}
	}
	if got, want := j.Stats(), (journal.Stats{Events: 1, Deliveries: 1, Pending: 1}); got != want {
		t.Errorf("stats %+v after errors, want %+v", got, want)
	}
	read, err := j.Read(background(), before, 0)
	must(t, err)
	if len(read) > 0 {
		t.Errorf("failed calls left %d records", len(read))
	}
}

func testDeliveryState(t *testing.T, open Open) {
	j, m := open(t, journal.Options{}), NewMaker(1)
	c := m.Event("booking.created")
	d := m.Delivery(c, "s")
	must(t, j.Append(background(), c, d))

	due := m.now.Add(10 * time.Second)
	first := m.Attempt(d, 503, journal.DeliveryState{State: journal.Pending, Due: due, Tries: 1})
	must(t, j.Append(background(), first))
	want := *d
	want.Attempts, want.LastAt, want.Status, want.DeliveryState = 1, first.StartedAt, 503, first.Next
	got, err := j.Delivery(background(), d.ID)
	must(t, err)
	equal(t, "after an attempt", &want, got)

	must(t, j.Append(background(), &journal.Transition{At: m.Tick(), DeliveryID: d.ID, Next: journal.DeliveryState{State: journal.Held, Tries: 1}, Reason: "paused"}))
	if stats := j.Stats(); stats.Held != 1 || stats.Pending != 0 || stats.Unfinished() != 1 {
		t.Fatalf("stats %+v, want one held", stats)
	}
	second := m.Attempt(got, 0, journal.DeliveryState{State: journal.Failed, Tries: 2})
	must(t, j.Append(background(), second))
	want.Attempts, want.LastAt, want.Status, want.Failure, want.DeliveryState = 2, second.StartedAt, 0, simulator.FailureRefused, second.Next
	got, err = j.Delivery(background(), d.ID)
	must(t, err)
	equal(t, "after the second", &want, got)
	if stats := j.Stats(); stats.Unfinished() != 0 || stats.Attempts != 2 {
		t.Fatalf("stats %+v, want two attempts and none unfinished", stats)
	}

	resent := m.Attempt(got, 200, journal.DeliveryState{}) // resent by hand: the delivery keeps its state
	must(t, j.Append(background(), resent))
	got, err = j.Delivery(background(), d.ID)
	must(t, err)
	if got.State != journal.Failed || got.Attempts != 3 || got.Status != 200 {
		t.Fatalf("after a resend: %+v", got)
	}
	for i, a := range []*journal.Attempt{first, second, resent} {
		read, err := j.Attempt(background(), a.Seq)
		must(t, err)
		if a.Number != i+1 || read.Number != i+1 {
			t.Errorf("attempt %d has the number %d, and %d when it is read", i+1, a.Number, read.Number)
		}
	}

	// One call can append a delivery and its attempt.
	c2 := m.Event("booking.updated")
	d2 := m.Delivery(c2, "s")
	must(t, j.Append(background(), c2, d2, m.Attempt(d2, 200, journal.DeliveryState{State: journal.Delivered, Tries: 1})))
	got, err = j.Delivery(background(), d2.ID)
	must(t, err)
	if got.State != journal.Delivered || got.Attempts != 1 {
		t.Fatalf("appended with its attempt: %+v", got)
	}
}

func testEveryField(t *testing.T, open Open) {
	j, m := open(t, journal.Options{}), NewMaker(1)
	typed, err := schemas.Lookup("webhook.event.deliveryFailed")
	must(t, err)
	c := &journal.Event{At: m.Tick(), Origin: "provider", Event: schemas.Event{
		Type:        typed,
		Identifiers: []schemas.Identifier{{Name: "subscriptionId", Value: m.ID()}, {Name: "outboxId", Value: "grün\x00\n"}},
		Metadata:    []schemas.MetadataField{{Name: "failedEventType", Value: "booking.created"}, {Name: "httpStatusCode", Value: 503}, {Name: "yes", Value: true}},
	}}
	d := m.Delivery(c, "s")
	d.EventID = m.ID()
	a := m.Attempt(d, 413, journal.DeliveryState{State: journal.Pending, Due: m.now.Add(time.Hour), Tries: 1})
	a.Request.Method, a.Request.Proto, a.Request.Fault = "PUT", "1.0", "signature=stale,age=400s"
	a.Request.Headers = append(a.Request.Headers, simulator.Header{Name: "host", Value: "a second one"}, simulator.Header{Name: "", Value: ""})
	a.Request.Body = []byte{0, 1, 0xff, '"'}
	a.Response = simulator.Response{
		Status: 413, Proto: "HTTP/1.0", Headers: []simulator.Header{{Name: "Set-Cookie", Value: "a"}, {Name: "set-cookie", Value: "b\xff"}},
		Body: []byte("too large"), Size: 1 << 40, Truncated: true, CountsAs: simulator.CountsAsSuccess, FinalURL: "https://example.com/elsewhere", RetryAfter: 7 * time.Second, Detail: "in a sentence",
		Timings: simulator.Timings{DNS: 1, Connect: 2, TLS: 3, FirstByte: 4, Total: 5 * time.Hour},
	}
	a.Verdict, a.Violations, a.ReplayOf = journal.Invalid, []string{"/identifiers: missing bookingId", "/x: unknown"}, 1
	raw := &journal.Attempt{Attempt: simulator.Attempt{StartedAt: m.Tick(), Request: simulator.Request{Body: []byte("raw")}, Response: simulator.Response{Failure: simulator.FailureTimeout}}}
	must(t, j.Append(background(), c, d, a, raw))

	for _, want := range []*journal.Attempt{a, raw} {
		got, err := j.Attempt(background(), want.Seq)
		must(t, err)
		equal(t, "attempt", want, got)
	}
	full, err := j.Attempts(background(), journal.Query{Full: true, Oldest: true})
	must(t, err)
	equal(t, "full page", []*journal.Attempt{a, raw}, full.Items)
	brief, err := j.Attempts(background(), journal.Query{Oldest: true})
	must(t, err)
	equal(t, "brief page", []*journal.Attempt{a.Brief(), raw.Brief()}, brief.Items)
	gotEvent, err := j.Event(background(), c.Seq)
	must(t, err)
	equal(t, "event", c, gotEvent)
	got, err := j.Delivery(background(), d.ID)
	must(t, err)
	equal(t, "delivery", d.AfterAttempt(a), got)
}

func testConcurrent(t *testing.T, open Open) {
	j := open(t, journal.Options{})
	const goroutines, each = 8, 25
	var all [goroutines][]journal.Seq
	inParallel(goroutines, func(i int) {
		m := NewMaker(uint64(i) * 17)
		for range each {
			c := m.Event("booking.created")
			d := m.Delivery(c, "s")
			a := m.Attempt(d, 200, journal.DeliveryState{State: journal.Delivered})
			if err := j.Append(background(), c, d); err != nil {
				t.Error(err)
			}
			if _, err := j.Deliveries(background(), journal.Query{States: []journal.State{journal.Pending}, Limit: 3}); err != nil {
				t.Error(err)
			}
			if err := j.Append(background(), a); err != nil {
				t.Error(err)
			}
			all[i] = append(all[i], c.Seq, d.Seq, a.Seq)
		}
	})
	seen := map[journal.Seq]bool{}
	for _, seqs := range all {
		if !ascending(seqs) {
			t.Errorf("numbers of one goroutine are not ascending: %v", seqs)
		}
		for _, s := range seqs {
			seen[s] = true
		}
	}
	if want := goroutines * each * 3; len(seen) != want {
		t.Errorf("%d different numbers, want %d", len(seen), want)
	}
	want := journal.Stats{Events: goroutines * each, Deliveries: goroutines * each, Attempts: goroutines * each}
	if got := j.Stats(); got != want {
		t.Errorf("stats %+v, want %+v", got, want)
	}
	accepted, err := j.Attempts(background(), journal.Query{Outcomes: []journal.Outcome{journal.Accepted}, Limit: journal.MaxLimit})
	must(t, err)
	if n := len(accepted.Items); n != goroutines*each {
		t.Errorf("%d accepted, want %d", n, goroutines*each)
	}
}

func testClosed(t *testing.T, open Open) {
	j, m := open(t, journal.Options{}), NewMaker(1)
	must(t, j.Append(background(), m.Event("booking.created")))
	_, next := j.Committed()
	must(t, j.Close())
	<-next
	wantError(t, j.Append(background(), m.Event("booking.created")), journal.ErrClosed)
	_, err := j.Events(background(), journal.Query{})
	wantError(t, err, journal.ErrClosed)
	_, err = j.Read(background(), 0, 0)
	wantError(t, err, journal.ErrClosed)
	_, err = j.Prune(background(), m.now)
	wantError(t, err, journal.ErrClosed)
	wantError(t, j.Reset(background(), m.now, nil), journal.ErrClosed)
	for _, err := range j.Current(background(), journal.KindSetting) {
		wantError(t, err, journal.ErrClosed)
	}
	for _, err := range j.Unfinished(background(), "", 0) {
		wantError(t, err, journal.ErrClosed)
	}
	_, next = j.Committed()
	<-next
	wantError(t, j.Close(), journal.ErrClosed)
}
