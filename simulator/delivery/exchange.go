package delivery

import (
	"context"
	"errors"

	"semblance/simulator/clock"
)

// largeRequest is the size from which a request is written while the answer is awaited: a receiver may answer before it
// has read it all, and a request that fits into the socket's buffer needs no second goroutine.
const largeRequest = 48 << 10

// exchange writes the request, reads the answer, and keeps the connection if it can serve again. Its error is
// errUnanswered where a kept connection turns out to be closed before a byte of the answer.
func (a *attempt) exchange(c *conn) error {
	kept := !c.idleSince.IsZero()
	c.watch.over(a.ctx, c)
	if err := errors.Join(c.SetDeadline(a.deadline), a.ctx.Err()); err != nil { // in this order: a context that is done has set its own
		c.drop()
		return err
	}
	c.out = appendHead(c.out[:0], a.request, a.target)
	head := len(c.out)
	c.out = appendBody(c.out, a.request, a.fault)

	var err error
	start := clock.Now()
	r := reading{conn: c, response: a.response, start: start, method: a.request.Method, maxBody: a.sender.options.MaxBody, maxDrain: a.sender.options.MaxDrain}
	switch {
	case a.fault != nil && a.fault.EndsConnection():
		err = a.fault.Transmit(a.ctx, c.Conn, c.out[:head], c.out[head:])
	case a.fault != nil && a.fault.OnConnection(), len(c.out) > largeRequest:
		err = a.exchangeBoth(c, head, &r)
	default:
		err = writeThenRead(c, &r)
	}
	a.response.Timings.Total = clock.Since(start)
	if err != nil {
		c.drop()
		if kept && !r.begun && isClosed(err) && a.ctx.Err() == nil {
			return errUnanswered
		}
		return err
	}
	if r.reusable && keepsConnection(a.request, a.fault) && (a.fault == nil || !a.fault.OnConnection()) {
		a.keep(c)
	} else {
		c.close()
	}
	if a.fault != nil {
		a.fault.Responded(a.response)
	}
	return nil
}

// keep puts the connection back, without the memory that one large request has taken.
func (a *attempt) keep(c *conn) {
	if cap(c.out) > 2*largeRequest {
		c.out = nil
	}
	now := clock.Now()
	c.idleSince = now
	a.target.pool.put(c) // it is another attempt's from here on
	a.sender.targets.sweep(now)
}

// writeThenRead is the common case. A write that fails is not the end of it: a receiver need not read everything before it
// answers, and closes.
func writeThenRead(c *conn, r *reading) error {
	_, wrote := c.Write(c.out)
	if wrote != nil && isTimeout(wrote) {
		return wrote
	}
	err := r.read()
	if err != nil && wrote != nil && !r.begun {
		return wrote
	}
	return err
}

// exchangeBoth reads the answer while the request is being written. A whole answer ends the writing: a receiver need not
// read everything before it answers.
func (a *attempt) exchangeBoth(c *conn, head int, r *reading) error {
	ctx, cancel := context.WithDeadline(a.ctx, a.deadline)
	defer cancel()
	written := make(chan error, 1)
	go func() { written <- a.transmit(ctx, c, head) }()

	err := r.read()
	cancel()
	_ = c.SetWriteDeadline(past) // on a connection that a fault has closed, there is no write to end
	wrote := <-written
	r.reusable = r.reusable && wrote == nil
	return err
}

func (a *attempt) transmit(ctx context.Context, c *conn, head int) error {
	if a.fault != nil && a.fault.OnConnection() {
		return a.fault.Transmit(ctx, c.Conn, c.out[:head], c.out[head:])
	}
	_, err := c.Write(c.out)
	return err
}
