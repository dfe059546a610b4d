package web

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"semblance/simulator/provider"
)

// pageStream is the stream of the page.
const pageStream = "/stream?newest=300&kind=attempt,transition,subscription,fault,notice,reset"

// BenchmarkDeliveriesWithStreams measures deliveries at saturation while clients follow the stream. They run in the same
// process and share its processors. Those of a page ask for what the page does: the stream of the newest records, the health
// every 300 ms, and the lists when records were passed over. The others read every record. The variants take turns of four
// seconds, so that all run under the same conditions; the figures are medians.
func BenchmarkDeliveriesWithStreams(b *testing.B) {
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer receiver.Close()
	p, err := provider.Start(b.Context(), provider.Options{InFlight: 16, Subscriptions: []provider.NewSubscription{
		{URL: receiver.URL, Label: "all", Local: true, EventTypes: []string{"patient.updated"}},
	}})
	if err != nil {
		b.Fatal(err)
	}
	h := New(p, Options{})
	server := httptest.NewServer(h)
	defer func() {
		h.Close()
		server.Close()
		if err := p.Close(context.Background()); err != nil {
			b.Error(err)
		}
	}()
	deliver := func(atLeast time.Duration) float64 {
		const batch = 500
		n, began := 0, time.Now()
		for time.Since(began) < atLeast {
			if _, err := p.EmitBatch(b.Context(), provider.Batch{Type: "patient.updated", Count: batch}); err != nil {
				b.Fatal(err)
			}
			n += batch
			if _, err := p.Wait(b.Context(), provider.Condition{AllFinished: true}); err != nil {
				b.Fatal(err)
			}
		}
		return float64(n) / time.Since(began).Seconds()
	}
	deliver(2 * time.Second) // until the journal deletes as much as it adds
	variants := []struct {
		name   string
		n      int
		client func(ctx context.Context, url string) error
	}{
		{"alone", 0, nil}, {"1-page", 1, likePage}, {"10-pages", 10, likePage}, {"1-machine", 1, likeMachine}, {"10-machines", 10, likeMachine},
	}
	rates := make([][]float64, len(variants))
	for turn := 0; b.Loop(); turn++ {
		for i := range variants {
			i = (i + turn) % len(variants)
			v := variants[i]
			ctx, cancel := context.WithCancel(b.Context())
			var clients sync.WaitGroup
			for range v.n {
				clients.Go(func() {
					if err := v.client(ctx, server.URL+apiPath); err != nil && ctx.Err() == nil {
						b.Error(err)
					}
				})
			}
			rates[i] = append(rates[i], deliver(4*time.Second))
			cancel()
			clients.Wait()
		}
	}
	for i, v := range variants {
		slices.Sort(rates[i])
		b.ReportMetric(rates[i][len(rates[i])/2], v.name+"/s")
	}
	for i, v := range variants {
		b.Logf("%-12s %.0f", v.name, rates[i])
	}
}

// likeMachine reads every record.
func likeMachine(ctx context.Context, url string) error { return ask(ctx, url+"/stream", nil) }

// likePage does what the page does. When records were passed over, it reads the lists again, every four seconds while that lasts.
func likePage(ctx context.Context, url string) error {
	var others sync.WaitGroup
	defer others.Wait()
	every := func(wait time.Duration, path string) {
		others.Go(func() {
			for range time.Tick(wait) {
				if ask(ctx, url+path, nil) != nil {
					return
				}
			}
		})
	}
	skipped := sync.OnceFunc(func() {
		every(3900*time.Millisecond, "/attempts?limit=1000")
		every(3900*time.Millisecond, "/deliveries?limit=1000")
	})
	every(300*time.Millisecond, "/health")
	return ask(ctx, url+pageStream, func(line string) {
		if line == "event: skipped" {
			skipped()
		}
	})
}

// ask reads a response, line by line if there is a function for a line.
func ask(ctx context.Context, url string, line func(string)) error {
	r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", url, response.Status)
	}
	if line == nil {
		_, err = io.Copy(io.Discard, response.Body)
		return err
	}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		line(lines.Text())
	}
	return lines.Err()
}
