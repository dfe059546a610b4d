package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"semblance/schemas/human"
	"semblance/simulator"
	"semblance/simulator/signature"
)

// BenchmarkSend compares `semblance send --quiet --in-flight 32`, which makes and signs every body, with a loop around
// http.Client that sends one fixed body over as many connections. Both send to the same receiver, in another process, which
// verifies each signature. Semblance runs as a process, and its start counts. The last figure is the ratio of the speeds.
//
//	go test -run '^$' -bench Send -benchtime 5x ./cmd/semblance
func BenchmarkSend(b *testing.B) {
	const inFlight, events = 32, 20000
	url := verifyingProcess(b)
	var ours, theirs time.Duration
	rounds := 0
	for b.Loop() {
		start := time.Now()
		out, err := exec.Command("semblance", "send", "booking.created", "--to", url, "--quiet",
			"--count", strconv.Itoa(events), "--in-flight", strconv.Itoa(inFlight)).CombinedOutput()
		ours += time.Since(start)
		if err != nil || !strings.Contains(string(out), fmt.Sprintf("%s sent, %[1]s answered, %[1]s as expected: 204 × %[1]s", human.Number(events))) {
			b.Fatalf("%v\n%s", err, out)
		}
		start = time.Now()
		if err := fixedBodyLoop(url, events, inFlight); err != nil {
			b.Fatal(err)
		}
		theirs += time.Since(start)
		rounds++
	}
	perSecond := func(d time.Duration) float64 { return float64(events*rounds) / d.Seconds() }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(perSecond(ours), "semblance/s")
	b.ReportMetric(perSecond(theirs), "http.Client/s")
	b.ReportMetric(theirs.Seconds()/ours.Seconds(), "times")
}

// fixedBodyLoop sends one body again and again with net/http.
func fixedBodyLoop(url string, events, inFlight int) error {
	body := []byte(`{"subscriptionId":"692597070fe21cfa5e6a010f","eventId":"692597070fe21cfa5e6a010a","eventType":"booking.created",` +
		`"identifiers":{"bookingId":"507f1f77bcf86cd799439011","patientId":"507f191e810c19729de860ea","doctorId":"507f1f77bcf86cd799439012"}}`)
	now := time.Now()
	signed := signature.Sign(string(simulator.DefaultSecret), now, body)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: inFlight}}
	defer client.CloseIdleConnections()
	var left atomic.Int64
	left.Store(int64(events))
	errs := make(chan error, inFlight)
	var workers sync.WaitGroup
	for range inFlight {
		workers.Go(func() {
			for left.Add(-1) >= 0 {
				r, err := http.NewRequest("POST", url, bytes.NewReader(body))
				if err != nil {
					errs <- err
					return
				}
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set(signature.TimestampName, strconv.FormatInt(now.Unix(), 10))
				r.Header.Set(signature.HeaderName, signed)
				answer, err := client.Do(r)
				if err != nil {
					errs <- err
					return
				}
				io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
				if answer.StatusCode/100 != 2 {
					errs <- fmt.Errorf("response %s", answer.Status)
					return
				}
			}
		})
	}
	workers.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

// verifyingProcess starts the verifying receiver in a process of its own and returns its URL.
func verifyingProcess(b *testing.B) string {
	b.Helper()
	c := exec.Command("semblance-verifying-receiver") // TestMain is it, under that name
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close() // which ends it
		c.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// verifyingReceiver prints its URL, responds with 204 to a valid signature, and ends with its standard input.
func verifyingReceiver() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	debug.SetGCPercent(400) // the receiver should cost little: the senders are compared
	verifier := signature.NewVerifier(signature.DefaultTolerance, string(simulator.DefaultSecret))
	buffers := sync.Pool{New: func() any { return new([4096]byte) }}
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		buffer := buffers.Get().(*[4096]byte)
		defer buffers.Put(buffer)
		n, err := io.ReadFull(r.Body, buffer[:min(max(r.ContentLength, 0), int64(len(buffer)))])
		if err == nil {
			err = verifier.Verify(buffer[:n], r.Header.Get(signature.HeaderName), time.Now())
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	fmt.Printf("http://%s/webhooks\n", l.Addr())
	io.Copy(io.Discard, os.Stdin)
}

// BenchmarkVersion measures the start of the process.
func BenchmarkVersion(b *testing.B) {
	for b.Loop() {
		if out, err := exec.Command("semblance", "version").CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
	}
}
