package delivery_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"semblance/simulator"
	"semblance/simulator/delivery"
)

// Each mistake of a receiver gives its kind of failure and one sentence.
func TestFailureKinds(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, test := range []struct {
		name    string
		respond func(p *peer) // after the request was read
		status  int
		failure simulator.Failure
		detail  string // with ADDR for the receiver's address
	}{
		{"garbage", func(p *peer) { p.send("hello, who is there?\n") },
			0, simulator.FailureMalformed, `malformed HTTP response: starts with "hello, who is there?\n"`},
		{"garbage without an end", func(p *peer) { p.send("SSH-2.0-OpenSSH_9.2\r\n"); p.rest() },
			0, simulator.FailureMalformed, `malformed HTTP response: starts with "SSH-2.0-OpenSSH_9.2\r\n"`},
		{"http/2", func(p *peer) { p.send("\x00\x00\x12\x04\x00\x00\x00\x00\x00......"); p.rest() },
			0, simulator.FailureMalformed, "got HTTP/2 instead of an HTTP/1.1 response"},
		{"tls alert", func(p *peer) { p.send("\x15\x03\x01\x00\x02\x02\x46") },
			0, simulator.FailureMalformed, "got a TLS alert instead of an HTTP response; the receiver may need https://"},
		{"http/9.9", func(p *peer) { p.send("HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n") },
			0, simulator.FailureMalformed, `unsupported HTTP version: the response starts with "HTTP/9.9 200 OK"`},
		{"http/0.9", func(p *peer) { p.send("HTTP/0.9 200 OK\r\nContent-Length: 0\r\n\r\n") },
			0, simulator.FailureMalformed, `unsupported HTTP version: the response starts with "HTTP/0.9 200 OK"`},
		{"http/1.1 with two digits", func(p *peer) { p.send("HTTP/1.10 200 OK\r\nContent-Length: 0\r\n\r\n") },
			0, simulator.FailureMalformed, `malformed response head: malformed HTTP version "HTTP/1.10"`},
		{"terminal codes", func(p *peer) { p.send(ok + "a\x9b31m\u202eb\xff\x1b[2J\r\n\r\n") },
			0, simulator.FailureMalformed, `malformed response head: malformed MIME header: missing colon: "a\x9b31m\u202eb\xff\x1b[2J"`},
		{"no status", func(p *peer) { p.send("HTTP/1.1\r\n\r\n") },
			0, simulator.FailureMalformed, `malformed response head: malformed HTTP response "HTTP/1.1"`},
		{"odd status", func(p *peer) { p.send("HTTP/1.1 OK 200\r\n\r\n") },
			0, simulator.FailureMalformed, `malformed response head: malformed HTTP status code "OK"`},
		{"odd header", func(p *peer) { p.send(ok + "no colon here\r\n\r\n") },
			0, simulator.FailureMalformed, `malformed response head: malformed MIME header: missing colon: "no colon here"`},
		{"odd length", func(p *peer) { p.send(ok + "Content-Length: many\r\n\r\n") },
			0, simulator.FailureMalformed, `malformed response head: bad Content-Length "many"`},
		{"status 000", func(p *peer) { p.send("HTTP/1.1 000 Odd\r\nContent-Length: 0\r\n\r\n") },
			0, simulator.FailureMalformed, "malformed response head: invalid status 000"},
		{"two lengths", func(p *peer) { p.send(ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab") },
			0, simulator.FailureMalformed, `malformed response head: http: message cannot contain multiple Content-Length headers; got ["1" "2"]`},
		{"odd chunk", func(p *peer) { p.send(ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\nab") },
			200, simulator.FailureMalformed, "malformed response body after 0 bytes: invalid byte in chunk length"},
		{"endless headers", func(p *peer) {
			p.send(ok)
			for range 4000 {
				p.send("X-More: " + strings.Repeat("a", 100) + "\r\n")
			}
		}, 0, simulator.FailureMalformed, "the head of the response is larger than 64 KiB"},
		{"endless 100s", func(p *peer) {
			for range 100 {
				p.send("HTTP/1.1 100 Continue\r\n\r\n")
			}
		}, 0, simulator.FailureMalformed, "more than 8 informational responses (1xx) and no final one"},
		{"closed", func(*peer) {}, 0, simulator.FailureClosed, "ADDR closed the connection without a response"},
		{"closed within the head", func(p *peer) { p.send(ok + "X-Half: ") },
			0, simulator.FailureClosed, "the receiver closed the connection within the head of its response"},
		{"closed within the body", func(p *peer) { p.send(ok + "Content-Length: 100\r\n\r\n0123456789") },
			200, simulator.FailureClosed, "the receiver closed the connection after 10 of 100 bytes of its response body"},
		{"closed within a chunk", func(p *peer) { p.send(ok + "Transfer-Encoding: chunked\r\n\r\n20\r\n0123456789") },
			200, simulator.FailureClosed, "the receiver closed the connection within its response body, after 10 bytes"},
		{"reset", func(p *peer) { p.abort() }, 0, simulator.FailureReset, "ADDR reset the connection before a response"},
		{"reset within the head", func(p *peer) { p.send(ok); p.stillOpen(20 * time.Millisecond); p.abort() },
			0, simulator.FailureReset, "ADDR reset the connection within the head of its response"},
		{"reset within the body", func(p *peer) {
			p.send(ok + "Content-Length: 100\r\n\r\n0123456789")
			p.stillOpen(20 * time.Millisecond)
			p.abort()
		}, 200, simulator.FailureReset, "ADDR reset the connection after 10 bytes of the response body"},
		{"hangs", func(p *peer) { p.rest() }, 0, simulator.FailureTimeout, "no response from ADDR within 100 ms"},
		{"hangs within the head", func(p *peer) { p.send(ok); p.rest() },
			0, simulator.FailureTimeout, "no complete response from ADDR within 100 ms: got a part of its head"},
		{"hangs within the body", func(p *peer) { p.send(ok + "Content-Length: 100\r\n\r\n0123456789"); p.rest() },
			200, simulator.FailureTimeout, "no complete response from ADDR within 100 ms: got 10 bytes of its body"},
		{"endless body", func(p *peer) {
			p.send(ok + "\r\n")
			for block := strings.Repeat("a", 64<<10); ; {
				if _, err := p.Write([]byte(block)); err != nil {
					return
				}
			}
		}, 200, simulator.FailureTooLarge, "the response body is longer than 1 MiB"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			receiver := serveRaw(t, func(p *peer, _ int) {
				if p.request() != nil {
					test.respond(p)
				}
			})
			s := newSender(t, delivery.Options{Timeout: timeoutFor(test.failure), MaxDrain: 1 << 20})
			response := s.Send(t.Context(), prepare(t, s, newMessage(t, receiver.URL)))
			address := strings.TrimSuffix(strings.TrimPrefix(receiver.URL, "http://"), "/hook")
			want := strings.ReplaceAll(test.detail, "ADDR", address)
			if response.Failure != test.failure || response.Detail != want || response.Status != test.status {
				t.Errorf("got  %d %s: %s\nwant %d %s: %s", response.Status, response.Failure, response.Detail, test.status, test.failure, want)
			}
			if response.OK() {
				t.Error("OK is true for a failed attempt")
			}
		})
	}
}

// timeoutFor returns a short time-out if the test waits for it, else a long one.
func timeoutFor(f simulator.Failure) time.Duration {
	if f == simulator.FailureTimeout {
		return 100 * time.Millisecond
	}
	return 20 * time.Second
}

// The time-out bounds the whole attempt, also if the receiver sends its response byte by byte.
func TestTimeoutCoversAttempt(t *testing.T) {
	receiver := serveRaw(t, func(p *peer, _ int) {
		p.request()
		p.send("HTTP/1.1 200 OK\r\nX: ")
		for p.stillOpen(10 * time.Millisecond) {
			p.send("a")
		}
	})
	s := newSender(t, delivery.Options{Timeout: 150 * time.Millisecond})
	start := time.Now()
	response := s.Send(t.Context(), prepare(t, s, newMessage(t, receiver.URL)))
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("the attempt took %s", took)
	}
	if response.Failure != simulator.FailureTimeout {
		t.Errorf("got %s: %s", response.Failure, response.Detail)
	}
}

func TestNoConnection(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	for _, test := range []struct {
		name, url string
		options   delivery.Options
		failure   simulator.Failure
		detail    string
	}{
		{"refused", "http://" + address, delivery.Options{}, simulator.FailureRefused, "nothing listens at " + address + " (connection refused)"},
		{"refused at localhost", fmt.Sprintf("http://localhost:%d", port), delivery.Options{}, simulator.FailureRefused,
			fmt.Sprintf("nothing listens at localhost:%d (connection refused)", port)},
		{"unreachable", "http://[fe80::1%25nowhere]:9/", delivery.Options{}, simulator.FailureConnect, "no connection to [fe80::1%nowhere]:9: "},
		{"no such name", "http://nobody.invalid/", delivery.Options{}, simulator.FailureDNS, `"nobody.invalid" has no address: no such host`},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSender(t, test.options)
			response := s.Send(t.Context(), prepare(t, s, newMessage(t, test.url)))
			if response.Failure != test.failure || !strings.HasPrefix(response.Detail, test.detail) {
				t.Errorf("got  %s: %s\nwant %s: %s", response.Failure, response.Detail, test.failure, test.detail)
			}
		})
	}
}

