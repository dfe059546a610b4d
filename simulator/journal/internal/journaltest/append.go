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
	c := m.Change("booking.created")
	d1, d2 := m.Delivery(c, "s1"), m.Delivery(c, "s2")
	must(t, j.Append(background(), c, d1, d2))
	if c.Seq == 0 || d1.Seq <= c.Seq || d2.Seq <= d1.Seq {
		t.Fatalf("numbers %d, %d, %d are not ascending from 1", c.Seq, d1.Seq, d2.Seq)
	}
	if d1.Of != c.Seq || d2.Of != c.Seq {
		t.Fatalf("deliveries are of %d and %d, want %d", d1.Of, d2.Of, c.Seq)
	}
	later := m.Delivery(c, "s3") // in a call of its own it names its change
	must(t, j.Append(background(), later))
	got, err := j.Delivery(background(), later.ID)
	must(t, err)
	equal(t, "delivery", later, got)
	gotChange, err := j.Change(background(), c.Seq)
	must(t, err)
	equal(t, "change", c, gotChange)
	if got, want := j.Tally(), (journal.Tally{Changes: 1, Deliveries: 3, Pending: 3}); got != want {
		t.Fatalf("tally %+v, want %+v", got, want)
	}
	_, err = j.Delivery(background(), m.ID())
	is(t, err, journal.ErrNotFound)
	_, err = j.Change(background(), d1.Seq)
	is(t, err, journal.ErrNotFound)
	_, err = j.Attempt(background(), c.Seq)
	is(t, err, journal.ErrNotFound)
	must(t, j.Append(background())) // nothing is nothing
}

func testAppendRefuses(t *testing.T, open Open) {
	j, m := open(t, journal.Options{}), NewMaker(1)
	c := m.Change("booking.created")
	there := m.Delivery(c, "s")
	must(t, j.Append(background(), c, there))
	before, _ := j.Committed()

	gone := m.Delivery(c, "s")
	is(t, j.Append(background(), m.Change("booking.updated"), m.Attempt(gone, 200, journal.Standing{State: journal.Delivered})), journal.ErrGone)
	is(t, j.Append(background(), &journal.Move{DeliveryID: gone.ID, Then: journal.Standing{State: journal.Kept}}), journal.ErrGone)
	orphan := m.Delivery(c, "s")
	orphan.Of = 4711
	is(t, j.Append(background(), orphan), journal.ErrGone)
	canceled, cancel := context.WithCancel(background())
	cancel()
	is(t, j.Append(canceled, m.Change("booking.updated")), context.Canceled)

	twice := m.Delivery(c, "s")
	twice.ID = there.ID
	stateless := m.Delivery(c, "s")
	stateless.State = "lost"
	homeless := m.Delivery(c, "")
	changeless := &journal.Delivery{Delivery: simulator.Delivery{ID: m.ID(), SubscriptionID: "s"}, Standing: journal.Standing{State: journal.Pending}}
	for _, bad := range []struct {
		says    string
		records []journal.Record
	}{
		{"is there already", []journal.Record{m.Change("booking.updated"), twice}},
		{`cannot be "lost"`, []journal.Record{stateless}},
		{"no subscription", []journal.Record{homeless}},
		{"is of no change", []journal.Record{changeless}},
		{"no event type", []journal.Record{&journal.Change{}}},
		{"has no id", []journal.Record{&journal.Setting{}}},
		{"has no id", []journal.Record{&journal.Move{Then: journal.Standing{State: journal.Kept}}}},
		{"is nil", []journal.Record{nil}},
		{"by Reset alone", []journal.Record{&journal.Reset{}}},
	} {
		if err := j.Append(background(), bad.records...); err == nil || !strings.Contains(err.Error(), bad.says) {
			t.Errorf("error %v, want one that says %q", err, bad.says)
		}
	}
	if got, want := j.Tally(), (journal.Tally{Changes: 1, Deliveries: 1, Pending: 1}); got != want {
		t.Errorf("tally %+v after refusals, want %+v", got, want)
	}
	read, err := j.Read(background(), before, 0)
	must(t, err)
	if len(read) > 0 {
		t.Errorf("refused calls left %d records", len(read))
	}
}

func testStanding(t *testing.T, open Open) {
	j, m := open(t, journal.Options{}), NewMaker(1)
	c := m.Change("booking.created")
	d := m.Delivery(c, "s")
	must(t, j.Append(background(), c, d))

	due := m.now.Add(10 * time.Second)
	first := m.Attempt(d, 503, journal.Standing{State: journal.Pending, Due: due, Ladder: 1})
	must(t, j.Append(background(), first))
	want := *d
	want.Attempts, want.LastAt, want.Status, want.Standing = 1, first.StartedAt, 503, first.Then
	got, err := j.Delivery(background(), d.ID)
	must(t, err)
	equal(t, "after an attempt", &want, got)

	must(t, j.Append(background(), &journal.Move{At: m.Tick(), DeliveryID: d.ID, Then: journal.Standing{State: journal.Kept, Ladder: 1}, Reason: "paused"}))
	if tally := j.Tally(); tally.Kept != 1 || tally.Pending != 0 || tally.Owed() != 1 {
		t.Fatalf("tally %+v, want one kept", tally)
	}
	second := m.Attempt(got, 0, journal.Standing{State: journal.Failed, Ladder: 2})
	must(t, j.Append(background(), second))
	want.Attempts, want.LastAt, want.Status, want.Failure, want.Standing = 2, second.StartedAt, 0, simulator.FailureRefused, second.Then
	got, err = j.Delivery(background(), d.ID)
	must(t, err)
	equal(t, "after the second", &want, got)
	if tally := j.Tally(); tally.Owed() != 0 || tally.Attempts != 2 {
		t.Fatalf("tally %+v, want two attempts and nothing owed", tally)
	}

	again := m.Attempt(got, 200, journal.Standing{}) // sent again by hand: the delivery stays as it is
	must(t, j.Append(background(), again))
	got, err = j.Delivery(background(), d.ID)
	must(t, err)
	if got.State != journal.Failed || got.Attempts != 3 || got.Status != 200 {
		t.Fatalf("after a resend: %+v", got)
	}

	// A delivery may be born and tried in one call.
	c2 := m.Change("booking.updated")
	d2 := m.Delivery(c2, "s")
	must(t, j.Append(background(), c2, d2, m.Attempt(d2, 200, journal.Standing{State: journal.Delivered, Ladder: 1})))
	got, err = j.Delivery(background(), d2.ID)
	must(t, err)
	if got.State != journal.Delivered || got.Attempts != 1 {
		t.Fatalf("born and tried: %+v", got)
	}
}

