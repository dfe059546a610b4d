package fault

import (
	"context"
	"net"
)

// reset ends the connection with a TCP reset, as a crashed process or an impatient middle box does. Where all of the
// body is sent first, the receiver may have done its work and finds nobody to tell.
type reset struct {
	harmless
	keep int // per cent
}

func (f reset) transmit(_ context.Context, conn net.Conn, head, body []byte) error {
	request, err := writePart(conn, head, body, f.keep)
	if err != nil {
		return err
	}
	if err := abort(conn); err != nil {
		return err
	}
	return &Cut{How: "reset the connection", Sent: request, Whole: len(body)}
}

// abort closes the TCP connection below conn so that it sends a reset: nothing lingers, nothing says goodbye.
func abort(conn net.Conn) error {
	if secure, ok := conn.(interface{ NetConn() net.Conn }); ok { // TLS would say close_notify first
		conn = secure.NetConn()
	}
	if tcp, ok := conn.(interface{ SetLinger(int) error }); ok {
		if err := tcp.SetLinger(0); err != nil {
			return err
		}
	}
	return conn.Close()
}
