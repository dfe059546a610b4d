package provider_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"semblance/simulator/clock"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

func Example() {
	ctx := context.Background()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusAccepted)
	}))
	defer receiver.Close()

	p, err := provider.Start(ctx, provider.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close(ctx)
	_, err = p.CreateSubscription(ctx, provider.NewSubscription{
		URL: receiver.URL, Label: "my receiver", EventTypes: []string{"booking.created"},
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := p.Emit(ctx, "booking.created", provider.Overrides{}); err != nil {
		log.Fatal(err)
	}
	progress, err := p.Wait(ctx, provider.Condition{Accepted: 1})
	fmt.Println(progress.Accepted, "accepted", err)
	// Output: 1 accepted <nil>
}

// A manual clock plays the whole retry ladder in an instant.
func ExampleProvider_Advance() {
	ctx := context.Background()
	down := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer down.Close()

	noon := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	p, err := provider.Start(ctx, provider.Options{Clock: clock.Manual(noon), Retry: provider.RetryPolicy{Jitter: -1}})
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close(ctx)
	_, err = p.CreateSubscription(ctx, provider.NewSubscription{URL: down.URL, Label: "down", EventTypes: []string{"booking.created"}})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := p.Emit(ctx, "booking.created", provider.Overrides{}); err != nil {
		log.Fatal(err)
	}
	if err := p.Advance(ctx, 24*time.Hour); err != nil {
		log.Fatal(err)
	}
	page, err := p.Journal().Attempts(ctx, journal.Query{Oldest: true})
	if err != nil {
		log.Fatal(err)
	}
	for _, a := range page.Items {
		fmt.Println(a.Number, a.StartedAt.Sub(noon), a.Response.Status)
	}
	// Output:
	// 1 0s 503
	// 2 10s 503
	// 3 50s 503
	// 4 3m30s 503
	// 5 14m10s 503
}

func ExampleRetryPolicy_Next() {
	retry := provider.RetryPolicy{Jitter: -1}
	var history []provider.Outcome
	for {
		wait, again := retry.Next(history, 1)
		if !again {
			fmt.Println("failed for good")
			return
		}
		fmt.Println("wait", wait)
		history = append(history, provider.Outcome{OK: false})
	}
	// Output:
	// wait 0s
	// wait 10s
	// wait 40s
	// wait 2m40s
	// wait 10m40s
	// failed for good
}
