package delivery_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"semblance/simulator"
	"semblance/simulator/delivery"
)

// rawReceiver is a TCP listener whose connections a test serves by hand.
type rawReceiver struct {
	URL string

	mu    sync.Mutex
	conns int
}

// connections returns how many connections were made to it.
func (r *rawReceiver) connections() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.conns
}

// serveRaw serves each connection with serve, which gets its number from 1, and waits for all of them at the test's end.
func serveRaw(t *testing.T, serve func(c *peer, n int)) *rawReceiver {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &rawReceiver{URL: "http://" + listener.Addr().String() + "/hook"}
	var wg sync.WaitGroup
	var open sync.Map
	wg.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			r.mu.Lock()
			r.conns++
			n := r.conns
			r.mu.Unlock()
			open.Store(c, true)
			wg.Go(func() {
				defer open.Delete(c)
				defer c.Close()
				p := &peer{TCPConn: c.(*net.TCPConn)}
				p.in = bufio.NewReader(io.TeeReader(c, &p.got))
				serve(p, n)
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		open.Range(func(c, _ any) bool { c.(net.Conn).Close(); return true })
		wg.Wait()
	})
	return r
}

// peer is the receiver's end of a connection, with a record of all bytes that came.
type peer struct {
	*net.TCPConn
	in  *bufio.Reader
	got bytes.Buffer
}

// request reads one request with its body, or returns nil at the end of the connection.
func (p *peer) request() *http.Request {
	r, err := http.ReadRequest(p.in)
	if err != nil {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return r
}

// say writes to the connection; that the other side may be gone is what some tests are about.
func (p *peer) say(text string) { _, _ = io.WriteString(p, text) }

// rest reads until the other side ends the connection, and returns how it did.
func (p *peer) rest() error {
	_, err := io.Copy(io.Discard, p.in)
	return err
}

// stillThere waits for a while, or until the other side ends the connection, and reports whether it has not.
func (p *peer) stillThere(while time.Duration) bool {
	_ = p.SetReadDeadline(time.Now().Add(while))
	_, err := p.in.Peek(1)
	return errors.Is(err, os.ErrDeadlineExceeded)
}

// abort ends the connection with a reset.
func (p *peer) abort() {
	_ = p.SetLinger(0)
	_ = p.Close()
}

func newSender(t *testing.T, o delivery.Options) *delivery.Sender {
	t.Helper()
	s, err := delivery.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

var (
	testSecret = simulator.Secret("whsec_for_tests_only_1234")
	testTime   = time.Unix(1764000000, 0)
)

// aRequest is a booking.created for a URL.
func aRequest(t *testing.T, url string) delivery.Message {
	t.Helper()
	return delivery.Message{
		URL: url, SubscriptionID: "692597070fe21cfa5e6a010f", EventID: "692597070fe21cfa5e6a010a", Event: bookingCreated(t),
		Secrets: []simulator.Secret{testSecret}, At: testTime,
	}
}

func prepare(t *testing.T, s *delivery.Sender, r delivery.Message) simulator.Request {
	t.Helper()
	request, err := s.Prepare(r)
	if err != nil {
		t.Fatal(err)
	}
	return request
}
