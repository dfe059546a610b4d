package delivery

import (
	"context"

	"semblance/simulator"
	"semblance/simulator/clock"
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
