package journaltest

import (
	"testing"
	"time"

	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/journal"
)

func testRead(t *testing.T, open Open) {
	j, m := open(t, journal.Options{}), NewMaker(1)
	c := m.Event("booking.created")
	d := m.Delivery(c, "s")
	a := m.Attempt(d, 200, journal.DeliveryState{State: journal.Delivered, Tries: 1})
	s := &journal.Subscription{At: m.Tick(), Subscription: simulator.Subscription{ID: "s", Secret: "whsec_quite_secret_indeed", URL: "http://127.0.0.1:1/", EventTypes: []string{"booking.created"},
		Headers: []simulator.Header{{Name: "a", Value: "b"}}, CreatedAt: m.now, UpdatedAt: m.now, Label: "l", Version: "1"}, Reason: "created"}
	n := &journal.Notice{At: m.Tick(), SubscriptionID: "s", Subject: "paused", Text: "it is paused"}
	must(t, j.Append(background(), s, c, d))
	must(t, j.Append(background(), a, n))

	var got []journal.Record
	var after journal.Seq
	for {
		some, err := j.Read(background(), after, 2)
		must(t, err)
		if len(some) == 0 {
			break
		}
		if len(some) > 2 {
			t.Fatalf("%d records, want at most 2", len(some))
		}
		got = append(got, some...)
		after = some[len(some)-1].Sequence()
	}
	equal(t, "records", []journal.Record{s, c, d.AfterAttempt(a), a.Brief(), n}, got)
	some, err := j.Read(background(), c.Seq, 0, journal.KindNotice, journal.KindAttempt)
	must(t, err)
	equal(t, "two kinds", []journal.Record{a.Brief(), n}, some)
	for i := range 5 {
		must(t, j.Append(background(), &journal.APIRequest{At: m.Tick(), Token: "…abcd", Fields: []string{"booking"}, IDs: []string{m.ID()}, Status: 200 + i, Took: time.Millisecond}, m.Event("booking.created")))
	}
	latest, err := j.Latest(background(), journal.KindAPIRequest, 0, 2)
	must(t, err)
	statuses := func(records []journal.Record) (all []int) {
		for _, r := range records {
			all = append(all, r.(*journal.APIRequest).Status)
		}
		return all
	}
	equal(t, "latest", []int{204, 203}, statuses(latest))
	latest, err = j.Latest(background(), journal.KindAPIRequest, latest[1].Sequence(), 10)
	must(t, err)
	equal(t, "before these", []int{202, 201, 200}, statuses(latest))
	latest, err = j.Latest(background(), journal.KindNotice, 0, 10)
	must(t, err)
	equal(t, "of another kind", []journal.Record{n}, latest)
	some, err = j.Read(background(), n.Seq, 10, journal.KindAPIRequest)
	must(t, err)
	equal(t, "read", []int{200, 201, 202, 203, 204}, statuses(some))
	last, _ := j.Committed()
	if last <= some[4].Sequence() {
		t.Fatalf("last is %d, want the event after %d", last, some[4].Sequence())
	}
}

func testCommitted(t *testing.T, open Open) {
	j, m := open(t, journal.Options{}), NewMaker(1)
	const total = 40
	done := make(chan []journal.Seq)
	for range 3 {
		go func() {
			var seen []journal.Seq
			var after journal.Seq
			for len(seen) < total {
				_, next := j.Committed()
				some, err := j.Read(background(), after, 7)
				if err != nil {
					t.Error(err)
					break
				}
				if len(some) == 0 {
					<-next
					continue
				}
				seen = append(seen, seqs(some)...)
				after = seen[len(seen)-1]
			}
			done <- seen
		}()
	}
	for range total {
		must(t, j.Append(background(), m.Event("booking.created")))
	}
	for range 3 {
		if seen := <-done; len(seen) != total || !ascending(seen) {
			t.Errorf("a follower read %v", seen)
		}
	}
}

