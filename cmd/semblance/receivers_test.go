package main

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stripe/stripe-go/v82/webhook"

	"semblance/schemas"
	"semblance/schemas/validate"
	"semblance/simulator"
	"semblance/simulator/signature"
)

// startReceiver starts a receiver with a behavior until the script ends, and sets a variable to its URL: receiver NAME
// BEHAVIOR. The certificate of speaks-tls is in certificate.pem.
func startReceiver(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: receiver NAME BEHAVIOUR")
	}
	if args[1] == "speaks-tls" {
		server := httptest.NewUnstartedServer(handlers["accepts"])
		server.Config.ErrorLog = log.New(io.Discard, "", 0) // of the handshakes that are refused
		server.StartTLS()
		ts.Defer(server.Close)
		ts.Setenv(args[0], server.URL+"/webhooks")
		certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
		ts.Check(os.WriteFile(ts.MkAbs("certificate.pem"), certificate, 0o666))
		return
	}
	url, stop, err := receiverThat(args[1])
	ts.Check(err)
	ts.Defer(stop)
	ts.Setenv(args[0], url)
}

// receiverThat starts a receiver with the named behavior and returns the URL of its webhooks.
func receiverThat(does string) (url string, stop func(), err error) {
	if handler, ok := handlers[does]; ok {
		server := httptest.NewServer(handler)
		return server.URL + "/webhooks", server.Close, nil
	}
	if talk, ok := talkers[does]; ok {
		return startTalker(talk)
	}
	return "", nil, fmt.Errorf("no receiver that %q", does)
}

// handlers are receivers that speak HTTP.
var handlers = map[string]http.Handler{
	"accepts":   http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) }),
	"refuses":   answers(http.StatusUnauthorized, `{"error":"the signature does not hold"}`),
	"is-broken": answers(http.StatusInternalServerError, "oh no"),
	"says-much": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"status":"accepted","notes":%q}`, strings.Repeat("much ", 50000))
	}),
	"is-elsewhere":   http.NotFoundHandler(),
	"limits":         answers(http.StatusTooManyRequests, "slow down"),
	"redirects":      http.RedirectHandler("/elsewhere", http.StatusFound),
	"queues":         http.HandlerFunc(verifyAndQueue),
	"acknowledges":   answers(http.StatusOK, `{"status":"accepted"}`),
	"answers-oddly":  answers(http.StatusOK, `{"job":{"id":12}}`),
	"verifies":       http.HandlerFunc(verifyWithStripe),
	"echoes-headers": http.HandlerFunc(echoHeaders),
}

func answers(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		io.WriteString(w, body)
	})
}

func echoHeaders(w http.ResponseWriter, r *http.Request) {
	for _, name := range []string{"Host", "User-Agent", "Content-Type", "X-Mine"} {
		value := r.Header.Get(name)
		if name == "Host" {
			value = r.Host
		}
		fmt.Fprintf(w, "%s=%s;", name, value)
	}
}

// verifyAndQueue is a correct receiver in a few lines.
func verifyAndQueue(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = signature.Verify(body, r.Header.Get(signature.HeaderName), string(simulator.DefaultSecret), time.Now(), signature.DefaultTolerance)
	}
	if err != nil {
		answers(http.StatusUnauthorized, `{"error":"the signature does not hold"}`).ServeHTTP(w, r)
		return
	}
	answers(http.StatusAccepted, `{"status":"accepted"}`).ServeHTTP(w, r)
}

// verifyWithStripe accepts an event if Stripe's library accepts its signature, and if its payload is valid and contains no
// null.
func verifyWithStripe(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = webhook.ValidatePayload(body, r.Header.Get(signature.HeaderName), string(simulator.DefaultSecret))
	}
	if err == nil {
		err = checkPayload(body)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	io.WriteString(w, "OK")
}

func checkPayload(body []byte) error {
	var envelope struct {
		EventType string `json:"eventType"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return err
	}
	t, err := schemas.Lookup(envelope.EventType)
	if err != nil {
		return err
	}
	schema, err := validate.Payload(t)
	if err != nil {
		return err
	}
	if violations := schema.Validate(body); len(violations) > 0 {
		return fmt.Errorf("%s: %s", t.Name, violations[0])
	}
	if strings.Contains(string(body), "null") {
		return fmt.Errorf("%s: a null in %s", t.Name, body)
	}
	return nil
}

// talkers are receivers that break HTTP. Each gets one connection, after the head of the request.
var talkers = map[string]func(net.Conn){
	"hangs":         func(c net.Conn) { io.Copy(io.Discard, c) },
	"resets":        func(c net.Conn) { c.(*net.TCPConn).SetLinger(0) },
	"closes":        func(net.Conn) {},
	"talks-garbage": func(c net.Conn) { io.WriteString(c, "what do you want\r\n\r\n") },
	"never-ends": func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
		chunk := []byte(strings.Repeat("x", 64<<10))
		for {
			if _, err := c.Write(chunk); err != nil {
				return
			}
		}
	},
}

func startTalker(talk func(net.Conn)) (url string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	open := map[net.Conn]bool{}
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[c] = true
			mu.Unlock()
			all.Go(func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(30 * time.Second))
				head := make([]byte, 64<<10)
				if _, err := c.Read(head); err == nil {
					talk(c)
				}
			})
		}
	})
	stop = func() {
		l.Close()
		mu.Lock()
		for c := range open {
			c.Close()
		}
		mu.Unlock()
		all.Wait()
	}
	return "http://" + l.Addr().String() + "/webhooks", stop, nil
}

// receiving starts a receiver for a Go test.
func receiving(t *testing.T, does string) string {
	t.Helper()
	url, stop, err := receiverThat(does)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return url
}
