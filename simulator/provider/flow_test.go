package provider_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"semblance/fixtures"
	"semblance/schemas/objectid"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/delivery"
	"semblance/simulator/journal"
	"semblance/simulator/journal/sqlite"
	"semblance/simulator/provider"
)

// receiverProcess, set in its environment, makes this program a receiver that prints its address.
const receiverProcess = "SEMBLANCE_RECEIVER"

func serveReceiver() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
}

// receiverElsewhere starts a receiver in a process of its own and returns its URL.
func receiverElsewhere(b *testing.B) string {
	b.Helper()
	process := exec.Command(os.Args[0])
	process.Env = append(os.Environ(), receiverProcess+"=1")
	process.Stderr = os.Stderr
	out, err := process.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := process.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = process.Process.Kill()
		_ = process.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return "http://" + strings.TrimSpace(line) + "/"
}

const flowInFlight = 32

var flowEvents = flag.Int("flow-events", 30_000, "number of events in each turn of BenchmarkFlow")

// BenchmarkFlow compares the rate at which a provider emits events by batches of 1,000 and delivers them to the last with
// the rate of a plain sender, as `semblance send` is, to the same receiver. Journals keep fewer deliveries than there are,
// so that they delete old ones all the time. All run in turns, so that the conditions are the same.
func BenchmarkFlow(b *testing.B) {
	url := receiverElsewhere(b)
	rates := map[string][]float64{}
	measure := func(name string, f func(*testing.B, string) time.Duration) {
		rates[name] = append(rates[name], float64(*flowEvents)/f(b, url).Seconds())
	}
	for b.Loop() {
		measure("send", sendEvents)
		measure("memory", func(b *testing.B, url string) time.Duration {
			return flow(b, journal.NewMemory(journal.Options{Rows: *flowEvents / 3}), url)
		})
		measure("file", func(b *testing.B, url string) time.Duration {
			j, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "journal"), journal.Options{Rows: *flowEvents / 3})
			if err != nil {
				b.Fatal(err)
			}
			return flow(b, j, url)
		})
	}
	send := median(rates["send"])
	b.ReportMetric(send, "send/s")
	b.ReportMetric(100*median(rates["memory"])/send, "memory-%")
	b.ReportMetric(100*median(rates["file"])/send, "file-%")
}

// sendEvents sends events of the clinic's traffic from several goroutines.
func sendEvents(b *testing.B, url string) time.Duration {
	sender, err := delivery.New(delivery.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer sender.Close()
	created := anEvent(b).Type
	clinic, ids := fixtures.New(fixtures.Options{}), objectid.NewGenerator(1)
	var mu sync.Mutex
	n, began := 0, clock.Now()
	var workers sync.WaitGroup
	for range flowInFlight {
		workers.Go(func() {
			for {
				mu.Lock()
				event, err := clinic.Event(clock.Now(), created, fixtures.EventOptions{})
				n++
				last := n > *flowEvents
				mu.Unlock()
				if last {
					return
				}
				m := delivery.Message{
					URL: url, SubscriptionID: "692597070fe21cfa5e6a010f", EventID: ids.New(clock.Now()).String(), Event: &event,
					Secrets: []simulator.Secret{simulator.DefaultSecret}, At: clock.Now(),
				}
				var a simulator.Attempt
				if err := errors.Join(err, sender.Attempt(b.Context(), m, &a)); err != nil || !a.Response.OK() {
					b.Error(err, a.Response.Detail)
					return
				}
			}
		})
	}
	workers.Wait()
	return clock.Since(began)
}

// flow emits events and delivers them. It returns the time from the first to the last.
func flow(b *testing.B, j journal.Journal, url string) time.Duration {
	defer j.Close()
	p, err := provider.Start(b.Context(), provider.Options{Journal: j, InFlight: flowInFlight, Subscriptions: []provider.NewSubscription{
		{URL: url, Label: "benchmark", EventTypes: []string{"booking.created"}, Local: true},
	}})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close(context.Background())
	began := clock.Now()
	for made := 0; made < *flowEvents; {
		_, err := p.EmitBatch(b.Context(), provider.Batch{Type: "booking.created", Count: 1000})
		switch {
		case err == nil:
			made += 1000
			continue
		case provider.CodeOf(err) != provider.CodeFull:
			b.Fatal(err)
		}
		now, err := p.Wait(b.Context(), provider.Condition{}) // a journal in memory has a limit
		if err == nil {
			_, err = p.Wait(b.Context(), provider.Condition{Accepted: now.Accepted + 1000})
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	if _, err := p.Wait(b.Context(), provider.Condition{Accepted: *flowEvents, AllFinished: true}); err != nil {
		b.Fatal(err)
	}
	return clock.Since(began)
}
