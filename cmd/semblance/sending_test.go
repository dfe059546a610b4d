package main

import (
	"context"
	"testing"
	"testing/synctest"

	"semblance/simulator/delivery"
)

// However long one answer takes, no more events are made than there is room for outcomes that wait for it.
func TestSendingWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const room = 5
		s := &sending{plan: &plan{count: 100, workers: 2, request: delivery.Message{Raw: []byte("{}")}}, room: make(chan struct{}, room)}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		jobs, made := make(chan []job), 0
		go s.produce(ctx, cancel, jobs)
		go func() {
			for batch := range jobs {
				made += len(batch)
			}
			made = -made // they have ended
		}()
		synctest.Wait()
		if made != room {
			t.Errorf("%d events were made before one was printed, want %d", made, room)
		}
		for range 3 {
			<-s.room
		}
		synctest.Wait()
		if made != room+3 {
			t.Errorf("%d events were made when 3 were printed, want %d", made, room+3)
		}
		cancel()
		synctest.Wait()
		if made != -(room + 3) {
			t.Errorf("it did not end when it was told to: %d", made)
		}
	})
}
