package delivery

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// conn is one connection to a receiver, with the buffers that its requests and responses reuse. It serves one attempt at a
// time.
//
// The first Read of a response writes the request. This needs fewer system calls, and leaves almost no time between the
// check that a reused connection is open and the write.
type conn struct {
	net.Conn                 // TCP or TLS
	tcp      *countedConn    // the TCP connection, also below TLS
	raw      syscall.RawConn // of the TCP connection; nil if it has none
	public   *destination    // nil for a local address
	in       *bufio.Reader
	out      []byte // the request
	chunk    []byte // for reading a body
	limited  io.LimitedReader
	request  http.Request

	unsent    bool // the next Read writes out
	reused    bool
	idleSince time.Time
	deadline  time.Time // as set on the connection

	direct      directIO
	interrupter interrupter
}

// countedConn counts the bytes written to a connection.
type countedConn struct {
	net.Conn
	written int
}

func (c *countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.written += n
	return n, err
}

// NetConn returns the connection below, as that of [crypto/tls.Conn] does, so that a fault can reset it.
func (c *countedConn) NetConn() net.Conn { return c.Conn }

// errUnsent says that a reused connection was closed before a byte of the request was written.
var errUnsent = errors.New("the connection was closed before the request")

// newConn returns a connection over tcp. secure is TLS over it, or nil.
func newConn(tcp *countedConn, secure net.Conn) *conn {
	c := &conn{Conn: secure, tcp: tcp}
	if s, ok := tcp.Conn.(syscall.Conn); ok {
		c.raw, _ = s.SyscallConn()
	}
	if secure == nil {
		c.Conn = tcp.Conn
		c.direct.init(c)
	}
	c.in = bufio.NewReaderSize(c, readBufferSize)
	return c
}

// Read reads from the connection. It first writes the request if it is unsent.
func (c *conn) Read(p []byte) (int, error) {
	if !c.unsent {
		return c.Conn.Read(p)
	}
	c.unsent = false
	out := c.out
	if c.direct.ready() {
		n, sent, err := c.direct.exchange(p)
		if n > 0 || err != nil {
			return n, err
		}
		out = out[sent:]
	} else if c.reused && !c.alive() {
		return 0, errUnsent
	}
	before := c.tcp.written
	n, writeErr := c.Conn.Write(out)
	switch {
	case writeErr == nil:
		return c.Conn.Read(p)
	case isTimeout(writeErr):
		return 0, writeErr
	case c.reused && isClosed(writeErr) && len(out) == len(c.out) && n == 0 && c.tcp.written == before:
		return 0, errUnsent
	}
	n, err := c.Conn.Read(p) // a receiver may respond and close before it has read everything
	if err != nil {
		err = writeErr
	}
	return n, err
}

// limit returns a reader of the next n bytes.
func (c *conn) limit(n int64) io.Reader {
	c.limited = io.LimitedReader{R: c.in, N: n}
	return &c.limited
}

// alive reports, without blocking, whether an idle connection is open and has received nothing.
func (c *conn) alive() bool {
	if c.in.Buffered() > 0 {
		return false
	}
	if c.raw == nil {
		return true
	}
	closed := false
	err := c.raw.Control(func(fd uintptr) { closed = closedByPeer(fd) })
	return err == nil && !closed
}

// close closes the connection, with the TLS close_notify if there is TLS.
func (c *conn) close() {
	c.interrupter.stop()
	_ = c.Close()
}

// abort closes the connection without TLS close_notify, which could block for seconds if the receiver does not read.
func (c *conn) abort() {
	c.interrupter.stop()
	_ = c.tcp.Close()
}

// setDeadline sets a deadline that is not before the given one, and at most slack after it. Most calls find the one of an
// earlier attempt near enough, because setting it is expensive.
func (c *conn) setDeadline(deadline time.Time, slack time.Duration) error {
	latest := deadline.Add(slack)
	if !c.deadline.Before(deadline) && !c.deadline.After(latest) {
		return nil
	}
	c.deadline = latest
	return c.SetDeadline(latest)
}

// interrupter interrupts a connection when a context is done. It stays registered between attempts with the same context,
// because registering is expensive.
type interrupter struct {
	done       <-chan struct{}
	unregister func() bool

	mu         sync.Mutex
	generation int // of the registration in force
}

// attach makes ctx the context that interrupts the connection, in place of an earlier one, which may have done so.
func (i *interrupter) attach(ctx context.Context, c *conn) {
	done := ctx.Done()
	if done == i.done {
		return
	}
	i.stop()
	c.deadline = time.Time{} // the earlier context may have changed it
	i.done = done
	if done == nil {
		return
	}
	i.mu.Lock()
	generation := i.generation
	i.mu.Unlock()
	i.unregister = context.AfterFunc(ctx, func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.generation == generation {
			_ = c.SetDeadline(expired) // it fails only on a closed connection
		}
	})
}

// stop ends the registration. After it returns no interruption happens.
func (i *interrupter) stop() {
	if i.unregister != nil {
		i.unregister()
		i.unregister = nil
		i.mu.Lock()
		i.generation++
		i.mu.Unlock()
	}
	i.done = nil
}

// expired is a deadline in the past.
var expired = time.Unix(1, 0)
