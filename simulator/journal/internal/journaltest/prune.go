package journaltest

import (
	"testing"
	"time"

	"semblance/simulator"
	"semblance/simulator/journal"
)

func testPruneAge(t *testing.T, open Open) {
	j, m := open(t, journal.Options{Age: time.Hour}), NewMaker(1)
	c := m.Change("booking.created")
	done, owed := m.Delivery(c, "a"), m.Delivery(c, "b")
	doneToo := m.Delivery(c, "c")
	alone := m.Change("booking.updated") // nobody wanted it
	sub := func() *journal.Subscription {
		return &journal.Subscription{At: m.Tick(), Subscription: simulator.Subscription{ID: "a"}}
	}
	oldSub, sub2 := sub(), sub()
	loose := &journal.Attempt{Attempt: simulator.Attempt{StartedAt: m.Tick()}}
	must(t, j.Append(background(), c, done, owed, doneToo, alone, oldSub, sub2, &journal.Notice{At: m.Tick()}, loose,
		m.Attempt(done, 200, journal.Standing{State: journal.Delivered}),
		m.Attempt(owed, 500, journal.Standing{State: journal.Pending, Ladder: 1}),
	))
	m.now = m.now.Add(50 * time.Minute)
	must(t, j.Append(background(), m.Attempt(doneToo, 200, journal.Standing{State: journal.Delivered}), m.Change("booking.updated")))
	prune := func(at time.Time, want int) {
		t.Helper()
		n, err := j.Prune(background(), at)
		must(t, err)
		if n != want {
			t.Fatalf("%d pruned, want %d", n, want)
		}
	}
	prune(noon.Add(time.Hour), 0)
	// Gone: done with its attempt, the change that nobody wanted, the subscription as it was, the notice, the loose attempt.
	prune(noon.Add(62*time.Minute), 6)
	if got, want := j.Tally(), (journal.Tally{Changes: 2, Deliveries: 2, Attempts: 2, Pending: 1}); got != want {
		t.Fatalf("tally %+v, want %+v", got, want)
	}
	_, err := j.Delivery(background(), done.ID)
	is(t, err, journal.ErrNotFound)
	is(t, j.Append(background(), m.Attempt(done, 200, journal.Standing{})), journal.ErrGone)
	got, err := journal.Load[*journal.Subscription](background(), j, journal.KindSubscription)
	must(t, err)
	equal(t, "in force", []*journal.Subscription{sub2}, got)

	// A year on, only what is owed and in force is left: b with its change and attempt, and the subscription.
	prune(noon.AddDate(1, 0, 0), 3)
	left, err := j.Read(background(), 0, 0)
	must(t, err)
	kinds := []journal.Kind{}
	for _, r := range left {
		kinds = append(kinds, r.Kind())
	}
	equal(t, "left", []journal.Kind{journal.KindChange, journal.KindDelivery, journal.KindSubscription, journal.KindAttempt}, kinds)
	must(t, j.Append(background(), m.Attempt(owed, 200, journal.Standing{State: journal.Delivered})))
	prune(m.now.AddDate(1, 0, 0), 4)
	if got := j.Tally(); got != (journal.Tally{}) {
		t.Fatalf("tally %+v, want nothing", got)
	}
}

func testPruneRows(t *testing.T, open Open) {
	j, m := open(t, journal.Options{Rows: 50, Age: -1}), NewMaker(1)
	var owed []journal.Seq
	for i := range 200 {
		c := m.Change("booking.created")
		d := m.Delivery(c, "a")
		then := journal.Standing{State: journal.Delivered}
		if i%20 == 0 {
			then.State = journal.Kept
			owed = append(owed, 0)
		}
		must(t, j.Append(background(), c, d, m.Attempt(d, 200, then), &journal.Notice{At: m.Tick()}))
		if then.State.Owed() {
			owed[len(owed)-1] = d.Seq
		}
	}
	_, err := j.Prune(background(), m.now)
	must(t, err)
	tally := j.Tally()
	if tally.Kept != len(owed) || tally.Deliveries-tally.Kept > 50 || tally.Deliveries < 45 || tally.Changes > 60 || tally.Attempts > 60 {
		t.Fatalf("tally %+v, want %d kept and at most 50 more of each", tally, len(owed))
	}
	if tally.Changes != tally.Deliveries {
		t.Errorf("tally %+v: a change stayed without its delivery", tally)
	}
	p, err := j.Deliveries(background(), journal.Query{States: []journal.State{journal.Kept}, Oldest: true})
	must(t, err)
	equal(t, "owed", owed, seqs(p.Items))
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
	c := m.Change("booking.created")
	d := m.Delivery(c, "a")
	sub := &journal.Subscription{At: m.Tick(), Subscription: simulator.Subscription{ID: "a"}}
	tok := &journal.Token{At: m.Tick(), Token: "t"}
	must(t, j.Append(background(), sub, tok, c, d, m.Attempt(d, 500, journal.Standing{State: journal.Pending}), &journal.Notice{At: m.Tick()},
		&journal.Clinic{At: m.Tick(), Action: "seed"}, &journal.Move{At: m.Tick(), DeliveryID: d.ID, Then: journal.Standing{State: journal.Kept}}))
	before, next := j.Committed()
	at := m.Tick()
	must(t, j.Reset(background(), at, journal.KindSubscription, journal.KindToken, journal.KindChange))
	<-next
	last, _ := j.Committed()
	if last <= before {
		t.Fatalf("last is %d after the reset, %d before", last, before)
	}
	if got := j.Tally(); got != (journal.Tally{}) {
		t.Fatalf("tally %+v, want nothing", got)
	}
	left, err := j.Read(background(), 0, 0)
	must(t, err)
	reset := &journal.Reset{Entry: journal.Entry{Seq: last}, At: at, Keep: []journal.Kind{journal.KindSubscription, journal.KindToken, journal.KindChange}}
	equal(t, "left", []journal.Record{sub, tok, reset}, left)
	is(t, j.Append(background(), m.Attempt(d, 200, journal.Standing{State: journal.Delivered})), journal.ErrGone)
	for _, kind := range []journal.Kind{journal.KindClinic, journal.KindSubscription} {
		got, err := journal.Load[journal.Record](background(), j, kind)
		must(t, err)
		if want := map[journal.Kind]int{journal.KindSubscription: 1}[kind]; len(got) != want {
			t.Errorf("%d of kind %s in force, want %d", len(got), kind, want)
		}
	}
	c.Seq, d.Of = 0, 0
	must(t, j.Append(background(), c, d)) // the same ids may come again
	if c.Seq <= last {
		t.Errorf("number %d was used before", c.Seq)
	}
}
