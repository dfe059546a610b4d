package provider

import (
	"container/heap"
	"time"
)

// agenda is what will be due and when, by what the clock's Now tells. Entries of the same time keep their order. It is
// guarded by the provider's lock.
type timetable struct {
	entries entries
	count   uint64
}

// entry is one thing to do at its time, with the provider's lock held: it must not block.
type entry struct {
	at    time.Time
	order uint64
	do    func(now time.Time)
	index int // in the heap, -1 once it is out of it
}

func (a *timetable) add(at time.Time, do func(now time.Time)) *entry {
	a.count++
	e := &entry{at: at, order: a.count, do: do}
	heap.Push(&a.entries, e)
	return e
}

func (a *timetable) remove(e *entry) {
	if e != nil && e.index >= 0 {
		heap.Remove(&a.entries, e.index)
	}
}

// next returns the earliest entry, or nil.
func (a *timetable) next() *entry {
	if len(a.entries) == 0 {
		return nil
	}
	return a.entries[0]
}

// due takes the earliest entry out if its time has come.
func (a *timetable) due(now time.Time) *entry {
	if len(a.entries) == 0 || a.entries[0].at.After(now) {
		return nil
	}
	return heap.Pop(&a.entries).(*entry)
}

type entries []*entry

func (e entries) Len() int { return len(e) }

func (e entries) Less(i, j int) bool {
	if e[i].at.Equal(e[j].at) {
		return e[i].order < e[j].order
	}
	return e[i].at.Before(e[j].at)
}

func (e entries) Swap(i, j int) {
	e[i], e[j] = e[j], e[i]
	e[i].index, e[j].index = i, j
}

func (e *entries) Push(x any) {
	item := x.(*entry)
	item.index = len(*e)
	*e = append(*e, item)
}

func (e *entries) Pop() any {
	old := *e
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*e = old[:len(old)-1]
	last.index = -1
	return last
}
