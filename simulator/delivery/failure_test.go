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

// Each way in which a receiver can be wrong gives its kind of failure and one sentence.
func TestFailuresAreToldApart(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, test := range []struct {
		name    string
		answer  func(p *peer) // after the request was read
		status  int
		failure simulator.Failure
		detail  string // with ADDR for the receiver's address
	}{
		{"garbage", func(p *peer) { p.say("hello, who is there?\n") },
			0, simulator.FailureMalformed, `what came is no HTTP answer: it begins with "hello, who is there?\n"`},
		{"garbage without an end", func(p *peer) { p.say("SSH-2.0-OpenSSH_9.2\r\n"); p.rest() },
			0, simulator.FailureMalformed, `what came is no HTTP answer: it begins with "SSH-2.0-OpenSSH_9.2\r\n"`},
		{"http/2", func(p *peer) { p.say("\x00\x00\x12\x04\x00\x00\x00\x00\x00......"); p.rest() },
			0, simulator.FailureMalformed, "what came is HTTP/2 and no HTTP/1.1 answer"},
		{"tls alert", func(p *peer) { p.say("\x15\x03\x01\x00\x02\x02\x46") },
			0, simulator.FailureMalformed, "what came is a TLS alert and no HTTP answer: the receiver may want https://"},
		{"no status", func(p *peer) { p.say("HTTP/1.1\r\n\r\n") },
			0, simulator.FailureMalformed, `the head of the answer is malformed: malformed HTTP response "HTTP/1.1"`},
		{"odd status", func(p *peer) { p.say("HTTP/1.1 OK 200\r\n\r\n") },
			0, simulator.FailureMalformed, `the head of the answer is malformed: malformed HTTP status code "OK"`},
		{"odd header", func(p *peer) { p.say(ok + "no colon here\r\n\r\n") },
			0, simulator.FailureMalformed, `the head of the answer is malformed: malformed MIME header: missing colon: "no colon here"`},
		{"odd length", func(p *peer) { p.say(ok + "Content-Length: many\r\n\r\n") },
			0, simulator.FailureMalformed, `the head of the answer is malformed: bad Content-Length "many"`},
		{"status 000", func(p *peer) { p.say("HTTP/1.1 000 Odd\r\nContent-Length: 0\r\n\r\n") },
			0, simulator.FailureMalformed, "the head of the answer is malformed: 000 is no status"},
		{"two lengths", func(p *peer) { p.say(ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab") },
			0, simulator.FailureMalformed, `the head of the answer is malformed: http: message cannot contain multiple Content-Length headers; got ["1" "2"]`},
		{"odd chunk", func(p *peer) { p.say(ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\nab") },
			200, simulator.FailureMalformed, "the body of the answer is malformed after 0 bytes: invalid byte in chunk length"},
		{"endless headers", func(p *peer) {
			p.say(ok)
			for range 4000 {
				p.say("X-More: " + strings.Repeat("a", 100) + "\r\n")
			}
		}, 0, simulator.FailureMalformed, "the head of the answer is larger than 64 KiB"},
		{"endless 100s", func(p *peer) {
			for range 100 {
				p.say("HTTP/1.1 100 Continue\r\n\r\n")
			}
		}, 0, simulator.FailureMalformed, "more than 8 informational answers (1xx) came, and no other"},
		{"closed", func(*peer) {}, 0, simulator.FailureClosed, "ADDR closed the connection without an answer"},
		{"closed within the head", func(p *peer) { p.say(ok + "X-Half: ") },
			0, simulator.FailureClosed, "the receiver closed the connection within the head of its answer"},
		{"closed within the body", func(p *peer) { p.say(ok + "Content-Length: 100\r\n\r\n0123456789") },
			200, simulator.FailureClosed, "the receiver closed the connection after 10 of the 100 bytes of its answer's body"},
		{"closed within a chunk", func(p *peer) { p.say(ok + "Transfer-Encoding: chunked\r\n\r\n20\r\n0123456789") },
			200, simulator.FailureClosed, "the receiver closed the connection within its answer's body, after 10 bytes"},
		{"reset", func(p *peer) { p.abort() }, 0, simulator.FailureReset, "ADDR reset the connection before an answer"},
		{"reset within the head", func(p *peer) { p.say(ok); p.stillThere(20 * time.Millisecond); p.abort() },
			0, simulator.FailureReset, "ADDR reset the connection within the head of its answer"},
		{"reset within the body", func(p *peer) {
			p.say(ok + "Content-Length: 100\r\n\r\n0123456789")
			p.stillThere(20 * time.Millisecond)
			p.abort()
		}, 200, simulator.FailureReset, "ADDR reset the connection within its answer, after 10 bytes of the body"},
		{"hangs", func(p *peer) { p.rest() }, 0, simulator.FailureTimeout, "no answer from ADDR within 100ms"},
		{"hangs within the head", func(p *peer) { p.say(ok); p.rest() },
			0, simulator.FailureTimeout, "the answer of ADDR was not whole within 100ms: only a part of its head came"},
		{"hangs within the body", func(p *peer) { p.say(ok + "Content-Length: 100\r\n\r\n0123456789"); p.rest() },
			200, simulator.FailureTimeout, "the answer of ADDR was not whole within 100ms: 10 bytes of its body came"},
		{"endless body", func(p *peer) {
			p.say(ok + "\r\n")
			for block := strings.Repeat("a", 64<<10); ; {
				if _, err := p.Write([]byte(block)); err != nil {
					return
				}
			}
		}, 200, simulator.FailureTooLarge, "the body of the answer did not end within 1 MiB, and was cut there"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			receiver := serveRaw(t, func(p *peer, _ int) {
				if p.request() != nil {
					test.answer(p)
				}
			})
			s := newSender(t, delivery.Options{Timeout: timeoutFor(test.failure), MaxDrain: 1 << 20})
			response := s.Send(t.Context(), prepare(t, s, aRequest(t, receiver.URL)))
			address := strings.TrimSuffix(strings.TrimPrefix(receiver.URL, "http://"), "/hook")
			want := strings.ReplaceAll(test.detail, "ADDR", address)
			if response.Failure != test.failure || response.Detail != want || response.Status != test.status {
				t.Errorf("got  %d %s: %s\nwant %d %s: %s", response.Status, response.Failure, response.Detail, test.status, test.failure, want)
			}
			if response.OK() {
				t.Error("a failed attempt is OK")
			}
		})
	}
}

// timeoutFor is short where a test waits for it and long where it must not come.
func timeoutFor(f simulator.Failure) time.Duration {
	if f == simulator.FailureTimeout {
		return 100 * time.Millisecond
	}
	return 20 * time.Second
}

// A receiver that dribbles its answer is bounded by the time-out of the whole attempt, not of each byte.
func TestTimeoutIsForTheWholeAttempt(t *testing.T) {
	receiver := serveRaw(t, func(p *peer, _ int) {
		p.request()
		p.say("HTTP/1.1 200 OK\r\nX: ")
		for p.stillThere(10 * time.Millisecond) {
			p.say("a")
		}
	})
	s := newSender(t, delivery.Options{Timeout: 150 * time.Millisecond})
	start := time.Now()
	response := s.Send(t.Context(), prepare(t, s, aRequest(t, receiver.URL)))
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %s", took)
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
		{"no way there", "http://[fe80::1%25nowhere]:9/", delivery.Options{}, simulator.FailureConnect, "no connection to [fe80::1%nowhere]:9: "},
		{"a public address", "http://192.0.2.1/", delivery.Options{LocalOnly: true}, simulator.FailureBlocked,
			"192.0.2.1 is a public address, and only local and private ones are allowed"},
		{"no such name", "http://nobody.invalid/", delivery.Options{}, simulator.FailureDNS, `the name "nobody.invalid" has no address: no such host`},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSender(t, test.options)
			response := s.Send(t.Context(), prepare(t, s, aRequest(t, test.url)))
			if response.Failure != test.failure || !strings.HasPrefix(response.Detail, test.detail) {
				t.Errorf("got  %s: %s\nwant %s: %s", response.Failure, response.Detail, test.failure, test.detail)
			}
		})
	}
}