func testCurrent(t *testing.T, open Open) {
	j, m := open(t, journal.Options{}), NewMaker(1)
	sub := func(id string, paused bool) *journal.Subscription {
		return &journal.Subscription{At: m.Tick(), Subscription: simulator.Subscription{ID: id, Secret: "whsec_0123456789", DeliveryPaused: paused, CreatedAt: m.now, UpdatedAt: m.now}}
	}
	a, b, a2 := sub("a", false), sub("b", false), sub("a", true)
	tok := &journal.Token{At: m.Tick(), Token: "t", Permissions: []string{"seeWebhooks"}}
	set, set2 := &journal.Setting{At: m.Tick(), Key: "k", Value: []byte("1")}, &journal.Setting{At: m.Tick(), Key: "k", Value: []byte{0, 0xff}}
	fault := &journal.Fault{At: m.Tick(), ID: "f", SubscriptionID: "a", Fault: "transport=reset", Remaining: 3, Share: 0.25}
	seed := &journal.Clinic{At: m.Tick(), Action: "seed", Data: []byte("7")}
	merge := &journal.Clinic{At: m.Tick(), Action: "merge", Data: []byte{1}}
	must(t, j.Append(background(), a, b, a2, tok, set, fault, seed))
	must(t, j.Append(background(), set2, merge))
	current := func(kind journal.Kind, want ...journal.Record) {
		t.Helper()
		got, err := journal.Load[journal.Record](background(), j, kind)
		must(t, err)
		equal(t, string(kind), want, got)
	}
	current(journal.KindSubscription, b, a2)
	current(journal.KindToken, tok)
	current(journal.KindSetting, set2)
	current(journal.KindFault, fault)
	current(journal.KindClinic, seed, merge)
	current(journal.KindNotice)

	snap := &journal.Clinic{At: m.Tick(), Action: "snapshot", Data: []byte("all"), Snapshot: true}
	after := &journal.Clinic{At: m.Tick(), Action: "book"}
	must(t, j.Append(background(), snap, after,
		&journal.Fault{At: m.Tick(), ID: "f", Cleared: true}, &journal.Token{At: m.Tick(), Token: "t", Revoked: true}, &journal.Setting{At: m.Tick(), Key: "k", Removed: true}))
	current(journal.KindClinic, snap, after)
	current(journal.KindFault)
	current(journal.KindToken)
	current(journal.KindSetting)
}

func testUnfinished(t *testing.T, open Open) {
	j, m := open(t, journal.Options{}), NewMaker(1)
	var unfinished, toA []*journal.Delivery
	for range 4 {
		var records []journal.Record
		tried := map[*journal.Delivery]*journal.Attempt{}
		var all []*journal.Delivery
		for i := range 150 { // in all more than one portion of reading
			c := m.Event("booking.created")
			d := m.Delivery(c, []string{"a", "b", "c"}[i%3])
			all, records = append(all, d), append(records, c, d)
			switch i % 5 {
			case 1:
				tried[d] = m.Attempt(d, 500, journal.DeliveryState{State: journal.Pending, Due: m.now.Add(time.Minute), Tries: 1})
			case 2:
				tried[d] = m.Attempt(d, 200, journal.DeliveryState{State: journal.Delivered})
			case 3:
				d.DeliveryState = journal.DeliveryState{State: journal.Held}
			}
			if tried[d] != nil {
				records = append(records, tried[d])
			}
		}
		must(t, j.Append(background(), records...))
		for _, d := range all {
			if a := tried[d]; a != nil {
				d = d.AfterAttempt(a)
			}
			if d.State.Unfinished() {
				unfinished = append(unfinished, d)
				if d.SubscriptionID == "a" {
					toA = append(toA, d)
				}
			}
		}
	}
	collect := func(subscriptionID string, after journal.Seq, limit int) (all []*journal.Delivery) {
		for d, err := range j.Unfinished(background(), subscriptionID, after) {
			must(t, err)
			if all = append(all, d); len(all) == limit {
				break
			}
		}
		return all
	}
	equal(t, "all unfinished", unfinished, collect("", 0, -1))
	equal(t, "unfinished of a", toA, collect("a", 0, -1))
	equal(t, "a few", toA[:3], collect("a", 0, 3))
	equal(t, "the rest", toA[3:], collect("a", toA[2].Seq, -1))
}

