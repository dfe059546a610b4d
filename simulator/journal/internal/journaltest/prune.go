package journaltest

import (
	"testing"
	"time"

	"semblance/simulator"
	"semblance/simulator/journal"
)

func testPruneAge(t *testing.T, open Open) {
	j, m := open(t, journal.Options{Age: time.Hour}), NewMaker(1)
	c := m.Event("booking.created")
	done, unfinished := m.Delivery(c, "a"), m.Delivery(c, "b")
	doneToo := m.Delivery(c, "c")
	undelivered := m.Event("booking.updated") // without a delivery
	sub := func() *journal.Subscription {
		return &journal.Subscription{At: m.Tick(), Subscription: simulator.Subscription{ID: "a"}}
	}
	oldSub, sub2 := sub(), sub()
	unattached := &journal.Attempt{Attempt: simulator.Attempt{StartedAt: m.Tick()}}
	must(t, j.Append(background(), c, done, unfinished, doneToo, undelivered, oldSub, sub2, &journal.Notice{At: m.Tick()}, unattached,
		m.Attempt(done, 200, journal.DeliveryState{State: journal.Delivered}),
		m.Attempt(unfinished, 500, journal.DeliveryState{State: journal.Pending, Tries: 1}),
	))
	m.now = m.now.Add(50 * time.Minute)
	must(t, j.Append(background(), m.Attempt(doneToo, 200, journal.DeliveryState{State: journal.Delivered}), m.Event("booking.updated")))
	prune := func(at time.Time, want int) {
		t.Helper()
		n, err := j.Prune(background(), at)
		must(t, err)
		if n != want {
			t.Fatalf("%d pruned, want %d", n, want)
		}
	}
	prune(noon.Add(time.Hour), 0)
	// The delivery done and its attempt, the event without a delivery, the old version of the subscription, the notice,
	// and the attempt without a delivery.
	prune(noon.Add(62*time.Minute), 6)
	if got, want := j.Stats(), (journal.Stats{Events: 2, Deliveries: 2, Attempts: 2, Pending: 1}); got != want {
		t.Fatalf("stats %+v, want %+v", got, want)
	}
	_, err := j.Delivery(background(), done.ID)
	wantError(t, err, journal.ErrNotFound)
	wantError(t, j.Append(background(), m.Attempt(done, 200, journal.DeliveryState{})), journal.ErrGone)
	got, err := journal.Load[*journal.Subscription](background(), j, journal.KindSubscription)
	must(t, err)
	equal(t, "in force", []*journal.Subscription{sub2}, got)

	// A year later, the unfinished delivery with its event and attempt, and the subscription in force are left.
	prune(noon.AddDate(1, 0, 0), 3)
	left, err := j.Read(background(), 0, 0)
	must(t, err)
	kinds := []journal.Kind{}
	for _, r := range left {
		kinds = append(kinds, r.Kind())
	}
	equal(t, "left", []journal.Kind{journal.KindEvent, journal.KindDelivery, journal.KindSubscription, journal.KindAttempt}, kinds)
	must(t, j.Append(background(), m.Attempt(unfinished, 200, journal.DeliveryState{State: journal.Delivered})))
	prune(m.now.AddDate(1, 0, 0), 4)
	if got := j.Stats(); got != (journal.Stats{}) {
		t.Fatalf("stats %+v, want zero", got)
	}
}

