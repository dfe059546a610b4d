package fault

import (
	"context"
	"net"
	"time"

	"semblance/simulator"
)

// holdBody asks with Expect: 100-continue whether the body is wanted. It sends the body when the receiver continues, or after
// a time: a receiver may ignore the question.
type holdBody struct {
	noFault
	wait time.Duration
}

func (holdBody) afterSigning(o *Outgoing) error {
	o.Headers = append(o.Headers, simulator.Header{Name: "Expect", Value: "100-continue"})
	return nil
}

func (f holdBody) transmit(ctx context.Context, conn net.Conn, head, body []byte) error {
	if _, err := conn.Write(head); err != nil {
		return err
	}
	waiting, stop := context.WithTimeout(ctx, f.wait)
	defer stop()
	select {
	case <-continued(ctx):
	case <-waiting.Done():
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := conn.Write(body)
	return err
}

type continuedKey struct{}

// WithContinued returns a context for [Fault.Transmit] with a channel that is closed when the receiver responds 100 Continue.
func WithContinued(ctx context.Context, received <-chan struct{}) context.Context {
	return context.WithValue(ctx, continuedKey{}, received)
}

// continued returns the channel of a context, or nil.
func continued(ctx context.Context) <-chan struct{} {
	received, _ := ctx.Value(continuedKey{}).(<-chan struct{})
	return received
}
