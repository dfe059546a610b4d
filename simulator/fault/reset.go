package fault

import (
	"context"
	"net"
)

// reset resets the TCP connection, as a crashed process or a middlebox does. If the whole body was sent first, the receiver
// may have done its work and cannot respond.
type reset struct {
	noFault
	keep int // percent of the body
}

func (f reset) transmit(_ context.Context, conn net.Conn, head, body []byte) error {
	written, err := writePart(conn, head, body, f.keep)
	if err != nil {
		return err
	}
	if err := resetConnection(conn); err != nil {
		return err
	}
	return &CutError{Action: "reset the connection", Written: written, Total: len(body)}
}

// resetConnection closes the TCP connection below conn with a reset, without a TLS close_notify.
func resetConnection(conn net.Conn) error {
	for {
		outer, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		conn = outer.NetConn()
	}
	if tcp, ok := conn.(interface{ SetLinger(int) error }); ok {
		if err := tcp.SetLinger(0); err != nil {
			return err
		}
	}
	return conn.Close()
}
