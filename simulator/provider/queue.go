package provider

import (
	"slices"

	"semblance/simulator"
)

// subscriber is a subscription with what is owed to it.
type subscriber struct {
	sub         *simulator.Subscription // never changed: an update puts another in its place
	ordinal     int                     // in the order of creation
	local       bool                    // made at the start, by a flag or a file
	endpoint    string                  // its canonical URL
	former      former                  // the secret before the last rotation
	outstanding map[string]*outstanding // by outboxId, wherever they wait
	queue       queue                   // those whose turn is to come
	workers     int                     // each with one attempt in flight
	endings     []Ending                // what the breaker looks at
	faults      []*plan
	drawn       uint64 // how many shares of faults were drawn
}

// enqueue puts a delivery behind those that wait for their turn.
func (s *subscriber) enqueue(o *outstanding) {
	o.place, o.ring = onQueue, nil
	s.queue.push(o)
}

// waiting returns what is owed and not in flight, in the order in which it came to be.
func (s *subscriber) waiting() []*outstanding {
	all := make([]*outstanding, 0, len(s.outstanding))
	for _, o := range s.outstanding {
		if o.place != onFlight {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b *outstanding) int {
		if a.order < b.order {
			return -1
		}
		return 1
	})
	return all
}

// queue is first in, first out.
type queue struct {
	items []*outstanding
	head  int
}

func (q *queue) push(o *outstanding) {
	if q.head > 64 && q.head > len(q.items)/2 {
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	q.items = append(q.items, o)
}

// first returns the delivery whose turn it is, or nil. Those that wait elsewhere by now are passed over.
func (q *queue) first() *outstanding {
	for q.head < len(q.items) {
		if o := q.items[q.head]; !o.void && o.place == onQueue {
			return o
		}
		q.pop()
	}
	return nil
}

func (q *queue) pop() {
	q.items[q.head] = nil
	q.head++
	if q.head == len(q.items) {
		q.items, q.head = q.items[:0], 0
	}
}

func (q *queue) length() int { return len(q.items) - q.head }

func (q *queue) clear() { *q = queue{} }