func testFilter(t *testing.T, open Open) {
	j, m := open(t, journal.Options{}), NewMaker(1)
	c1, c2 := m.Event("booking.created"), m.Event("booking.updated")
	c2.Origin = "traffic"
	d1, d2, d3 := m.Delivery(c1, "a"), m.Delivery(c1, "b"), m.Delivery(c2, "a")
	must(t, j.Append(background(), c1, d1, d2, c2, d3))
	a1 := m.Attempt(d1, 200, journal.DeliveryState{State: journal.Delivered, Tries: 1})
	a2 := m.Attempt(d2, 500, journal.DeliveryState{State: journal.Failed, Tries: 1})
	a3 := m.Attempt(d3, 0, journal.DeliveryState{State: journal.Pending, Tries: 1})
	must(t, j.Append(background(), a1, a2, a3))
	booking := c1.Identifiers[0].Value
	for _, test := range []struct {
		name                         string
		q                            journal.Query
		events, deliveries, attempts []journal.Seq
	}{
		{"all", journal.Query{}, []journal.Seq{c2.Seq, c1.Seq}, []journal.Seq{d3.Seq, d2.Seq, d1.Seq}, []journal.Seq{a3.Seq, a2.Seq, a1.Seq}},
		{"oldest", journal.Query{Oldest: true}, []journal.Seq{c1.Seq, c2.Seq}, []journal.Seq{d1.Seq, d2.Seq, d3.Seq}, []journal.Seq{a1.Seq, a2.Seq, a3.Seq}},
		{"types", journal.Query{Types: []string{"booking.updated", "invoice.paid"}}, []journal.Seq{c2.Seq}, []journal.Seq{d3.Seq}, []journal.Seq{a3.Seq}},
		{"two types", journal.Query{Types: []string{"booking.updated", "booking.created"}, SubscriptionID: "b"}, []journal.Seq{c2.Seq, c1.Seq}, []journal.Seq{d2.Seq}, []journal.Seq{a2.Seq}},
		{"unknown type", journal.Query{Types: []string{"never.seen"}}, nil, nil, nil},
		{"subscription", journal.Query{SubscriptionID: "a"}, []journal.Seq{c2.Seq, c1.Seq}, []journal.Seq{d3.Seq, d1.Seq}, []journal.Seq{a3.Seq, a1.Seq}},
		{"unknown subscription", journal.Query{SubscriptionID: "z"}, []journal.Seq{c2.Seq, c1.Seq}, nil, nil},
		{"record", journal.Query{RecordID: booking}, []journal.Seq{c1.Seq}, []journal.Seq{d2.Seq, d1.Seq}, []journal.Seq{a2.Seq, a1.Seq}},
		{"part of a record's id", journal.Query{RecordID: booking[:20]}, nil, nil, nil},
		{"identifier's name", journal.Query{RecordID: "bookingId"}, nil, nil, nil},
		{"origin", journal.Query{Origin: "traffic"}, []journal.Seq{c2.Seq}, []journal.Seq{d3.Seq, d2.Seq, d1.Seq}, []journal.Seq{a3.Seq, a2.Seq, a1.Seq}},
		{"states", journal.Query{States: []journal.State{journal.Failed, journal.Pending}}, []journal.Seq{c2.Seq, c1.Seq}, []journal.Seq{d3.Seq, d2.Seq}, []journal.Seq{a3.Seq, a2.Seq, a1.Seq}},
		{"outcomes", journal.Query{Outcomes: []journal.Outcome{journal.Refused, journal.Unanswered}}, []journal.Seq{c2.Seq, c1.Seq}, []journal.Seq{d3.Seq, d2.Seq, d1.Seq}, []journal.Seq{a3.Seq, a2.Seq}},
		{"accepted", journal.Query{Outcomes: []journal.Outcome{journal.Accepted}}, []journal.Seq{c2.Seq, c1.Seq}, []journal.Seq{d3.Seq, d2.Seq, d1.Seq}, []journal.Seq{a1.Seq}},
		{"delivery", journal.Query{DeliveryID: d2.ID}, []journal.Seq{c2.Seq, c1.Seq}, []journal.Seq{d2.Seq}, []journal.Seq{a2.Seq}},
		{"event", journal.Query{EventSeq: c1.Seq}, []journal.Seq{c2.Seq, c1.Seq}, []journal.Seq{d2.Seq, d1.Seq}, []journal.Seq{a3.Seq, a2.Seq, a1.Seq}},
		{"after", journal.Query{After: d2.Seq}, []journal.Seq{c2.Seq}, []journal.Seq{d3.Seq}, []journal.Seq{a3.Seq, a2.Seq, a1.Seq}},
		{"from", journal.Query{From: d2.CreatedAt}, nil, []journal.Seq{d3.Seq, d2.Seq}, []journal.Seq{a3.Seq, a2.Seq, a1.Seq}},
		{"until", journal.Query{Until: d2.CreatedAt}, []journal.Seq{c2.Seq, c1.Seq}, []journal.Seq{d1.Seq}, nil},
		{"several", journal.Query{SubscriptionID: "a", Types: []string{"booking.created"}, Outcomes: []journal.Outcome{journal.Accepted}, RecordID: booking},
			[]journal.Seq{c1.Seq}, []journal.Seq{d1.Seq}, []journal.Seq{a1.Seq}},
	} {
		t.Run(test.name, func(t *testing.T) {
			events, err := j.Events(background(), test.q)
			must(t, err)
			deliveries, err := j.Deliveries(background(), test.q)
			must(t, err)
			attempts, err := j.Attempts(background(), test.q)
			must(t, err)
			equal(t, "events", test.events, seqs(events.Items))
			equal(t, "deliveries", test.deliveries, seqs(deliveries.Items))
			equal(t, "attempts", test.attempts, seqs(attempts.Items))
		})
	}
}

