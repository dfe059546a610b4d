package load_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"semblance/scenarios"
	"semblance/scenarios/load"
	"semblance/schemas"
)

func Example() {
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusAccepted)
	}))
	defer receiver.Close()
	types, err := schemas.MatchAny([]string{"invoice.paid", "booking.created"})
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := load.New(load.Options{Target: receiver.URL, Types: types, Count: 50, InFlight: 8, Expect: scenarios.Default()})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer plan.Close()
	summary, err := plan.Run(context.Background(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d sent, %d failed: %s\n", summary.Sent, summary.Failed, summary.Outcomes())
	// Output: 100 sent, 0 failed: 202 × 100
}
