package provider

import "testing"

func TestQueueIsFirstInFirstOutAndGivesBackItsRoom(t *testing.T) {
	var q queue
	pushed, popped := 0, 0
	push := func(n int) {
		for range n {
			pushed++
			q.push(&outstanding{order: uint64(pushed)})
		}
	}
	pop := func(n int) {
		t.Helper()
		for range n {
			popped++
			if o := q.first(); o == nil || o.order != uint64(popped) {
				t.Fatalf("got %+v as number %d", o, popped)
			}
			q.pop()
		}
	}
	push(1000)
	for range 10_000 { // it never runs empty, and must not grow for ever
		push(3)
		pop(3)
	}
	if n := cap(q.items); n > 10_000 {
		t.Errorf("for 1000 that wait it keeps room for %d", n)
	}
	pop(1000)
	if q.first() != nil || q.length() != 0 {
		t.Error("it is not empty")
	}
	push(3)
	q.items[0].void, q.items[1].place = true, onHold
	popped += 2
	pop(1)
}
