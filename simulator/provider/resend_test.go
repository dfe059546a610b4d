package provider_test

import (
	"net/http"
	"sync"
	"testing"

	"semblance/simulator/clock"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// Attempts of one delivery that overlap, by hand and by the retry policy, have different numbers in the order of their records.
func TestOverlappingAttemptsAreNumberedInOrder(t *testing.T) {
	t.Parallel()
	for kind, open := range journals {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			j, c := open(t), clock.Manual(noon)
			p := start(t, provider.Options{Journal: j, Clock: c, Retry: provider.RetryPolicy{Jitter: -1}})
			r := receive(t, c)
			arrived, answer := make(chan bool), make(chan bool)
			r.answers(func(n int, _ request) int {
				if n == 2 || n == 3 { // resends
					arrived <- true
					<-answer
				}
				return map[bool]int{true: http.StatusServiceUnavailable, false: http.StatusOK}[n == 1]
			})
			subscribe(t, p, r.URL, "booking.created")
			id := emit(t, p, "booking.created").Deliveries[0].ID
			advance(t, p, 0)
			page, err := j.Attempts(t.Context(), journal.Query{DeliveryID: id})
			if err != nil || len(page.Items) != 1 {
				t.Fatalf("%d attempts (%v), want 1", len(page.Items), err)
			}
			var resends sync.WaitGroup
			for range 2 {
				resends.Go(func() {
					if _, err := p.Resend(t.Context(), page.Items[0].Seq, false); err != nil {
						t.Error(err)
					}
				})
				<-arrived
			}
			c.Advance(provider.DefaultBase) // the retry is accepted, and the delivery is finished
			wait(t, p, provider.Condition{Accepted: 1, AllFinished: true})
			close(answer)
			resends.Wait()
			page, err = j.Attempts(t.Context(), journal.Query{DeliveryID: id, Oldest: true})
			if err != nil || len(page.Items) != 4 {
				t.Fatalf("%d attempts (%v), want 4", len(page.Items), err)
			}
			for i, a := range page.Items {
				if a.Number != i+1 {
					t.Errorf("attempt %d has the number %d", i+1, a.Number)
				}
			}
		})
	}
}
