package fault

import (
	"context"
	"net"
	"slices"
	"time"

	"semblance/simulator/clock"
)

// pieces sends the request in pieces with pauses between them. The first half of the cuts is in the head, the rest in the
// body, as when a packet ends anywhere.
type pieces struct {
	noFault
	count int
	every time.Duration
}

func (f pieces) transmit(ctx context.Context, conn net.Conn, head, body []byte) error {
	cuts := f.count - 1
	inHead := (cuts + 1) / 2
	var ends []int
	for i := range inHead {
		ends = append(ends, len(head)*(i+1)/(inHead+1))
	}
	for i := range cuts - inHead {
		ends = append(ends, len(head)+len(body)*(i+1)/(cuts-inHead+1))
	}
	rest, sent := slices.Concat(head, body), 0
	for _, end := range append(ends, len(head)+len(body)) {
		if sent > 0 {
			if err := clock.Sleep(ctx, f.every); err != nil {
				return err
			}
		}
		if _, err := conn.Write(rest[sent:end]); err != nil {
			return err
		}
		sent = end
	}
	return nil
}
