package delivery

import (
	"context"
	"errors"
	"time"

	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/fault"
)

const (
	// largeRequest is the size above which a request is written while the response is read, because a receiver may respond
	// before it has read everything. A smaller request fits into the socket's buffer and needs no second goroutine.
	largeRequest = 48 << 10

	// idleCloseWindow is the longest time after a write in which the close of a reused connection may have raced the write.
	// A receiver that closes later has read the request.
	idleCloseWindow = 250 * time.Millisecond

	// deadlineSlack is the part of the time limit by which an attempt may exceed it.
	deadlineSlack = 64
)

// exchange writes the request, reads the response, and puts the connection back if it can be reused. Its error is errUnsent
// if a reused connection was closed before a byte of the request was written.
func (a *attempt) exchange(c *conn) error {
	c.interrupter.attach(a.ctx, c)
	err := c.setDeadline(a.deadline, a.deadline.Sub(a.started)/deadlineSlack)
	if err := errors.Join(err, a.ctx.Err()); err != nil { // in this order: a context that is done sets its own deadline
		c.abort()
		return err
	}
	c.out = appendHead(c.out[:0], a.request, a.target)
	head := len(c.out)
	c.out = appendBody(c.out, a.request, a.fault)

	start := clock.Now()
	r := responseReader{conn: c, response: a.response, start: start, method: a.request.Method, maxBody: a.sender.options.MaxBody, maxDrain: a.sender.options.MaxDrain}
	switch {
	case a.fault != nil && a.fault.EndsConnection():
		err = a.fault.Transmit(a.ctx, c.Conn, c.out[:head], c.out[head:])
	case a.fault != nil && a.fault.OnConnection(), len(c.out) > largeRequest:
		err = a.exchangeConcurrently(c, head, &r)
	default:
		c.unsent = true
		err = r.read()
	}
	a.response.Timings.Total = clock.Since(start)
	if err != nil {
		c.abort()
		if c.reused && !r.started && isClosed(err) && a.ctx.Err() == nil && a.response.Timings.Total < idleCloseWindow {
			a.target.pool.raced()
			return &failureError{simulator.FailureIdleClose, a.target.address() +
				" closed a reused connection while the request was sent; the request may or may not have been processed"}
		}
		return err
	}
	if r.reusable && allowsReuse(a.request, a.fault) && (a.fault == nil || !a.fault.OnConnection()) {
		a.release(c, start.Add(a.response.Timings.Total))
	} else {
		c.close()
	}
	if a.fault != nil {
		a.fault.AfterResponse(a.response)
	}
	return nil
}

// release puts the connection back, without the buffer of a large request.
func (a *attempt) release(c *conn, now time.Time) {
	if cap(c.out) > 2*largeRequest {
		c.out = nil
	}
	c.reused, c.idleSince = true, now
	a.target.pool.put(c) // from here on it may serve another attempt
	a.sender.targets.sweep(now)
}

// exchangeConcurrently reads the response while it writes the request. A complete response ends the writing.
func (a *attempt) exchangeConcurrently(c *conn, head int, r *responseReader) error {
	if c.reused && !c.alive() {
		return errUnsent
	}
	ctx, cancel := context.WithDeadline(a.ctx, a.deadline)
	defer cancel()
	if a.fault != nil {
		r.continued = make(chan struct{})
		ctx = fault.WithContinued(ctx, r.continued)
	}
	written := make(chan error, 1)
	f := a.fault // so that a does not escape to the heap
	go func() { written <- transmit(ctx, c, f, head) }()

	err := r.read()
	cancel()
	c.deadline = time.Time{}
	_ = c.SetWriteDeadline(expired) // fails if a fault closed the connection: then no write is blocked
	writeErr := <-written
	r.reusable = r.reusable && writeErr == nil
	return err
}

func transmit(ctx context.Context, c *conn, f *fault.Fault, head int) error {
	if f != nil && f.OnConnection() {
		return f.Transmit(ctx, c.Conn, c.out[:head], c.out[head:])
	}
	_, err := c.Write(c.out)
	return err
}
