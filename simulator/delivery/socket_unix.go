//go:build unix

package delivery

import "syscall"

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
