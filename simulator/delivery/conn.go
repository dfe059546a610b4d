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

// conn is one connection to a receiver, with the memory that its requests and answers need again and again. It serves one
// attempt at a time.
type conn struct {
	net.Conn                 // TCP, or TLS over it
	tcp      net.Conn        // what is below
	raw      syscall.RawConn // the same, to look at
	in       *bufio.Reader
	out      []byte
	chunk    []byte // what a body is read into
	limited  io.LimitedReader
	request  http.Request

	idleSince time.Time
	peek      func(fd uintptr) // made once: a closure for each look would be garbage
	closed    bool             // what peek saw

	watch watch
}

func newConn(c net.Conn, tcp net.Conn) *conn {
	own := &conn{Conn: c, tcp: tcp}
	own.in = bufio.NewReaderSize(c, headRoom)
	if s, ok := tcp.(syscall.Conn); ok {
		own.raw, _ = s.SyscallConn()
	}
	own.peek = func(fd uintptr) { own.closed = closedByPeer(fd) }
	return own
}

// limit returns a reader of the next n bytes.
func (c *conn) limit(n int64) io.Reader {
	c.limited = io.LimitedReader{R: c.in, N: n}
	return &c.limited
}

// alive looks, without waiting, whether the receiver has closed an idle connection, or said something unasked.
func (c *conn) alive() bool {
	if c.in.Buffered() > 0 {
		return false
	}
	if c.raw == nil {
		return true
	}
	err := c.raw.Control(c.peek)
	return err == nil && !c.closed
}

// close ends a connection that is in order, and says so to TLS.
func (c *conn) close() {
	c.watch.stop()
	_ = c.Close() // there is nobody to tell
}

// drop ends a connection at once: a goodbye of TLS could wait seconds for a receiver that takes nothing.
func (c *conn) drop() {
	c.watch.stop()
	_ = c.tcp.Close()
}

// watch interrupts a connection when a context is done. It stays registered between attempts with the same context, as a
// registration costs more than the rest of the attempt's bookkeeping.
type watch struct {
	done       <-chan struct{}
	unregister func() bool

	mu   sync.Mutex
	turn int // which registration counts
}

// over has the connection interrupted when ctx is done, and no longer when an earlier one is.
func (w *watch) over(ctx context.Context, c net.Conn) {
	done := ctx.Done()
	if done == w.done {
		return
	}
	w.stop()
	w.done = done
	if done == nil {
		return
	}
	w.mu.Lock()
	turn := w.turn
	w.mu.Unlock()
	w.unregister = context.AfterFunc(ctx, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.turn == turn {
			_ = c.SetDeadline(past) // it fails on a closed connection alone
		}
	})
}

// stop ends the registration. When it returns, an interruption that was on its way has happened or never will.
func (w *watch) stop() {
	if w.unregister != nil {
		w.unregister()
		w.unregister = nil
		w.mu.Lock()
		w.turn++
		w.mu.Unlock()
	}
	w.done = nil
}

// past is a deadline that has passed.
var past = time.Unix(1, 0)
