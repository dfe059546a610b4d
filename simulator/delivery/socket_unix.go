//go:build unix

package delivery

import (
	"io"
	"syscall"
)

// System errors of a closed connection or a closed port.
const (
	errRefused = syscall.ECONNREFUSED
	errReset   = syscall.ECONNRESET
	errAborted = syscall.ECONNABORTED
	errPipe    = syscall.EPIPE
)

// closedByPeer reports whether a non-blocking read of one byte returns anything but "try again". EOF or an error means that
// the connection is closed; after an unexpected byte it must not be reused.
func closedByPeer(fd uintptr) bool {
	var b [1]byte
	_, err := syscall.Read(int(fd), b[:])
	return err != syscall.EAGAIN && err != syscall.EWOULDBLOCK
}

// directIO writes a request and reads the beginning of its response in one operation of the network poller: check, write,
// wait, read. The standard way, Write and then Read, makes one system call more.
type directIO struct {
	conn *conn
	step func(fd uintptr) bool // allocated once

	into  []byte
	begun bool // step has written
	sent  int
	n     int
	err   error
}

func (d *directIO) init(c *conn) {
	d.conn = c
	d.step = d.next
}

func (d *directIO) ready() bool { return d.conn != nil && d.conn.raw != nil }

// exchange returns the bytes read into p or an error. If it returns neither, it has written the first sent bytes, and
// the caller must write the others.
func (d *directIO) exchange(p []byte) (n, sent int, err error) {
	d.into, d.begun, d.sent, d.n, d.err = p, false, 0, 0, nil
	err = d.conn.raw.Read(d.step)
	d.into = nil
	if err == nil {
		err = d.err
	}
	return d.n, d.sent, err
}

// next is called at once, and again whenever the connection is readable. It returns true at the end of the exchange.
func (d *directIO) next(fd uintptr) bool {
	if !d.begun {
		d.begun = true
		if d.conn.reused && (d.conn.in.Buffered() > 0 || closedByPeer(fd)) {
			d.err = errUnsent
			return true
		}
		n, err := syscall.Write(int(fd), d.conn.out)
		d.sent = max(n, 0)
		if d.conn.reused && d.sent == 0 && isClosed(err) {
			d.err = errUnsent
		}
		return d.sent < len(d.conn.out)
	}
	n, err := syscall.Read(int(fd), d.into)
	for err == syscall.EINTR {
		n, err = syscall.Read(int(fd), d.into)
	}
	switch {
	case err == syscall.EAGAIN:
		return false
	case n == 0 && err == nil:
		err = io.EOF
	}
	d.n, d.err = max(n, 0), err
	return true
}
