package delivery

import (
	"context"
	"errors"

	"semblance/simulator/clock"
)

// largeRequest is the size above which a request is written while the response is read, because a receiver may respond
// before it has read everything. A smaller request fits into the socket's buffer and needs no second goroutine.
const largeRequest = 48 << 10

// exchange writes the request, reads the response, and puts the connection back if it can be reused. Its error is
// errUnanswered if a reused connection was closed before a byte of the response.
func (a *attempt) exchange(c *conn) error {
	reused := !c.idleSince.IsZero()
	c.interrupter.attach(a.ctx, c)
	if err := errors.Join(c.SetDeadline(a.deadline), a.ctx.Err()); err != nil { // in this order: a context that is done sets its own deadline
		c.abort()
		return err
	}
	c.out = appendHead(c.out[:0], a.request, a.target)
	head := len(c.out)
	c.out = appendBody(c.out, a.request, a.fault)

	var err error
	start := clock.Now()
	r := responseReader{conn: c, response: a.response, start: start, method: a.request.Method, maxBody: a.sender.options.MaxBody, maxDrain: a.sender.options.MaxDrain}
	switch {
	case a.fault != nil && a.fault.EndsConnection():
		err = a.fault.Transmit(a.ctx, c.Conn, c.out[:head], c.out[head:])
	case a.fault != nil && a.fault.OnConnection(), len(c.out) > largeRequest:
		err = a.exchangeConcurrently(c, head, &r)
	default:
		err = writeThenRead(c, &r)
	}
	a.response.Timings.Total = clock.Since(start)
	if err != nil {
		c.abort()
		if reused && !r.started && isClosed(err) && a.ctx.Err() == nil {
			return errUnanswered
		}
		return err
	}
	if r.reusable && allowsReuse(a.request, a.fault) && (a.fault == nil || !a.fault.OnConnection()) {
		a.release(c)
	} else {
		c.close()
	}
	if a.fault != nil {
		a.fault.AfterResponse(a.response)
	}
	return nil
}

// release puts the connection back, without the buffer of a large request.
func (a *attempt) release(c *conn) {
	if cap(c.out) > 2*largeRequest {
		c.out = nil
	}
	now := clock.Now()
	c.idleSince = now
	a.target.pool.put(c) // from here on it may serve another attempt
	a.sender.targets.sweep(now)
}

// writeThenRead is the common case. It reads even after a failed write, because a receiver may respond and close before it
// has read everything.
func writeThenRead(c *conn, r *responseReader) error {
	_, writeErr := c.Write(c.out)
	if writeErr != nil && isTimeout(writeErr) {
		return writeErr
	}
	err := r.read()
	if err != nil && writeErr != nil && !r.started {
		return writeErr
	}
	return err
}

// exchangeConcurrently reads the response while it writes the request. A complete response ends the writing.
func (a *attempt) exchangeConcurrently(c *conn, head int, r *responseReader) error {
	ctx, cancel := context.WithDeadline(a.ctx, a.deadline)
	defer cancel()
	written := make(chan error, 1)
	go func() { written <- a.transmit(ctx, c, head) }()

	err := r.read()
	cancel()
	_ = c.SetWriteDeadline(expired) // fails if a fault closed the connection: then no write is blocked
	writeErr := <-written
	r.reusable = r.reusable && writeErr == nil
	return err
}

func (a *attempt) transmit(ctx context.Context, c *conn, head int) error {
	if a.fault != nil && a.fault.OnConnection() {
		return a.fault.Transmit(ctx, c.Conn, c.out[:head], c.out[head:])
	}
	_, err := c.Write(c.out)
	return err
}