func testPages(t *testing.T, open Open) {
	j, m := open(t, journal.Options{}), NewMaker(1)
	total := 0 // events that match the query
	appendEvents := func(n int) {
		total += n
		for range n {
			must(t, j.Append(background(), m.Event("booking.created"), m.Event("booking.updated")))
		}
	}
	for _, oldest := range []bool{false, true} {
		appendEvents(25)
		want := total
		q := journal.Query{Types: []string{"booking.updated"}, Limit: 4, Oldest: oldest}
		var all []journal.Seq
		for {
			p, err := j.Events(background(), q)
			must(t, err)
			all = append(all, seqs(p.Items)...)
			if q.Cursor = p.Next; p.Next == "" || len(all) > 1000 {
				break
			}
			if len(p.Items) != 4 {
				t.Fatalf("%d records on a page before the last", len(p.Items))
			}
			if len(all) < 40 {
				appendEvents(1) // newer records are only on the pages of oldest-first order
				if oldest {
					want++
				}
			}
		}
		if len(all) != want {
			t.Errorf("oldest %v: %d on all pages, want %d", oldest, len(all), want)
		}
		for i := 1; i < len(all); i++ {
			if all[i] == all[i-1] || all[i] > all[i-1] != oldest {
				t.Fatalf("oldest %v: wrong order at %d: %v", oldest, i, all)
			}
		}
	}
	otherDirection := (&journal.Query{Oldest: true}).CursorAfter(5)
	for _, cursor := range []string{"x", "====", otherDirection, otherDirection + "A", "bjA", "bi01", "b3h4"} {
		_, err := j.Events(background(), journal.Query{Cursor: cursor})
		wantError(t, err, journal.ErrCursor)
	}
	p, err := j.Events(background(), journal.Query{Limit: 1 << 30})
	must(t, err)
	if len(p.Items) == 0 || p.Next != "" {
		t.Errorf("%d items, next %q", len(p.Items), p.Next)
	}
	unknown := &journal.Event{At: m.Tick(), Event: schemas.Event{Type: &schemas.EventType{Name: "of.another.version"}}}
	must(t, j.Append(background(), unknown))
	got, err := j.Event(background(), unknown.Seq)
	must(t, err)
	if got.Type.Name != "of.another.version" {
		t.Errorf("type %q", got.Type.Name)
	}
}

