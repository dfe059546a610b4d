package journaltest

import (
	"context"
	"math/rand/v2"
	"testing"

	"semblance/simulator/journal"
)

// Compare fails the test if two journals have different records. It compares the results of all methods that read many
// records, with a few queries drawn at random.
func Compare(t *testing.T, random *rand.Rand, want, got journal.Journal) {
	t.Helper()
	wantLast, _ := want.Committed()
	gotLast, _ := got.Committed()
	equal(t, "last number", wantLast, gotLast)
	equal(t, "stats", want.Stats(), got.Stats())
	wantAll, gotAll := readAll(t, want), readAll(t, got)
	equal(t, "records", wantAll, gotAll)
	for _, kind := range journal.Kinds() {
		wantCurrent, err := journal.Load[journal.Record](background(), want, kind)
		must(t, err)
		gotCurrent, err := journal.Load[journal.Record](background(), got, kind)
		must(t, err)
		equal(t, "records in force of kind "+string(kind), wantCurrent, gotCurrent)
	}
	wantBacklogs, err := want.Backlogs(background())
	must(t, err)
	gotBacklogs, err := got.Backlogs(background())
	must(t, err)
	equal(t, "backlogs", wantBacklogs, gotBacklogs)
	for id := range wantBacklogs {
		for _, state := range []journal.State{journal.Pending, journal.Held} {
			equal(t, "queue of "+id, readQueue(t, want, id, state), readQueue(t, got, id, state))
		}
	}
	queries := []journal.Query{
		{}, {Oldest: true, Full: true}, {States: []journal.State{journal.Failed}}, {States: []journal.State{journal.Pending, journal.Dropped}},
		{SubscriptionID: "a"}, {Types: []string{"booking.updated"}}, {Outcomes: []journal.Outcome{journal.Refused}, After: gotLast / 2},
	}
	for _, r := range wantAll {
		switch r := r.(type) {
		case *journal.Event:
			queries = append(queries, journal.Query{EventSeq: r.Seq}, journal.Query{RecordID: r.Identifiers[0].Value})
		case *journal.Delivery:
			queries = append(queries, journal.Query{DeliveryID: r.ID})
		}
	}
	for range 3 {
		comparePages(t, want, got, queries[random.IntN(len(queries))])
	}
}

// comparePages compares all pages of a query.
func comparePages(t *testing.T, want, got journal.Journal, q journal.Query) {
	t.Helper()
	q.Limit = 7
	compareLists(t, want.Events, got.Events, q)
	compareLists(t, want.Deliveries, got.Deliveries, q)
	compareLists(t, want.Attempts, got.Attempts, q)
}

// list is Events, Deliveries or Attempts of a journal.
type list[T journal.Record] func(context.Context, journal.Query) (journal.Page[T], error)

func compareLists[T journal.Record](t *testing.T, want, got list[T], q journal.Query) {
	t.Helper()
	for {
		wantPage, err := want(background(), q)
		must(t, err)
		gotPage, err := got(background(), q)
		must(t, err)
		equal(t, "page", wantPage, gotPage)
		if q.Cursor = wantPage.Next; q.Cursor == "" {
			return
		}
	}
}

func readAll(t *testing.T, j journal.Journal) []journal.Record {
	t.Helper()
	var all []journal.Record
	for {
		var after journal.Seq
		if len(all) > 0 {
			after = all[len(all)-1].Sequence()
		}
		some, err := j.Read(background(), after, 50)
		must(t, err)
		if len(some) == 0 {
			return all
		}
		all = append(all, some...)
	}
}

func readQueue(t *testing.T, j journal.Journal, subscriptionID string, state journal.State) []*journal.Delivery {
	t.Helper()
	var all []*journal.Delivery
	var position journal.QueuePosition
	for {
		some, err := j.Queue(background(), subscriptionID, state, position, 13)
		must(t, err)
		if len(some) == 0 {
			return all
		}
		all = append(all, some...)
		position = some[len(some)-1].QueuePosition()
	}
}
