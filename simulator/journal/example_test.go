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

// A delivery is committed before it is tried, and its attempt together with what becomes of it.
func Example() {
	ctx, noon := context.Background(), time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	j := journal.NewMemory(journal.Options{})
	defer j.Close()

	created, err := schemas.Lookup("booking.created")
	if err != nil {
		log.Fatal(err)
	}
	change := &journal.Event{At: noon, Origin: "api", Event: schemas.Event{
		Type: created, Identifiers: []schemas.Identifier{{Name: "bookingId", Value: "507f1f77bcf86cd799439011"}},
	}}
	delivery := &journal.Delivery{
		Delivery:      simulator.Delivery{ID: "692597070fe21cfa5e6a0101", SubscriptionID: "692597070fe21cfa5e6a010f", Event: change.Event, CreatedAt: noon},
		DeliveryState: journal.DeliveryState{State: journal.Pending, Due: noon},
	}
	if err := j.Append(ctx, change, delivery); err != nil {
		log.Fatal(err)
	}
	fmt.Println("owed:", j.Stats().Unfinished())

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
	fmt.Println("owed:", j.Stats().Unfinished())

	page, err := j.Attempts(ctx, journal.Query{Types: []string{"booking.created"}, Outcomes: []journal.Outcome{journal.Accepted}})
	if err != nil {
		log.Fatal(err)
	}
	for _, a := range page.Items {
		fmt.Println(a.Request.EventType, a.Outcome(), a.Response.Status)
	}
	// Output:
	// owed: 1
	// owed: 0
	// booking.created accepted 200
}

// A follower reads what there is, waits for more, and may take all the time it wants.
func ExampleJournal_Committed() {
	ctx := context.Background()
	var j journal.Journal = journal.NewMemory(journal.Options{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		var seen journal.Seq
		for {
			_, more := j.Committed() // before the read, so that nothing falls between the two
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
	if err := j.Append(ctx, &journal.Notice{Subject: "a subscription was paused"}); err != nil {
		log.Fatal(err)
	}
	<-done
	j.Close()
	// Output:
	// 1 setting
	// 2 notice
}