func testPruneRows(t *testing.T, open Open) {
	j, m := open(t, journal.Options{Rows: 50, Age: -1}), NewMaker(1)
	var unfinished []journal.Seq
	for i := range 200 {
		c := m.Event("booking.created")
		d := m.Delivery(c, "a")
		next := journal.DeliveryState{State: journal.Delivered}
		if i%20 == 0 {
			next.State = journal.Held
			unfinished = append(unfinished, 0)
		}
		must(t, j.Append(background(), c, d, m.Attempt(d, 200, next), &journal.Notice{At: m.Tick()}))
		if next.State.Unfinished() {
			unfinished[len(unfinished)-1] = d.Seq
		}
	}
	_, err := j.Prune(background(), m.now)
	must(t, err)
	stats := j.Stats()
	if stats.Held != len(unfinished) || stats.Deliveries-stats.Held > 50 || stats.Deliveries < 45 || stats.Events > 60 || stats.Attempts > 60 {
		t.Fatalf("stats %+v, want %d held and at most 50 more of each", stats, len(unfinished))
	}
	if stats.Events != stats.Deliveries {
		t.Errorf("stats %+v: an event is left without its delivery", stats)
	}
	p, err := j.Deliveries(background(), journal.Query{States: []journal.State{journal.Held}, Oldest: true})
	must(t, err)
	equal(t, "unfinished", unfinished, seqs(p.Items))
	newest, err := j.Deliveries(background(), journal.Query{Limit: 1})
	must(t, err)
	last, _ := j.Committed()
	if newest.Items[0].Seq != last-2 {
		t.Errorf("the newest delivery is %d, want %d", newest.Items[0].Seq, last-2)
	}
	notices, err := j.Read(background(), 0, 1000, journal.KindNotice)
	must(t, err)
	if len(notices) > 50 || len(notices) < 40 {
		t.Errorf("%d notices, want at most 50", len(notices))
	}
}

func testReset(t *testing.T, open Open) {
	j, m := open(t, journal.Options{}), NewMaker(1)
	c := m.Event("booking.created")
	d := m.Delivery(c, "a")
	sub := &journal.Subscription{At: m.Tick(), Subscription: simulator.Subscription{ID: "a"}}
	tok := &journal.Token{At: m.Tick(), Token: "t"}
	must(t, j.Append(background(), sub, tok, c, d, m.Attempt(d, 500, journal.DeliveryState{State: journal.Pending}), &journal.Notice{At: m.Tick()},
		&journal.Clinic{At: m.Tick(), Action: "seed"}, &journal.Transition{At: m.Tick(), DeliveryID: d.ID, Next: journal.DeliveryState{State: journal.Held}}))
	before, next := j.Committed()
	at := m.Tick()
	keep := []journal.Kind{journal.KindSubscription, journal.KindToken, journal.KindEvent}
	if err := j.Reset(background(), at, keep, m.Event("booking.created")); err == nil {
		t.Fatal("a reset appended an event")
	}
	first := &journal.Setting{At: m.Tick(), Key: "first", Value: []byte("v")}
	must(t, j.Reset(background(), at, keep, first))
	<-next
	last, _ := j.Committed()
	if last <= before {
		t.Fatalf("last is %d after the reset, %d before", last, before)
	}
	if got := j.Stats(); got != (journal.Stats{}) {
		t.Fatalf("stats %+v, want zero", got)
	}
	left, err := j.Read(background(), 0, 0)
	must(t, err)
	reset := &journal.Reset{Entry: journal.Entry{Seq: last - 1}, At: at, Keep: keep}
	equal(t, "left", []journal.Record{sub, tok, reset, first}, left)
	wantError(t, j.Append(background(), m.Attempt(d, 200, journal.DeliveryState{State: journal.Delivered})), journal.ErrGone)
	for _, kind := range []journal.Kind{journal.KindClinic, journal.KindSubscription, journal.KindSetting} {
		got, err := journal.Load[journal.Record](background(), j, kind)
		must(t, err)
		if want := map[journal.Kind]int{journal.KindSubscription: 1, journal.KindSetting: 1}[kind]; len(got) != want {
			t.Errorf("%d of kind %s in force, want %d", len(got), kind, want)
		}
	}
	c.Seq, d.EventSeq = 0, 0
	must(t, j.Append(background(), c, d)) // deleted ids can be used again
	if c.Seq <= last {
		t.Errorf("number %d was used before", c.Seq)
	}
}
