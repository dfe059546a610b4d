package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// These tests use Semblance as any language can, as a child process. A Go test has it easier with simtest; the example
// beside this one does.

const secret = "whsec_semblance_local_only" // the published one, with which Semblance signs unless it is told otherwise

// check is the receiver's. To prove that these tests would notice, BREAK_SIGNATURE breaks it in one of two ways that
// happen.
func check() Check {
	right := SignedWith(secret)
	switch os.Getenv("BREAK_SIGNATURE") {
	case "skip":
		return func([]byte, string) bool { return true }
	case "reparse":
		return func(body []byte, header string) bool {
			var again bytes.Buffer
			return json.Compact(&again, body) == nil && right(again.Bytes(), header)
		}
	}
	return right
}

// serve serves the application on a real socket and returns its URL.
func serve(t *testing.T) string {
	application := httptest.NewServer(Routes(&Desk{}, check()))
	t.Cleanup(application.Close)
	return application.URL
}

// program is Semblance: what the variable SEMBLANCE names, or built from the module that go.mod requires.
var program = os.Getenv("SEMBLANCE")

func TestMain(m *testing.M) {
	if program == "" {
		dir, err := os.MkdirTemp("", "semblance")
		if err != nil {
			log.Fatal(err)
		}
		defer os.RemoveAll(dir)
		program = filepath.Join(dir, "semblance")
		if out, err := exec.Command("go", "build", "-o", program, "semblance/cmd/semblance").CombinedOutput(); err != nil {
			log.Fatalf("building semblance: %v\n%s", err, out)
		}
	}
	m.Run()
}

// play plays scenarios at the application. If one fails, its report is the test's.
func play(t *testing.T, application string, scenarios ...string) {
	t.Helper()
	arguments := append([]string{"play", "--quiet", "--to", application + "/webhooks"}, scenarios...)
	if report, err := exec.CommandContext(t.Context(), program, arguments...).CombinedOutput(); err != nil {
		t.Errorf("semblance play: %v\n%s", err, report)
	}
}

// start starts the provider, subscribed to every event type at the application, and returns the URL of its control API,
// which its first line says. Waits between retries are a thousand times shorter than the provider's.
func start(t *testing.T, application string) (api string) {
	t.Helper()
	provider := exec.CommandContext(t.Context(), program, "serve", "--addr", "127.0.0.1:0", "--format", "json",
		"--log-level", "warn", "--time-scale", "1000", "--to", application+"/webhooks")
	provider.Cancel = func() error { return provider.Process.Signal(syscall.SIGTERM) } // what is in flight ends first
	provider.Stderr = os.Stderr
	out, err := provider.StdoutPipe()
	if err == nil {
		err = provider.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { provider.Wait() }) // the test's context is done by now
	var first struct{ API string }
	line, _ := bufio.NewReader(out).ReadBytes('\n')
	if err := json.Unmarshal(line, &first); err != nil {
		t.Fatalf("semblance serve was not ready: %v", err)
	}
	return first.API
}

// call calls the control API or the application and returns the response.
func call[T any](t *testing.T, method, url, body string) (value T) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= 300 {
		err = fmt.Errorf("%s: %s", response.Status, data)
	}
	if err == nil {
		err = json.Unmarshal(data, &value)
	}
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	return value
}

func TestScenariosPass(t *testing.T) {
	play(t, serve(t), "first-visit")
	play(t, serve(t), "visit.yaml") // this one asks the application what it did
}

func TestForgeriesAreRefused(t *testing.T) {
	play(t, serve(t), "forgeries", "raw-bytes")
}

func TestLostResponseBringsARetryAndOneReceipt(t *testing.T) {
	application := serve(t)
	api := start(t, application)

	subscription := call[struct{ Items []struct{ ID string } }](t, "GET", api+"/subscriptions", "").Items[0].ID
	call[any](t, "POST", api+"/subscriptions/"+subscription+"/faults", `{"fault": "transport=lost-response", "next": 1}`)
	paid := call[struct {
		Events []struct{ Identifiers map[string]string }
	}](t, "POST", api+"/events", `{"eventType": "invoice.paid"}`)
	call[any](t, "GET", api+"/attempts/wait?count=1&type=invoice.paid&within=10s", "") // until it is accepted; no sleep

	attempts := call[struct {
		Items []struct{ EventID, Outcome string }
	}](t, "GET", api+"/attempts?type=invoice.paid&order=oldest", "").Items
	if len(attempts) != 2 || attempts[0].Outcome != "unanswered" || attempts[1].Outcome != "accepted" || attempts[0].EventID == attempts[1].EventID {
		t.Errorf("attempts %+v, want one unanswered and one accepted, with an eventId each", attempts)
	}
	receipts := call[struct{ Receipts []string }](t, "GET", application+"/receipts", "").Receipts
	if invoice := paid.Events[0].Identifiers["invoiceId"]; len(receipts) != 1 || receipts[0] != invoice {
		t.Errorf("receipts %q, want one of %s", receipts, invoice)
	}
}
