package provider

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"semblance/fixtures"
	"semblance/simulator"
	"semblance/simulator/journal"
)

func TestScheduleIsOrderedByDueTime(t *testing.T) {
	t.Parallel()
	for _, times := range []int{1, 50, 1 << 20} {
		testSchedule(t, times)
	}
}

// testSchedule adds and removes items that are due at one of so many times. From time to time there are nearly none.
func testSchedule(t *testing.T, times int) {
	t.Helper()
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	draw := rand.New(rand.NewPCG(1, 2))
	var s schedule[*timer]
	var want []*timer
	for i := range uint64(1500) {
		item := &timer{slot: slot{due: at.Add(time.Duration(draw.IntN(times)) * time.Second), order: i}}
		s.add(item)
		want = append(want, item)
		if item.index < 0 && len(s.list) > 2*s.count {
			t.Fatalf("a list of %d for %d items", len(s.list), s.count)
		}
		for draw.IntN(300) < len(want) {
			i := draw.IntN(len(want))
			s.remove(want[i])
			if want[i].index != 0 {
				t.Fatal("a removed item is still in the schedule")
			}
			s.remove(want[i]) // again, which does nothing
			want = slices.Delete(want, i, i+1)
		}
		if n := len(s.all()); n != len(want) || s.length() != n {
			t.Fatalf("%d items of %d, length %d", n, len(want), s.length())
		}
	}
	slices.SortFunc(want, func(a, b *timer) int {
		if a.before(&b.slot) {
			return -1
		}
		return 1
	})
	for i, item := range want {
		if s.first() != item {
			t.Fatalf("item %d is due at %v, want %v", i, s.first().due, item.due)
		}
		s.remove(item)
	}
	if s.first() != nil || s.length() != 0 {
		t.Error("it is not empty")
	}
}

// Deliveries of the same due time keep the order of their creation, and the journal's numbers do not change it.
func TestBacklogKeepsTheOrderOfCreation(t *testing.T) {
	t.Parallel()
	s := newState(fixtures.Options{}, unlimited)
	sub := &simulator.Subscription{ID: "s"}
	s.put(sub)
	var c commit
	for i := range 20 {
		d := &journal.Delivery{Delivery: simulator.Delivery{ID: string(rune('a' + i)), SubscriptionID: "s"}}
		d.State = journal.Pending
		if err := s.apply(d, &c); err != nil {
			t.Fatal(err)
		}
		if i%5 == 4 { // the journal has numbered them
			for _, d := range c.added {
				d.record.Seq = journal.Seq(100 + d.number)
			}
			s.settle(&c)
			c = commit{}
		}
	}
	b := &s.byID["s"].backlog
	for i := range 20 {
		d := b.next(time.Time{})
		if d == nil || d.record.ID != string(rune('a'+i)) {
			t.Fatalf("delivery %d is %+v", i, d)
		}
		b.take(d)
	}
}
