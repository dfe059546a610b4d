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
	request, err := writePart(conn, head, body, f.keep)
	if err != nil {
		return err
	}
	if err := conn.Close(); err != nil {
		return err
	}
	return &Cut{How: "closed the connection", Sent: request, Whole: len(body)}
}

// writePart writes the head and so many per cent of the body, and returns how many bytes of the body they are.
func writePart(conn net.Conn, head, body []byte, percent int) (request int, err error) {
	request = len(body) * percent / 100
	buffers := net.Buffers{head, body[:request]}
	_, err = buffers.WriteTo(conn)
	return request, err
}
