package delivery

import (
	"context"
	"time"

	"semblance/schemas/human"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/fault"
)

// Attempt makes one attempt to deliver m: it prepares the request, sends it, and records both in a.
//
// The caller may set a.DeliveryID, a.Number (0 becomes 1) and a.StartedAt (zero becomes the present). Attempt sets all other
// fields. A caller that makes many attempts may use one Attempt again and again, which saves memory: reset it to the zero
// value first.
//
//	var a simulator.Attempt
//	err := sender.Attempt(ctx, delivery.Message{URL: url, Event: &event, EventID: id, Secrets: secrets}, &a)
//
// The error is that of [Sender.Prepare]: nothing was sent. It is also recorded as [simulator.FailureBlocked]. Every failure
// after that is a field of a.Response, including [simulator.FailureCanceled] when ctx ends first.
//
// For a request that is prepared already, such as a duplicate, use [Sender.Send].
func (s *Sender) Attempt(ctx context.Context, m Message, a *simulator.Attempt) error {
	now := clock.Now()
	if m.At.IsZero() {
		m.At = now
	}
	if a.StartedAt.IsZero() {
		a.StartedAt = now
	}
	if a.Number == 0 {
		a.Number = 1
	}
	a.SubscriptionID = m.SubscriptionID
	a.Request, a.Response = simulator.Request{}, simulator.Response{}
	t, err := s.prepare(&m, &a.Request)
	sending := attempt{sender: s, ctx: ctx, target: t, request: &a.Request, fault: m.Fault, response: &a.Response, started: now}
	if m.Fault != nil {
		sending.started = clock.Now() // to prepare a large body takes time
	}
	if err != nil {
		sending.fail(blocked("%v", err))
		return err
	}
	sending.deliver()
	return nil
}

// attempt is the state of one request to be sent. Redirects are attempts of their own.
type attempt struct {
	sender   *Sender
	ctx      context.Context
	target   *target
	request  *simulator.Request
	fault    *fault.Fault
	response *simulator.Response
	started  time.Time
	deadline time.Time
}

// check fills in the target and the fault of a request, which may come from anywhere.
func (a *attempt) check() *failureError {
	err := checkRequest(a.request)
	if err == nil {
		a.target, err = a.sender.targets.find(a.request.URL)
	}
	if err == nil && a.request.Fault != "" {
		a.fault, err = fault.ParsePlanned(a.request.Fault)
	}
	if err != nil {
		return blocked("%v", err)
	}
	return nil
}

// deliver sends a checked request, follows redirects, and fills in the response, which must be zero.
func (a *attempt) deliver() {
	s := a.sender
	s.sending.RLock()
	defer s.sending.RUnlock()
	a.deadline = a.started.Add(s.options.Timeout)
	if d, ok := a.ctx.Deadline(); ok && d.Before(a.deadline) {
		a.deadline = d
	}
	a.run()
	if s.options.Redirects > 0 {
		a.follow()
	}
	if s.options.Success != nil && a.response.Failure == "" {
		a.response.CountsAs = simulator.CountsAsFailure
		if s.options.Success(a.response.Status) {
			a.response.CountsAs = simulator.CountsAsSuccess
		}
	}
}

func (a *attempt) fail(f *failureError) {
	a.response.Failure, a.response.Detail = f.kind, human.Excerpt(f.detail, maxDetail)
}

// timeLimit returns the time limit of the attempt, for messages.
func (a *attempt) timeLimit() string {
	return human.Duration(a.deadline.Sub(a.started).Round(time.Millisecond))
}

// run sends the request on an idle connection if one is open, else on a new one. A fault that acts on the connection needs a
// new one. The request is written once: if an idle connection turns out to be closed before that, run uses another.
func (a *attempt) run() {
	if a.sender.closed {
		a.fail(&failureError{simulator.FailureCanceled, "the sender is closed"})
		return
	}
	for {
		c, err := a.connection()
		if err == nil {
			err = a.exchange(c)
		}
		if err == errUnsent {
			a.sender.guard.withdraw(c.public)
			*a.response = simulator.Response{}
			continue
		}
		if err != nil {
			a.fail(a.explain(err))
		}
		return
	}
}

// connection returns a connection that the guard admits: an idle one, which the receiver may have closed, or a new one.
func (a *attempt) connection() (*conn, error) {
	if a.fault == nil || !a.fault.OnConnection() {
		for c := a.target.pool.get(a.started); c != nil; c = a.target.pool.get(a.started) {
			if a.sender.guard.admit(c.public, kindOf(a.request)) == nil {
				return c, nil
			}
			c.close()
		}
	}
	return a.dial()
}