func testFullPages(t *testing.T, open Open) {
	j, m := open(t, journal.Options{}), NewMaker(1)
	for range 4 {
		a := &journal.Attempt{Attempt: simulator.Attempt{StartedAt: m.Tick(), Response: simulator.Response{Status: 200, Body: make([]byte, journal.MaxPageBytes*2/3)}}}
		must(t, j.Append(background(), a))
	}
	q := journal.Query{Full: true}
	for page, want := range []int{2, 2} {
		p, err := j.Attempts(background(), q)
		must(t, err)
		if len(p.Items) != want || (p.Next == "") != (page == 1) {
			t.Fatalf("page %d: %d attempts, next %q", page, len(p.Items), p.Next)
		}
		q.Cursor = p.Next
	}
	p, err := j.Attempts(background(), journal.Query{})
	must(t, err)
	if len(p.Items) != 4 {
		t.Errorf("%d attempts without bodies, want all 4", len(p.Items))
	}
}

// testLongSearch queries for the oldest of more records than one page may search.
func testLongSearch(t *testing.T, open Open) {
	j, m := open(t, journal.Options{}), NewMaker(1)
	const total = journal.MaxSearch + 50
	var records []journal.Record
	var events, deliveries []journal.Record
	for i := range total {
		e := m.Event("booking.created")
		d := m.Delivery(e, "s")
		d.State = journal.Delivered
		if i == 0 {
			e.Origin, d.State, d.SubscriptionID = "traffic", journal.Failed, "t"
		}
		events, deliveries, records = append(events, e), append(deliveries, d), append(records, e, d)
	}
	must(t, j.Append(background(), records...))

	// The page ends after MaxSearch records, and the next one has the match.
	searches := func(name string, q journal.Query, all []journal.Record, read func(journal.Query) (seqs []journal.Seq, next string, searched journal.Seq)) {
		t.Helper()
		got, next, searched := read(q)
		if stop := all[total-journal.MaxSearch].Sequence(); len(got) != 0 || next == "" || searched != stop {
			t.Errorf("%s: %d records, next page %q, searched %d, want an empty page searched to %d", name, len(got), next, searched, stop)
		}
		q.Cursor = next
		got, next, searched = read(q)
		if len(got) != 1 || got[0] != all[0].Sequence() || next != "" || searched != 0 {
			t.Errorf("%s: records %v, next page %q, searched %d, want record %d on the last page", name, got, next, searched, all[0].Sequence())
		}
	}
	readEvents := func(q journal.Query) ([]journal.Seq, string, journal.Seq) {
		p, err := j.Events(background(), q)
		must(t, err)
		return seqs(p.Items), p.Next, p.Searched
	}
	readDeliveries := func(q journal.Query) ([]journal.Seq, string, journal.Seq) {
		p, err := j.Deliveries(background(), q)
		must(t, err)
		return seqs(p.Items), p.Next, p.Searched
	}
	searches("events by origin", journal.Query{Origin: "traffic"}, events, readEvents)
	searches("deliveries by subscription", journal.Query{SubscriptionID: "t"}, deliveries, readDeliveries)
	searches("deliveries by two states", journal.Query{SubscriptionID: "t", States: []journal.State{journal.Delivered, journal.Failed}}, deliveries, readDeliveries)

	// A search by a state other than delivered, by id or by event finds the delivery on the first page.
	for name, q := range map[string]journal.Query{
		"state":  {States: []journal.State{journal.Failed}},
		"states": {States: []journal.State{journal.Failed, journal.Held, journal.Pending}},
		"id":     {DeliveryID: deliveries[0].(*journal.Delivery).ID},
		"event":  {EventSeq: events[0].Sequence()},
	} {
		if got, next, _ := readDeliveries(q); len(got) != 1 || got[0] != deliveries[0].Sequence() || next != "" {
			t.Errorf("delivery by %s: records %v, next page %q", name, got, next)
		}
	}

	// Oldest first, the page ends where it would in the other direction.
	q := journal.Query{SubscriptionID: "t", Oldest: true}
	got, next, searched := readDeliveries(q)
	if len(got) != 1 || next == "" || searched != deliveries[journal.MaxSearch-1].Sequence() {
		t.Errorf("oldest first: records %v, next page %q, searched %d", got, next, searched)
	}
	q.Cursor = next
	if got, next, _ = readDeliveries(q); len(got) != 0 || next != "" {
		t.Errorf("oldest first, second page: records %v, next page %q", got, next)
	}
}
