package delivery

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// conn is one connection to a receiver, with the buffers that its requests and responses reuse. It serves one attempt at a
// time.
type conn struct {
	net.Conn                 // TCP or TLS
	tcp      net.Conn        // the TCP connection, also below TLS
	raw      syscall.RawConn // of tcp
	in       *bufio.Reader
	out      []byte
	chunk    []byte // for reading a body
	limited  io.LimitedReader
	request  http.Request

	idleSince   time.Time
	checkClosed func(fd uintptr) // allocated once, not for each check
	closed      bool             // set by checkClosed

	interrupter interrupter
}

func newConn(c net.Conn, tcp net.Conn) *conn {
	nc := &conn{Conn: c, tcp: tcp}
	nc.in = bufio.NewReaderSize(c, readBufferSize)
	if s, ok := tcp.(syscall.Conn); ok {
		nc.raw, _ = s.SyscallConn()
	}
	nc.checkClosed = func(fd uintptr) { nc.closed = closedByPeer(fd) }
	return nc
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
	err := c.raw.Control(c.checkClosed)
	return err == nil && !c.closed
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

// interrupter interrupts a connection when a context is done. It stays registered between attempts with the same context,
// because registering is expensive.
type interrupter struct {
	done       <-chan struct{}
	unregister func() bool

	mu         sync.Mutex
	generation int // of the registration in force
}

// attach makes ctx the context that interrupts the connection, in place of an earlier one.
func (i *interrupter) attach(ctx context.Context, c net.Conn) {
	done := ctx.Done()
	if done == i.done {
		return
	}
	i.stop()
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
