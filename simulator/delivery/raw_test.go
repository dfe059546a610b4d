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

// rawReceiver is a TCP listener whose connections a test serves.
type rawReceiver struct {
	URL string

	mu    sync.Mutex
	conns int
}

// connections returns the number of connections so far.
func (r *rawReceiver) connections() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.conns
}

// serveRaw calls serve for each connection, with its number from 1, and waits for all calls at the end of the test.
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

// peer is the receiver's end of a connection. It records all bytes received.
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

// send writes to the connection. The sender may have closed it, as some tests intend.
func (p *peer) send(text string) { _, _ = io.WriteString(p, text) }

// rest reads until the sender ends the connection, and returns the error.
func (p *peer) rest() error {
	_, err := io.Copy(io.Discard, p.in)
	return err
}

// stillOpen waits until the time is over or the sender ends the connection, and reports whether it is still open.
func (p *peer) stillOpen(wait time.Duration) bool {
	_ = p.SetReadDeadline(time.Now().Add(wait))
	_, err := p.in.Peek(1)
	return errors.Is(err, os.ErrDeadlineExceeded)
}

// abort resets the connection.
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

// newMessage returns a booking.created for a URL.
func newMessage(t *testing.T, url string) delivery.Message {
	t.Helper()
	return delivery.Message{
		URL: url, SubscriptionID: "692597070fe21cfa5e6a010f", EventID: "692597070fe21cfa5e6a010a", Event: bookingCreated(t),
		Secrets: []simulator.Secret{testSecret}, At: testTime,
	}
}

func prepare(t *testing.T, s *delivery.Sender, m delivery.Message) simulator.Request {
	t.Helper()
	request, err := s.Prepare(m)
	if err != nil {
		t.Fatal(err)
	}
	return request
}
