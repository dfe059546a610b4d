package journaltest

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"semblance/simulator/journal"
)

// testQueue compares the queues of two subscriptions with all deliveries, sorted. Some of them are due at the same time, in
// an order that differs from their numbers.
func testQueue(t *testing.T, open Open) {
	j, m := open(t, journal.Options{}), NewMaker(1)
	all := map[string]map[journal.State][]*journal.Delivery{"a": {}, "b": {}}
	add := func(d *journal.Delivery) {
		queue := all[d.SubscriptionID]
		queue[d.State] = append(queue[d.State], d)
	}
	for i := range 700 {
		e := m.Event("booking.created")
		d := m.Delivery(e, []string{"a", "b", "b"}[i%3])
		d.Due = noon.Add(time.Duration(i*37%100) * time.Second)
		switch i % 10 {
		case 0:
			d.DeliveryState = journal.DeliveryState{State: journal.Held}
			must(t, j.Append(background(), e, d))
			add(d)
		case 1: // due later after an attempt
			a := m.Attempt(d, 500, journal.DeliveryState{State: journal.Pending, Due: d.Due.Add(time.Hour), Tries: 1})
			must(t, j.Append(background(), e, d, a))
			add(d.AfterAttempt(a))
		case 2: // finished
			must(t, j.Append(background(), e, d))
			must(t, j.Append(background(), m.Attempt(d, 200, journal.DeliveryState{State: journal.Delivered})))
		default:
			must(t, j.Append(background(), e, d))
			add(d)
		}
	}
	backlogs, err := j.Backlogs(background())
	must(t, err)
	for id, queue := range all {
		for state, want := range queue {
			slices.SortFunc(want, func(a, b *journal.Delivery) int {
				return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Seq, b.Seq))
			})
			equal(t, "queue of "+id+", "+string(state), want, readQueue(t, j, id, state))
		}
		equal(t, "backlog of "+id, len(queue[journal.Pending])+len(queue[journal.Held]), backlogs[id])
	}
	if len(backlogs) != 2 {
		t.Errorf("%d backlogs, want 2", len(backlogs))
	}
	none, err := j.Queue(background(), "c", journal.Pending, journal.QueuePosition{}, 10)
	must(t, err)
	equal(t, "queue of an unknown subscription", []*journal.Delivery(nil), none)
}
