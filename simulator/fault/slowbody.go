package fault

import (
	"context"
	"net"
	"time"

	"semblance/simulator/clock"
)

// slowBody sends the head at once and then the body in pieces, with a pause before each, as a slow network does, or an
// attacker who wants to occupy connections.
type slowBody struct {
	noFault
	over   time.Duration
	pieces int
}

func (f slowBody) transmit(ctx context.Context, conn net.Conn, head, body []byte) error {
	if _, err := conn.Write(head); err != nil {
		return err
	}
	pieces := min(f.pieces, len(body))
	for i := range pieces {
		if err := clock.Sleep(ctx, f.over/time.Duration(pieces)); err != nil {
			return err
		}
		if _, err := conn.Write(body[i*len(body)/pieces : (i+1)*len(body)/pieces]); err != nil {
			return err
		}
	}
	return nil
}
