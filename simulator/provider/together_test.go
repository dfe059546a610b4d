package provider_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"semblance/simulator/clock"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// Everything that can be called is called from many goroutines: the race detector watches, no call may hang, and in the
// end nothing is under way.
func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	for kind, options := range map[string]provider.Options{
		"memory":                     {Clock: clock.Manual(noon)},
		"file, a window of 20":       provider.Options{Clock: clock.Manual(noon)}.WithWindow(20),
		"file, real time, window 20": provider.Options{Clock: clock.Scaled(1000), InFlight: 16}.WithWindow(20),
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			name, _, _ := strings.Cut(kind, ",")
			options.Journal = journals[name](t)
			everythingAtOnce(t, options)
		})
	}
}

func everythingAtOnce(t *testing.T, options provider.Options) {
	_, manual := options.Clock.(*clock.ManualClock)
	r := receive(t, options.Clock)
	r.answers(func(n int, _ request) int { return []int{200, 500, 204, 429}[n%4] })
	options.Retry = provider.RetryPolicy{Attempts: 2}
	options.Subscriptions = []provider.NewSubscription{{URL: r.URL, Label: "all", EventTypes: everyType(), Local: true}}
	p := start(t, options)
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	label := "another"
	calls := []func(draw *rand.Rand, sub string){
		func(*rand.Rand, string) { _, _ = p.Emit(ctx, "booking.created", provider.Overrides{}) },
		func(*rand.Rand, string) { _, _ = p.EmitAny(ctx) },
		func(draw *rand.Rand, _ string) {
			_, _ = p.EmitBatch(ctx, provider.Batch{Type: "booking.created", Count: 1 + draw.IntN(30)})
		},
		func(draw *rand.Rand, _ string) {
			_, _ = p.CreateSubscription(ctx, provider.NewSubscription{
				URL: fmt.Sprintf("%s/%d", r.URL, draw.IntN(50)), Label: "l", EventTypes: []string{"booking.created"},
			})
		},
		func(draw *rand.Rand, sub string) {
			paused := draw.IntN(3) == 0
			_, _ = p.UpdateSubscription(ctx, sub, provider.SubscriptionUpdate{DeliveryPaused: &paused, Label: &label})
		},
		func(draw *rand.Rand, sub string) {
			if draw.IntN(10) == 0 {
				_, _ = p.DeleteSubscription(ctx, sub)
			}
		},
		func(_ *rand.Rand, sub string) {
			_, _ = p.SetFault(ctx, provider.FaultPlan{SubscriptionID: sub, Fault: "signature=tampered", Next: 1})
		},
		func(_ *rand.Rand, sub string) { _ = p.ClearFaults(ctx, sub); _ = p.Faults(sub) },
		func(*rand.Rand, string) { _, _ = p.RequeueMatching(ctx, journal.Query{}) },
		func(draw *rand.Rand, _ string) {
			page, err := p.Journal().Attempts(ctx, journal.Query{Limit: 5})
			if err == nil && len(page.Items) > 0 {
				_, _ = p.Resend(ctx, page.Items[draw.IntN(len(page.Items))].Seq, draw.IntN(2) == 0)
			}
		},
		func(*rand.Rand, string) { _ = p.Advance(ctx, 5*time.Second) },
		func(*rand.Rand, string) {
			_ = p.StartTraffic(ctx, provider.TrafficOptions{Rate: 1})
			_, _ = p.StopTraffic(ctx)
		},
		func(*rand.Rand, string) {
			short, cancel := context.WithTimeout(ctx, time.Millisecond)
			defer cancel()
			_, _ = p.Wait(short, provider.Condition{Accepted: 1 << 30})
		},
		func(*rand.Rand, string) { _ = p.Health(); _ = p.Tokens(); _ = p.Subscriptions(true) },
		func(*rand.Rand, string) { _, _ = p.Sample("booking.created", "") },
		func(draw *rand.Rand, _ string) {
			if draw.IntN(20) == 0 {
				_ = p.Reset(ctx)
			}
		},
	}
	var callers sync.WaitGroup
	for i := range 8 {
		callers.Go(func() {
			draw := rand.New(rand.NewPCG(uint64(i), 0))
			for range 30 {
				sub := ""
				if all := p.Subscriptions(false); len(all) > 0 {
					sub = all[draw.IntN(len(all))].ID
				}
				calls[draw.IntN(len(calls))](draw, sub)
			}
		})
	}
	callers.Wait()
	if ctx.Err() != nil {
		t.Fatal("a call hung")
	}
	r.answers(func(int, request) int { return http.StatusOK })
	for range 3 { // the circuit breaker may pause a subscription again
		for _, s := range p.Subscriptions(false) {
			resume(t, p, s.ID)
		}
		if manual {
			advance(t, p, 24*time.Hour)
		}
	}
	if _, err := p.Wait(ctx, provider.Condition{AllFinished: true}); err != nil {
		t.Error(err)
	}
	if h := p.Health(); h.Unfinished != 0 || h.InFlight != 0 || !h.Ready {
		t.Errorf("in the end its health is %+v", h)
	}
	if stats := p.Journal().Stats(); stats.Unfinished() != 0 {
		t.Errorf("in the end the journal holds %+v", stats)
	}
}