// A context that ends stops the attempt at once, in whatever it is doing.
func TestCancellationIsImmediate(t *testing.T) {
	asked := make(chan bool, 1)
	receiver := serveRaw(t, func(p *peer, _ int) {
		p.request()
		asked <- true
		p.rest()
	})
	s := newSender(t, delivery.Options{Timeout: time.Minute})
	request := prepare(t, s, aRequest(t, receiver.URL))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
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

// Close waits for what is being sent.
func TestCloseWaits(t *testing.T) {
	asked, answer := make(chan bool), make(chan bool)
	receiver := serveRaw(t, func(p *peer, _ int) {
		p.request()
		asked <- true
		<-answer
		p.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		p.rest()
	})
	s, err := delivery.New(delivery.Options{})
	if err != nil {
		t.Fatal(err)
	}
	request := prepare(t, s, aRequest(t, receiver.URL))
	response := make(chan simulator.Response, 1)
	go func() { response <- s.Send(t.Context(), request) }()
	<-asked
	closed := make(chan bool)
	go func() {
		s.Close()
		close(closed)
	}()
	select {
	case <-closed:
		t.Error("Close returned before the attempt")
	case <-time.After(20 * time.Millisecond): // it is waiting, or has not begun to
	}
	close(answer)
	if c := <-response; !c.OK() {
		t.Errorf("%s: %s", c.Failure, c.Detail)
	}
	<-closed
}

func TestASenderThatIsClosedSendsNothing(t *testing.T) {
	receiver := serveRaw(t, func(p *peer, _ int) { p.rest() })
	s, err := delivery.New(delivery.Options{})
	if err != nil {
		t.Fatal(err)
	}
	request := prepare(t, s, aRequest(t, receiver.URL))
	s.Close()
	s.Close()
	if response := s.Send(t.Context(), request); response.Failure != simulator.FailureCanceled || response.Detail != "the sender is closed" {
		t.Errorf("got %s: %s", response.Failure, response.Detail)
	}
	if n := receiver.connections(); n != 0 {
		t.Errorf("%d connections", n)
	}
}
