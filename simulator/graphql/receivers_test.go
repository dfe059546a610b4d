package graphql

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"semblance/simulator/apifault"
	"semblance/simulator/clock"
	"semblance/simulator/provider"
)

// receiverProcess is a receiver in another language that reads the record of each event and stores it.
type receiverProcess struct {
	t    *testing.T
	rows chan map[string]any
	port string
}

// startReceiver starts a receiver for the API.
func startReceiver(t *testing.T, a *api, folder, program string, args ...string) *receiverProcess {
	t.Helper()
	c := exec.CommandContext(t.Context(), program, args...)
	c.Dir, c.Stderr = folder, os.Stderr
	c.Env = append(os.Environ(), "PROVIDER_URL="+a.url, "PROVIDER_TOKEN="+testToken, "WEBHOOK_SECRET=whsec_test")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	r := &receiverProcess{t: t, rows: make(chan map[string]any, 100)}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the receiver prints no port")
	}
	r.port = lines.Text()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for lines.Scan() {
			var row map[string]any
			if json.Unmarshal(lines.Bytes(), &row) == nil {
				r.rows <- row
			}
		}
	}()
	t.Cleanup(func() {
		_ = c.Process.Kill()
		<-done
		_ = c.Wait() // it was killed
	})
	return r
}

// row returns the next stored row.
func (r *receiverProcess) row() map[string]any {
	r.t.Helper()
	select {
	case row := <-r.rows:
		return row
	case <-time.After(20 * time.Second):
		r.t.Fatal("the receiver stores no row")
		return nil
	}
}

// A receiver in Node with a published GraphQL client, and one in Python, store the record of each event, also when the API is
// behind the event, slow or limited. An application in Node that books through the API causes the webhook of its own call.
func TestReceiversThatFetch(t *testing.T) {
	t.Parallel()
	node := nodeWithClient(t)
	python, err := exec.LookPath("python3")
	if err != nil {
		missing(t, "python3 is not installed")
	}
	for name, start := range map[string]func(t *testing.T, a *api) *receiverProcess{
		"node": func(t *testing.T, a *api) *receiverProcess {
			return startReceiver(t, a, provisioningFolder, node, "receive.mjs")
		},
		"python": func(t *testing.T, a *api) *receiverProcess {
			return startReceiver(t, a, "../receiver/examples/python-fetch", python, "receiver.py")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serveProvider(t, Options{Faults: apifault.NewSet(1)}, provider.Options{
				Clock: clock.Scaled(2000), Tokens: []provider.Token{{Text: testToken, Permissions: provider.AllPermissions()}},
				Rules: provider.Rules{HTTP: provider.HTTPAnywhere},
			})
			r := start(t, a)
			_, err := a.provider.CreateSubscription(t.Context(), provider.NewSubscription{
				URL: "http://127.0.0.1:" + r.port + "/", Label: name, Secret: "whsec_test", Local: true, EventTypes: []string{"booking.created", "booking.patientJourney.arrived", "booking.deleted"},
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, fault := range []string{"", "stale=24h,next=1", "slow=1100ms,next=1", "too-often,next=2", "status=500,next=1", "edge,next=1"} {
				if fault != "" {
					a.fault(fault)
				}
				e, err := a.provider.Do(t.Context(), "arrive", nil)
				if err != nil {
					t.Fatal(err)
				}
				row := r.row()
				if id := e[0].Event.Identifiers[0].Value; row["id"] != id || !strings.Contains(fmt.Sprint(row["bookingJourney"]), "arrived:2") {
					t.Errorf("%s: stored %v", fault, row)
				}
			}
			c := exec.CommandContext(t.Context(), node, "book.mjs")
			c.Dir, c.Env, c.Stderr = provisioningFolder, append(os.Environ(), "PROVIDER_URL="+a.url, "PROVIDER_TOKEN="+testToken), os.Stderr
			out, err := c.Output()
			if err != nil {
				t.Fatalf("the application: %v %s", err, out)
			}
			row := r.row()
			if row["id"] != strings.TrimSpace(string(out)) || row["start"] != "2030-01-07T10:00:00.000Z" || fmt.Sprint(row["patient"]) != "map[fullName:Ada Byron]" {
				t.Errorf("booked %s, stored %v", out, row)
			}
		})
	}
}
