package receiver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Time-outs and limits of the server.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	closeTimeout  = 5 * time.Second // for the deliveries in flight on Close
	maxHeader     = 64 << 10
)

// Server serves a receiver on its own socket, by HTTP/1.1.
type Server struct {
	URL      string // such as http://127.0.0.1:4701, without a trailing slash
	Receiver *Receiver

	server *http.Server
	unused *connections
	cancel context.CancelFunc // cancels work that Close does not wait for
	done   chan struct{}      // closed at the end of serving
	err    error              // the reason for the end; valid after done is closed
}

// Start creates a receiver and serves it at address, such as "127.0.0.1:4701", or ":0" for a free port. It is ready when
// Start returns.
func Start(address string, options Options) (*Server, error) {
	r, err := New(options)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening at %s: %w", address, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	unused := &connections{open: map[net.Conn]bool{}}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	s := &Server{
		URL:      "http://" + dialAddress(listener.Addr()),
		Receiver: r,
		server: &http.Server{
			Handler:           r,
			Protocols:         protocols,
			ReadHeaderTimeout: headerTimeout,
			ReadTimeout:       readTimeout,
			WriteTimeout:      writeTimeout,
			IdleTimeout:       idleTimeout,
			MaxHeaderBytes:    maxHeader,
			BaseContext:       func(net.Listener) context.Context { return ctx },
			ConnState:         unused.observe,
			ErrorLog:          log.New(io.Discard, "", 0), // errors of broken senders are not logged
		},
		unused: unused,
		cancel: cancel,
		done:   make(chan struct{}),
	}
	go func() {
		defer close(s.done)
		s.err = s.server.Serve(listener)
	}()
	return s, nil
}

// Close stops listening and waits for the deliveries in flight, at most five seconds, and for the server to end.
func (s *Server) Close() error {
	s.cancel()
	s.unused.close()
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	err := s.server.Shutdown(ctx)
	if err != nil {
		err = fmt.Errorf("closing the receiver at %s: deliveries were still in flight after %s", s.URL, closeTimeout)
		_ = s.server.Close()
	}
	<-s.done
	if !errors.Is(s.err, http.ErrServerClosed) {
		err = errors.Join(err, s.err)
	}
	return err
}

// dialAddress returns an address to dial: loopback for a server that listens on all addresses.
func dialAddress(address net.Addr) string {
	if tcp, ok := address.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(tcp.Port))
	}
	return address.String()
}

// connections holds the connections without a first request. Clients open them in reserve, and a closing http.Server would
// wait five seconds for them.
type connections struct {
	mu      sync.Mutex
	open    map[net.Conn]bool
	closing bool
}

func (c *connections) observe(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(c.open, conn)
	case c.closing:
		_ = conn.Close()
	default:
		c.open[conn] = true
	}
}

func (c *connections) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closing = true
	for conn := range c.open {
		_ = conn.Close()
	}
}
