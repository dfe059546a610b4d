package delivery_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"semblance/simulator"
	"semblance/simulator/delivery"
)

func TestConnectionReuse(t *testing.T) {
	for name, test := range map[string]struct {
		response string
		want     int // connections for three attempts
	}{
		"length":            {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 1},
		"chunked":           {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nTrailer: x\r\n\r\n", 1},
		"no body":           {"HTTP/1.1 204 No Content\r\n\r\n", 1},
		"not modified":      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", 1},
		"informational":     {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 1},
		"bare line feeds":   {"HTTP/1.1 200 OK\nContent-Length: 0\n\n", 1},
		"connection: close": {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 3},
		"http 1.0":          {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 3},
		"more than it said": {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok, and more", 3},
		"switching":         {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", 3},
	} {
		t.Run(name, func(t *testing.T) {
			receiver := serveRaw(t, func(p *peer, _ int) {
				for p.request() != nil {
					p.send(test.response)
				}
			})
			s := newSender(t, delivery.Options{})
			request := prepare(t, s, newMessage(t, receiver.URL))
			for range 3 {
				if response := s.Send(t.Context(), request); response.Failure != "" {
					t.Errorf("%s: %s", response.Failure, response.Detail)
				}
			}
			if n := receiver.connections(); n != test.want {
				t.Errorf("%d connections, want %d", n, test.want)
			}
		})
	}
}

// A connection that was idle for too long is not reused. With too many idle connections, the oldest is closed.
func TestIdleLimits(t *testing.T) {
	receiver := serveRaw(t, func(p *peer, _ int) {
		for p.request() != nil {
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
	})
	shortTimeout := newSender(t, delivery.Options{IdleTimeout: time.Nanosecond})
	for range 3 {
		if response := shortTimeout.Send(t.Context(), prepare(t, shortTimeout, newMessage(t, receiver.URL))); !response.OK() {
			t.Errorf("%+v", response)
		}
	}
	if n := receiver.connections(); n != 3 {
		t.Errorf("%d connections, want 3", n)
	}

	ends, meet := make(chan bool, 8), make(chan bool)
	counting := serveRaw(t, func(p *peer, _ int) {
		for p.request() != nil {
			meet <- true
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
		ends <- true
	})
	limited := newSender(t, delivery.Options{MaxIdle: 1})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if response := limited.Send(t.Context(), prepare(t, limited, newMessage(t, counting.URL))); !response.OK() {
				t.Errorf("%+v", response)
			}
		})
	}
	for counting.connections() < 3 { // all three are in flight before the first response
		runtime.Gosched()
	}
	for range 3 {
		<-meet
	}
	wg.Wait()
	<-ends
	<-ends // two of three were closed
}

func TestResponseToHEAD(t *testing.T) {
	receiver := serveRaw(t, func(p *peer, _ int) {
		for p.request() != nil {
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
		}
	})
	s := newSender(t, delivery.Options{})
	for range 2 {
		request, err := s.PrepareExact(delivery.Exact{Method: "HEAD", URL: receiver.URL})
		if err != nil {
			t.Fatal(err)
		}
		if response := s.Send(t.Context(), request); !response.OK() || response.Size != 0 {
			t.Errorf("%+v", response)
		}
	}
	if n := receiver.connections(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// A response is recorded with its headers in wire order and case, the beginning of its body, and its size.
func TestResponse(t *testing.T) {
	receiver := serveRaw(t, func(p *peer, _ int) {
		for p.request() != nil {
			p.send("HTTP/1.1 429 Slow Down\r\nx-b: 1\r\nX-A:  two \r\nX-Fold: a\r\n b\r\nx-b: 3\r\nRetry-After: 7\r\nContent-Length: 100\r\n\r\n" + strings.Repeat("0123456789", 10))
		}
	})
	s := newSender(t, delivery.Options{MaxBody: 15})
	response := s.Send(t.Context(), prepare(t, s, newMessage(t, receiver.URL)))
	timings := response.Timings
	response.Timings = simulator.Timings{}
	want := simulator.Response{
		Status: 429, Proto: "HTTP/1.1", Body: []byte("012345678901234"), Size: 100, Truncated: true, RetryAfter: 7 * time.Second,
		Headers: []simulator.Header{
			{Name: "x-b", Value: "1"}, {Name: "X-A", Value: "two"}, {Name: "X-Fold", Value: "a b"}, {Name: "x-b", Value: "3"},
			{Name: "Retry-After", Value: "7"}, {Name: "Content-Length", Value: "100"},
		},
	}
	if diff := cmp.Diff(want, response); diff != "" {
		t.Error(diff)
	}
	if timings.Connect <= 0 || timings.FirstByte <= 0 || timings.Total < timings.FirstByte || timings.TLS != 0 || timings.DNS != 0 {
		t.Errorf("timings %+v", timings)
	}
}

// A truncated body ends with a complete character, so that text remains valid UTF-8.
func TestTruncatedBodyIsValidUTF8(t *testing.T) {
	for text, want := range map[string]string{"aéé": "aé", "ééé": "éé", "a€€": "a€", "€€": "€", "\xff\xfe\xff\xfe\xff\xfe": "\xff\xfe\xff\xfe", "a😀": "a"} {
		receiver := serveRaw(t, func(p *peer, _ int) {
			p.request()
			p.send("HTTP/1.1 200 OK\r\n\r\n" + text)
		})
		s := newSender(t, delivery.Options{MaxBody: 4})
		response := s.Send(t.Context(), prepare(t, s, newMessage(t, receiver.URL)))
		if string(response.Body) != want || response.Size != int64(len(text)) || !response.Truncated {
			t.Errorf("%q: %q of %d bytes, truncated %t; want %q", text, response.Body, response.Size, response.Truncated, want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for _, test := range []struct {
		header string
		want   time.Duration
	}{
		{"Retry-After: 120", 2 * time.Minute},
		{"Retry-After: 0", 0},
		{"Retry-After: -5", 0},
		{"Retry-After: soon", 0},
		{"Retry-After: 99999999999999999999", 0},
		{"Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\nDate: Fri, 31 Dec 1999 23:58:29 GMT", 90 * time.Second},
		{"Retry-After: Fri, 31 Dec 1999 23:59:59 GMT", 0},
		{"X: y", 0},
	} {
		receiver := serveRaw(t, func(p *peer, _ int) {
			p.request()
			p.send("HTTP/1.1 503 Later\r\n" + test.header + "\r\nContent-Length: 0\r\n\r\n")
		})
		s := newSender(t, delivery.Options{})
		if response := s.Send(t.Context(), prepare(t, s, newMessage(t, receiver.URL))); response.RetryAfter != test.want {
			t.Errorf("%s: got %s, want %s", test.header, response.RetryAfter, test.want)
		}
	}
}

// A head larger than the buffer is read up to the limit, and the connection can be reused.
func TestLongHead(t *testing.T) {
	receiver := serveRaw(t, func(p *peer, _ int) {
		for p.request() != nil {
			p.send("HTTP/1.1 200 OK\r\nX-Long: " + strings.Repeat("a", 50<<10) + "\r\nContent-Length: 2\r\n\r\nok")
		}
	})
	s := newSender(t, delivery.Options{})
	for range 3 {
		response := s.Send(t.Context(), prepare(t, s, newMessage(t, receiver.URL)))
		if !response.OK() || len(response.Header("x-long")) != 50<<10 || string(response.Body) != "ok" {
			t.Errorf("%d %s: %s, %d bytes of header, body %q", response.Status, response.Failure, response.Detail, len(response.Header("x-long")), response.Body)
		}
	}
	if n := receiver.connections(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	receiver := serveRaw(t, func(p *peer, _ int) {
		for p.request() != nil {
			p.send("HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
		}
	})
	s := newSender(t, delivery.Options{})
	response := s.Send(t.Context(), prepare(t, s, newMessage(t, receiver.URL)))
	if response.Status != 307 || response.Failure != "" || response.OK() {
		t.Errorf("%+v", response)
	}
}

// A connection that the receiver closed while it was idle is not reused.
func TestClosedIdleConnection(t *testing.T) {
	closed := make(chan bool)
	receiver := serveRaw(t, func(p *peer, n int) {
		for p.request() != nil {
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			if n == 1 {
				p.Close()
				close(closed)
			}
		}
	})
	s := newSender(t, delivery.Options{})
	request := prepare(t, s, newMessage(t, receiver.URL))
	s.Send(t.Context(), request)
	<-closed
	if response := s.Send(t.Context(), request); !response.OK() {
		t.Errorf("%+v", response)
	}
}

// A receiver that closes a reused connection after it got a request may have processed it: the request is not sent again.
func TestRequestIsSentOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		end     func(p *peer)
		failure simulator.Failure
	}{
		"close":                     {func(p *peer) { p.Close() }, simulator.FailureIdleClose},
		"reset":                     {func(p *peer) { p.abort() }, simulator.FailureIdleClose},
		"close after work":          {func(p *peer) { p.stillOpen(300 * time.Millisecond); p.Close() }, simulator.FailureClosed},
		"reset after work":          {func(p *peer) { p.stillOpen(300 * time.Millisecond); p.abort() }, simulator.FailureReset},
		"close within the response": {func(p *peer) { p.send("H") }, simulator.FailureClosed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int32
			receiver := serveRaw(t, func(p *peer, n int) {
				for count := 1; p.request() != nil; count++ {
					requests.Add(1)
					if n == 1 && count == 2 {
						test.end(p)
						return
					}
					p.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
				}
			})
			s := newSender(t, delivery.Options{})
			request := prepare(t, s, newMessage(t, receiver.URL))
			if response := s.Send(t.Context(), request); !response.OK() {
				t.Fatalf("%+v", response)
			}
			if response := s.Send(t.Context(), request); response.Failure != test.failure {
				t.Errorf("got %s: %s, want %s", response.Failure, response.Detail, test.failure)
			}
			if n := requests.Load(); n != 2 {
				t.Errorf("the receiver got %d requests, want 2", n)
			}
		})
	}
}

// A fault that acts on the connection uses a new one, and is not repeated.
func TestFaultsUseNewConnection(t *testing.T) {
	receiver := serveRaw(t, func(p *peer, _ int) {
		for p.request() != nil {
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
	})
	s := newSender(t, delivery.Options{})
	s.Send(t.Context(), prepare(t, s, newMessage(t, receiver.URL)))
	for _, text := range []string{"transport=cut-body", "transport=reset", "transport=lost-response", "transport=slow-body,over=1ms"} {
		send(t, s, receiver.URL, text)
	}
	if n := receiver.connections(); n != 5 {
		t.Errorf("%d connections, want one for each of 4 faults and one more", n)
	}
	if response := s.Send(t.Context(), prepare(t, s, newMessage(t, receiver.URL))); !response.OK() || receiver.connections() != 5 {
		t.Errorf("the idle connection was not reused: %+v", response)
	}
}

// A context ends only its own attempt, not a later one on the same connection.
func TestContextsOfOneConnection(t *testing.T) {
	receiver := serveRaw(t, func(p *peer, _ int) {
		for p.request() != nil {
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
	})
	s := newSender(t, delivery.Options{})
	request := prepare(t, s, newMessage(t, receiver.URL))
	const attempts = 1000
	for i := range attempts {
		ctx, cancel := context.WithCancel(t.Context())
		response := s.Send(ctx, request)
		go cancel()
		if !response.OK() {
			t.Fatalf("attempt %d: %+v", i, response)
		}
	}
	if n := receiver.connections(); n > attempts/2 { // at first they are not reused, see pool
		t.Errorf("%d connections for %d attempts", n, attempts)
	}
}

// A receiver that closes idle connections after 5 ms gets each of many requests once, and none fails: the sender learns not to
// reuse connections. A busy machine can stop the sender between its check of a connection and its write for longer than
// the receiver waits, and then a race is certain; so one round of three must be without failures.
func TestShortKeepAlive(t *testing.T) {
	for round := range 3 {
		failures := keepAliveRound(t)
		if len(failures) == 0 {
			return
		}
		t.Logf("round %d: %d failures, the first: %s", round+1, len(failures), failures[0])
	}
	t.Error("no round was without failures")
}

func keepAliveRound(t *testing.T) (failures []string) {
	url := startReceiver(t, idleEnv+"=5ms")
	s := newSender(t, delivery.Options{})
	m := newMessage(t, url)
	m.Secrets, m.At = []simulator.Secret{simulator.DefaultSecret}, time.Now()
	request := prepare(t, s, m)
	var left atomic.Int64
	left.Store(20_000)
	var all sync.WaitGroup
	var mu sync.Mutex
	for range 32 {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				if response := s.Send(t.Context(), request); !response.OK() {
					mu.Lock()
					failures = append(failures, fmt.Sprintf("%d %s: %s", response.Status, response.Failure, response.Detail))
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	return failures
}

func TestManyGoroutines(t *testing.T) {
	var mu sync.Mutex
	got := map[string]int{}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		got[string(body)]++
		mu.Unlock()
		_, _ = w.Write(body)
	}))
	defer receiver.Close()
	s := newSender(t, delivery.Options{MaxIdle: 4})
	var wg sync.WaitGroup
	for worker := range 16 {
		wg.Go(func() {
			for i := range 20 {
				r := newMessage(t, receiver.URL)
				r.Secrets = append(r.Secrets, simulator.Secret(string(rune('a'+worker%3))))
				r.EventID = strings.Repeat(string(rune('a'+worker%6)), 20) + string(rune('a'+i)) + string(rune('a'+worker))
				request := prepare(t, s, r)
				if response := s.Send(t.Context(), request); !response.OK() || string(response.Body) != string(request.Body) {
					t.Errorf("%d %s: %s", response.Status, response.Failure, response.Detail)
				}
			}
		})
	}
	wg.Wait()
	if len(got) != 16*20 {
		t.Errorf("got %d different bodies, want %d", len(got), 16*20)
	}
}

func TestNewRefuses(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]delivery.Options{
		"no such CA file":     {CAFile: filepath.Join(t.TempDir(), "none.pem")},
		"an empty CA file":    {CAFile: empty},
		"a broken User-Agent": {UserAgent: "a\r\nb"},
		"a broken type":       {ContentType: "a\nb"},
		"an unknown style":    {Style: "loose"},
	} {
		if s, err := delivery.New(o); err == nil {
			s.Close()
			t.Errorf("%s: accepted", name)
		}
	}
}
