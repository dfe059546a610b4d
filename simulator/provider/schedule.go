package provider

import (
	"cmp"
	"container/heap"
	"time"
)

// schedule holds items by due time, the earliest first. Items that are due at the same time are in their order. The zero
// value is empty.
type schedule[T item] struct{ heap itemHeap[T] }

// item is something with a slot. A type becomes one by embedding slot.
type item interface{ place() *slot }

// slot is the place of an item in a schedule. An item is in one schedule at most.
type slot struct {
	due   time.Time
	order uint64
	index int // in the heap, plus 1; 0 while the item is in no schedule
}

func (s *slot) place() *slot { return s }

// add adds an item that is in no schedule.
func (s *schedule[T]) add(i T) { heap.Push(&s.heap, i) }

// remove removes an item. It does nothing if the item is in no schedule.
func (s *schedule[T]) remove(i T) {
	if at := i.place().index; at > 0 {
		heap.Remove(&s.heap, at-1)
	}
}

// first returns the earliest item, or the zero value.
func (s *schedule[T]) first() T {
	if len(s.heap) == 0 {
		var none T
		return none
	}
	return s.heap[0]
}

func (s *schedule[T]) length() int { return len(s.heap) }

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
