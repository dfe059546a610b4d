package page_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"semblance/simulator/journal"
	"semblance/simulator/journal/sqlite"
	"semblance/simulator/provider"
	"semblance/simulator/web"
)

// addressVariable makes this test binary a server at its address, so that a test can kill it.
const addressVariable = "SEMBLANCE_PAGE_ADDRESS"

// serve serves a provider on a journal in a file, or in memory, until the process is killed.
func serve(address, file, to string) error {
	var j journal.Journal
	if file != "" {
		opened, err := sqlite.Open(context.Background(), file, journal.Options{})
		if err != nil {
			return err
		}
		j = opened
	}
	p, err := provider.Start(context.Background(), provider.Options{Journal: j, Subscriptions: []provider.NewSubscription{
		{URL: to, Label: "everything", Secret: "whsec_semblance_local_only", Local: true, EventTypes: everyType()},
	}})
	if err != nil {
		return err
	}
	return http.ListenAndServe(address, web.New(p, web.Options{}))
}

// startProcess starts a server of its own and waits until it responds.
func startProcess(t *testing.T, address, file, to string) (kill func()) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), addressVariable+"="+address, "SEMBLANCE_PAGE_FILE="+file, "SEMBLANCE_PAGE_TO="+to)
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		_ = c.Process.Kill() // it may have been killed already
		_ = c.Wait()
	}
	t.Cleanup(kill)
	for range 1000 {
		answer, err := http.Get("http://" + address + "/api/v1/health")
		if err == nil {
			answer.Body.Close()
			return kill
		}
		time.Sleep(10 * time.Millisecond) // nothing tells when another process listens
	}
	t.Fatal("the server does not start")
	return nil
}

// emitAt makes events at a server.
func emitAt(t *testing.T, address string, types ...string) {
	t.Helper()
	for _, name := range types {
		answer, err := http.Post("http://"+address+"/api/v1/events", "application/json", strings.NewReader(fmt.Sprintf(`{"eventType":%q}`, name)))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusCreated {
			t.Fatalf("%s: %s", name, answer.Status)
		}
		answer, err = http.Get("http://" + address + "/api/v1/attempts/wait?until=all-finished")
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
}
