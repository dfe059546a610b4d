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

	"semblance/simulator/clock"
)

// limits of the connections that are kept for one receiver.
type limits struct {
	idle int
	age  time.Duration
}

// pool keeps the connections to one receiver that are idle. The one that was used last is used first.
type pool struct {
	limits
	mu   sync.Mutex
	idle []*conn
}

// get returns a kept connection that the receiver has not closed, or nil.
func (p *pool) get() *conn {
	for {
		p.mu.Lock()
		last := len(p.idle) - 1
		if last < 0 {
			p.mu.Unlock()
			return nil
		}
		c := p.idle[last]
		p.idle[last] = nil
		p.idle = p.idle[:last]
		p.mu.Unlock()
		if clock.Since(c.idleSince) < p.age && c.alive() {
			return c
		}
		c.close()
	}
}

// put keeps a connection for later, in the place of the oldest one where there are too many.
func (p *pool) put(c *conn) {
	var oldest *conn
	p.mu.Lock()
	if len(p.idle) >= p.limits.idle {
		oldest, p.idle = p.idle[0], p.idle[1:]
	}
	p.idle = append(p.idle, c)
	p.mu.Unlock()
	if oldest != nil {
		oldest.close()
	}
}

// sweep closes the connections that have been idle for too long.
func (p *pool) sweep(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.idle) > 0 && now.Sub(p.idle[0].idleSince) >= p.age {
		p.idle[0].close()
		p.idle[0], p.idle = nil, p.idle[1:]
	}
}

func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.idle {
		c.close()
	}
	p.idle = nil
}

// conn is one connection to a receiver, with the memory that its requests and answers need again and again. It serves one
// attempt at a time.
type conn struct {
	net.Conn                 // TCP, or TLS over it
	raw      syscall.RawConn // the TCP connection's
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
	own := &conn{Conn: c}
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

func (c *conn) close() {
	c.watch.stop()
	_ = c.Close() // it is given up: there is nobody to tell
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