// A context that ends stops the attempt at once.
func TestCancellationIsImmediate(t *testing.T) {
	received := make(chan bool, 1)
	receiver := serveRaw(t, func(p *peer, _ int) {
		p.request()
		received <- true
		p.rest()
	})
	s := newSender(t, delivery.Options{Timeout: time.Minute})
	request := prepare(t, s, newMessage(t, receiver.URL))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-received
		cancel()
	}()
	start := time.Now()
	response := s.Send(ctx, request)
	if response.Failure != simulator.FailureCanceled || time.Since(start) > 10*time.Second {
		t.Errorf("got %s: %s after %s", response.Failure, response.Detail, time.Since(start))
	}
	if response := s.Send(ctx, request); response.Failure != simulator.FailureCanceled {
		t.Errorf("with a context that is done: %s: %s", response.Failure, response.Detail)
	}
	deadline, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if response := s.Send(deadline, request); response.Failure != simulator.FailureTimeout {
		t.Errorf("with a deadline: %s: %s", response.Failure, response.Detail)
	}
}

// Close waits for attempts in flight.
func TestCloseWaits(t *testing.T) {
	received, respond := make(chan bool), make(chan bool)
	receiver := serveRaw(t, func(p *peer, _ int) {
		p.request()
		received <- true
		<-respond
		p.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		p.rest()
	})
	s, err := delivery.New(delivery.Options{})
	if err != nil {
		t.Fatal(err)
	}
	request := prepare(t, s, newMessage(t, receiver.URL))
	response := make(chan simulator.Response, 1)
	go func() { response <- s.Send(t.Context(), request) }()
	<-received
	closed := make(chan bool)
	go func() {
		s.Close()
		close(closed)
	}()
	select {
	case <-closed:
		t.Error("Close returned before the attempt")
	case <-time.After(20 * time.Millisecond): // it waits, or has not started to wait
	}
	close(respond)
	if c := <-response; !c.OK() {
		t.Errorf("%s: %s", c.Failure, c.Detail)
	}
	<-closed
}

func TestSendAfterClose(t *testing.T) {
	receiver := serveRaw(t, func(p *peer, _ int) { p.rest() })
	s, err := delivery.New(delivery.Options{})
	if err != nil {
		t.Fatal(err)
	}
	request := prepare(t, s, newMessage(t, receiver.URL))
	s.Close()
	s.Close()
	if response := s.Send(t.Context(), request); response.Failure != simulator.FailureCanceled || response.Detail != "the sender is closed" {
		t.Errorf("got %s: %s", response.Failure, response.Detail)
	}
	if n := receiver.connections(); n != 0 {
		t.Errorf("%d connections", n)
	}
}
