package journal_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/journal"
)

// A delivery is committed before its first attempt. Each attempt is committed together with the new state of the
// delivery.
func Example() {
	ctx, noon := context.Background(), time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	j := journal.NewMemory(journal.Options{})
	defer j.Close()

	created, err := schemas.Lookup("booking.created")
	if err != nil {
		log.Fatal(err)
	}
	event := &journal.Event{At: noon, Origin: "api", Event: schemas.Event{
		Type: created, Identifiers: []schemas.Identifier{{Name: "bookingId", Value: "507f1f77bcf86cd799439011"}},
	}}
	delivery := &journal.Delivery{
		Delivery:      simulator.Delivery{ID: "692597070fe21cfa5e6a0101", SubscriptionID: "692597070fe21cfa5e6a010f", Event: event.Event, CreatedAt: noon},
		DeliveryState: journal.DeliveryState{State: journal.Pending, Due: noon},
	}
	if err := j.Append(ctx, event, delivery); err != nil {
		log.Fatal(err)
	}
	fmt.Println("unfinished:", j.Stats().Unfinished())

	attempt := &journal.Attempt{
		Attempt: simulator.Attempt{
			DeliveryID: delivery.ID, SubscriptionID: delivery.SubscriptionID, Number: 1, StartedAt: noon,
			Request:  simulator.Request{EventType: created.Name, Method: "POST", URL: "http://127.0.0.1:3000/webhooks"},
			Response: simulator.Response{Status: 200},
		},
		Next: journal.DeliveryState{State: journal.Delivered, Tries: 1},
	}
	if err := j.Append(ctx, attempt); err != nil {
		log.Fatal(err)
	}
	fmt.Println("unfinished:", j.Stats().Unfinished())

	page, err := j.Attempts(ctx, journal.Query{Types: []string{"booking.created"}, Outcomes: []journal.Outcome{journal.Accepted}})
	if err != nil {
		log.Fatal(err)
	}
	for _, a := range page.Items {
		fmt.Println(a.Request.EventType, a.Outcome(), a.Response.Status)
	}
	// Output:
	// unfinished: 1
	// unfinished: 0
	// booking.created accepted 200
}

// A follower reads the records, waits for more, and takes as long as it needs.
func ExampleJournal_Committed() {
	ctx := context.Background()
	var j journal.Journal = journal.NewMemory(journal.Options{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		var seen journal.Seq
		for {
			_, more := j.Committed() // before Read, so that no commit is missed
			records, err := j.Read(ctx, seen, 100)
			if err != nil {
				return // the journal is closed
			}
			for _, r := range records {
				seen = r.Sequence()
				fmt.Println(seen, r.Kind())
				if r.Kind() == journal.KindNotice {
					return
				}
			}
			if len(records) == 0 {
				<-more
			}
		}
	}()
	if err := j.Append(ctx, &journal.Setting{Key: "seed", Value: []byte("1")}); err != nil {
		log.Fatal(err)
	}
	if err := j.Append(ctx, &journal.Notice{Subject: "subscription paused"}); err != nil {
		log.Fatal(err)
	}
	<-done
	j.Close()
	// Output:
	// 1 setting
	// 2 notice
}