func testWhole(t *testing.T, open Open) {
	j, m := open(t, journal.Options{}), NewMaker(1)
	typed, err := schemas.Lookup("webhook.event.deliveryFailed")
	must(t, err)
	c := &journal.Change{At: m.Tick(), Origin: "provider", Change: schemas.Change{
		Type:        typed,
		Identifiers: []schemas.Identifier{{Name: "subscriptionId", Value: m.ID()}, {Name: "outboxId", Value: "grün\x00\n"}},
		Metadata:    []schemas.MetadataField{{Name: "failedEventType", Value: "booking.created"}, {Name: "httpStatusCode", Value: 503}, {Name: "yes", Value: true}},
	}}
	d := m.Delivery(c, "s")
	d.EventID = m.ID()
	a := m.Attempt(d, 413, journal.Standing{State: journal.Pending, Due: m.now.Add(time.Hour), Ladder: 1})
	a.Sent.Method, a.Sent.Proto, a.Sent.Fault = "PUT", "1.0", "signature=stale,age=400s"
	a.Sent.Headers = append(a.Sent.Headers, simulator.Header{Name: "host", Value: "a second one"}, simulator.Header{Name: "", Value: ""})
	a.Sent.Body = []byte{0, 1, 0xff, '"'}
	a.Came = simulator.Came{
		Status: 413, Proto: "HTTP/1.0", Headers: []simulator.Header{{Name: "Set-Cookie", Value: "a"}, {Name: "set-cookie", Value: "b\xff"}},
		Body: []byte("too large"), Size: 1 << 40, Truncated: true, Reconnected: true, Counted: simulator.CountedSuccess, Followed: "https://example.com/elsewhere", RetryAfter: 7 * time.Second, Detail: "in a sentence",
		Timings: simulator.Timings{DNS: 1, Connect: 2, TLS: 3, FirstByte: 4, Total: 5 * time.Hour},
	}
	a.Verdict, a.Violations, a.Replay = journal.Invalid, []string{"/identifiers: missing bookingId", "/x: unknown"}, 1
	raw := &journal.Attempt{Attempt: simulator.Attempt{StartedAt: m.Tick(), Sent: simulator.Sent{Body: []byte("raw")}, Came: simulator.Came{Failure: simulator.FailureTimeout}}}
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
	gotChange, err := j.Change(background(), c.Seq)
	must(t, err)
	equal(t, "change", c, gotChange)
	got, err := j.Delivery(background(), d.ID)
	must(t, err)
	equal(t, "delivery", d.After(a), got)
}

func testConcurrent(t *testing.T, open Open) {
	j := open(t, journal.Options{})
	const goroutines, each = 8, 25
	var all [goroutines][]journal.Seq
	inParallel(goroutines, func(i int) {
		m := NewMaker(uint64(i) * 17)
		for range each {
			c := m.Change("booking.created")
			d := m.Delivery(c, "s")
			a := m.Attempt(d, 200, journal.Standing{State: journal.Delivered})
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
	for _, own := range all {
		if !ascending(own) {
			t.Errorf("numbers of one goroutine are not ascending: %v", own)
		}
		for _, s := range own {
			seen[s] = true
		}
	}
	if want := goroutines * each * 3; len(seen) != want {
		t.Errorf("%d different numbers, want %d", len(seen), want)
	}
	want := journal.Tally{Changes: goroutines * each, Deliveries: goroutines * each, Attempts: goroutines * each}
	if got := j.Tally(); got != want {
		t.Errorf("tally %+v, want %+v", got, want)
	}
	n, err := j.Count(background(), journal.KindAttempt, journal.Query{Outcomes: []journal.Outcome{journal.Accepted}})
	must(t, err)
	if n != goroutines*each {
		t.Errorf("%d accepted, want %d", n, goroutines*each)
	}
}

func testClosed(t *testing.T, open Open) {
	j, m := open(t, journal.Options{}), NewMaker(1)
	must(t, j.Append(background(), m.Change("booking.created")))
	_, next := j.Committed()
	must(t, j.Close())
	<-next
	is(t, j.Append(background(), m.Change("booking.created")), journal.ErrClosed)
	_, err := j.Changes(background(), journal.Query{})
	is(t, err, journal.ErrClosed)
	_, err = j.Read(background(), 0, 0)
	is(t, err, journal.ErrClosed)
	_, err = j.Prune(background(), m.now)
	is(t, err, journal.ErrClosed)
	is(t, j.Reset(background(), m.now), journal.ErrClosed)
	for _, err := range j.Current(background(), journal.KindSetting) {
		is(t, err, journal.ErrClosed)
	}
	for _, err := range j.Owed(background(), "", 0) {
		is(t, err, journal.ErrClosed)
	}
	_, next = j.Committed()
	<-next
	is(t, j.Close(), journal.ErrClosed)
}
