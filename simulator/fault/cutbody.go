package fault

import (
	"context"
	"net"
)

// cutBody closes the connection within the body: fewer bytes come than Content-Length says, and no more will.
type cutBody struct {
	harmless
	keep int // per cent
}

func (f cutBody) transmit(_ context.Context, conn net.Conn, head, body []byte) error {
	sent := share(body, f.keep)
	buffers := net.Buffers{head, body[:sent]}
	if _, err := buffers.WriteTo(conn); err != nil {
		return err
	}
	if err := conn.Close(); err != nil {
		return err
	}
	return &Cut{How: "closed the connection", Sent: sent, Whole: len(body)}
}

// share is how many bytes of the body percent of them are: never all, unless it is 100.
func share(body []byte, percent int) int { return len(body) * percent / 100 }
