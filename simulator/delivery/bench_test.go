package delivery_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"semblance/schemas"
	"semblance/schemas/objectid"
	"semblance/simulator"
	"semblance/simulator/delivery"
	"semblance/simulator/signature"
)

// receiverEnv is the variable that turns the test binary into a verifying receiver in a separate process.
const receiverEnv = "SEMBLANCE_TEST_RECEIVER"

// idleEnv is how long that receiver keeps idle connections, if set.
const idleEnv = "SEMBLANCE_TEST_IDLE"

func TestMain(m *testing.M) {
	if os.Getenv(receiverEnv) != "" {
		if err := runReceiver(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// runReceiver verifies each request and responds with 200 until its standard input ends.
func runReceiver() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	verifiers := sync.Pool{New: func() any {
		return signature.NewVerifier(time.Hour, simulator.DefaultSecret.Reveal())
	}}
	idle, _ := time.ParseDuration(os.Getenv(idleEnv))
	server := &http.Server{IdleTimeout: idle, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		v := verifiers.Get().(*signature.Verifier)
		defer verifiers.Put(v)
		if err == nil {
			err = v.Verify(body, r.Header.Get(signature.HeaderName), time.Now())
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})}
	fmt.Printf("http://%s/\n", listener.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = server.Close()
	}()
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// startReceiver starts runReceiver in a new process with additional environment variables, and returns its URL.
func startReceiver(tb testing.TB, env ...string) string {
	tb.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(append(os.Environ(), receiverEnv+"=1"), env...)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		tb.Fatalf("reading the receiver's address: %v", err)
	}
	tb.Cleanup(func() {
		_ = stdin.Close()
		if err := cmd.Wait(); err != nil {
			tb.Errorf("the receiver: %v", err)
		}
	})
	return strings.TrimSpace(line)
}

// inFlight is the number of concurrent attempts.
const inFlight = 32

// runInFlight runs one b.N times in inFlight goroutines and reports the rate.
func runInFlight(b *testing.B, one func() error) {
	tokens := make(chan struct{}, 4*inFlight)
	var wg sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	defer reportCPU(b)()
	for range inFlight {
		wg.Go(func() {
			for range tokens {
				if err := one(); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for range b.N {
		tokens <- struct{}{}
	}
	close(tokens)
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "attempts/s")
}

// BenchmarkInFlight compares the sender, which encodes and signs each body, with an http.Client that posts a fixed body to
// the same receiver in another process.
func BenchmarkInFlight(b *testing.B) {
	url := startReceiver(b)
	b.Run("client", func(b *testing.B) {
		body := simulator.AppendPayload(nil, "692597070fe21cfa5e6a010f", "692597070fe21cfa5e6a010a", bookingCreated(b))
		header := signature.Sign(simulator.DefaultSecret.Reveal(), time.Now(), body)
		transport := &http.Transport{MaxIdleConnsPerHost: inFlight}
		defer transport.CloseIdleConnections()
		client := &http.Client{Transport: transport, Timeout: 10 * time.Second}
		runInFlight(b, func() error {
			request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, bytes.NewReader(body))
			if err != nil {
				return err
			}
			request.Header.Set("Content-Type", "application/json")
			request.Header.Set(signature.HeaderName, header)
			response, err := client.Do(request)
			if err != nil {
				return err
			}
			defer response.Body.Close()
			if _, err := io.Copy(io.Discard, response.Body); err != nil {
				return err
			}
			if response.StatusCode != http.StatusOK {
				return fmt.Errorf("status %s", response.Status)
			}
			return nil
		})
	})
	b.Run("sender", func(b *testing.B) {
		sender, err := delivery.New(delivery.Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer sender.Close()
		ids := objectid.NewGenerator(1)
		change := bookingCreated(b)
		ctx := b.Context()
		runInFlight(b, func() error {
			now := time.Now()
			request, err := sender.Prepare(delivery.Message{
				URL: url, SubscriptionID: "692597070fe21cfa5e6a010f", EventID: ids.New(now).String(), Event: change,
				Secrets: []simulator.Secret{simulator.DefaultSecret}, At: now,
			})
			if err != nil {
				return err
			}
			if response := sender.Send(ctx, request); !response.OK() {
				return fmt.Errorf("%d %s %s", response.Status, response.Failure, response.Detail)
			}
			return nil
		})
	})
}

// BenchmarkPrepare measures the part of an attempt without network: payload, signature, headers.
func BenchmarkPrepare(b *testing.B) {
	sender, err := delivery.New(delivery.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer sender.Close()
	r := delivery.Message{
		URL: "http://127.0.0.1:3000/webhooks", SubscriptionID: "692597070fe21cfa5e6a010f", EventID: "692597070fe21cfa5e6a010a",
		Event: bookingCreated(b), Secrets: []simulator.Secret{simulator.DefaultSecret}, At: time.Unix(1764000000, 0),
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sender.Prepare(r); err != nil {
			b.Fatal(err)
		}
	}
}

func bookingCreated(tb testing.TB) *schemas.Event {
	tb.Helper()
	created, err := schemas.Lookup("booking.created")
	if err != nil {
		tb.Fatal(err)
	}
	return &schemas.Event{Type: created, Identifiers: []schemas.Identifier{
		{Name: "bookingId", Value: "507f1f77bcf86cd799439011"},
		{Name: "patientId", Value: "507f191e810c19729de860ea"},
		{Name: "doctorId", Value: "507f1f77bcf86cd799439012"},
	}}
}
