package provider

import (
	"cmp"
	"container/heap"
	"slices"
	"time"
)

// schedule holds items by due time, the earliest first. Items that are due at the same time are in their order. The zero
// value is empty.
//
// Most items are added in order, so most are in a list, from which the first is removed at once. The others are in a heap.
type schedule[T item] struct {
	list  []T  // a removed item is the zero value
	end   slot // of the last item that was added to the list
	past  int  // the number of elements that were removed from the front of the list
	count int  // of the items in the list
	heap  itemHeap[T]
}

// item is something with a slot. A type becomes one by embedding slot.
type item interface {
	comparable
	place() *slot
}

// slot is the place of an item in a schedule. An item is in one schedule at most.
type slot struct {
	due   time.Time
	order uint64
	index int // in the heap, plus 1, or the negative of that in the list; 0 while the item is in no schedule
}

func (s *slot) place() *slot { return s }

// add adds an item that is in no schedule.
func (s *schedule[T]) add(i T) {
	p := i.place()
	if s.count > 0 && p.before(&s.end) {
		heap.Push(&s.heap, i)
		return
	}
	if s.count < len(s.list)/2 {
		s.compact()
	}
	s.list, s.end = append(s.list, i), *p
	s.count++
	p.index = -s.past - len(s.list)
}

// compact removes the zero values from the list.
func (s *schedule[T]) compact() {
	s.list, s.past = slices.DeleteFunc(s.list, isZero[T]), 0
	for i := range s.list {
		s.list[i].place().index = -i - 1
	}
}

func isZero[T comparable](v T) bool {
	var zero T
	return v == zero
}

// remove removes an item. It does nothing if the item is in no schedule.
func (s *schedule[T]) remove(i T) {
	p := i.place()
	if p.index > 0 {
		heap.Remove(&s.heap, p.index-1)
	}
	if p.index < 0 {
		var none T
		s.list[-p.index-1-s.past] = none
		p.index = 0
		s.count--
		for len(s.list) > 0 && isZero(s.list[0]) {
			s.list = s.list[1:]
			s.past++
		}
	}
}

// first returns the earliest item, or the zero value.
func (s *schedule[T]) first() T {
	switch {
	case s.count == 0 && len(s.heap) == 0:
		var none T
		return none
	case s.count == 0 || len(s.heap) > 0 && s.heap[0].place().before(s.list[0].place()):
		return s.heap[0]
	}
	return s.list[0]
}

func (s *schedule[T]) length() int { return s.count + len(s.heap) }

// all returns all items.
func (s *schedule[T]) all() []T {
	return append(slices.DeleteFunc(slices.Clone(s.list), isZero[T]), s.heap...)
}

// itemHeap implements heap.Interface.
type itemHeap[T item] []T

func (h itemHeap[T]) Len() int { return len(h) }

func (h itemHeap[T]) Less(i, j int) bool { return h[i].place().before(h[j].place()) }

func (s *slot) before(other *slot) bool { return s.compare(other) < 0 }

func (s *slot) compare(other *slot) int {
	return cmp.Or(s.due.Compare(other.due), cmp.Compare(s.order, other.order))
}

func (h itemHeap[T]) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place().index, h[j].place().index = i+1, j+1
}

func (h *itemHeap[T]) Push(x any) {
	i := x.(T)
	*h = append(*h, i)
	i.place().index = len(*h)
}

func (h *itemHeap[T]) Pop() any {
	old := *h
	last := old[len(old)-1]
	var none T
	old[len(old)-1] = none
	*h = old[:len(old)-1]
	last.place().index = 0
	return last
}
