package fault

import (
	"context"
	"net"
)

// cutBody closes the connection before the end of the body: the receiver gets fewer bytes than Content-Length says.
type cutBody struct {
	noFault
	keep int // percent of the body
}

func (f cutBody) transmit(_ context.Context, conn net.Conn, head, body []byte) error {
	written, err := writePart(conn, head, body, f.keep)
	if err != nil {
		return err
	}
	if err := conn.Close(); err != nil {
		return err
	}
	return &CutError{Action: "closed the connection", Written: written, Total: len(body)}
}

// writePart writes the head and a percentage of the body, and returns the number of bytes of the body.
func writePart(conn net.Conn, head, body []byte, percent int) (written int, err error) {
	written = len(body) * percent / 100
	buffers := net.Buffers{head, body[:written]}
	_, err = buffers.WriteTo(conn)
	return written, err
}
