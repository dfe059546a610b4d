//go:build unix

package delivery

import "syscall"

// How this system says that the other side has gone, or that nobody is there.
const (
	errRefused = syscall.ECONNREFUSED
	errReset   = syscall.ECONNRESET
	errAborted = syscall.ECONNABORTED
	errPipe    = syscall.EPIPE
)

// closedByPeer reads one byte without waiting. That there is none yet is the one good answer: an end or an error means that
// the connection is closed, and a byte that nobody asked for that it cannot be trusted with another request.
func closedByPeer(fd uintptr) bool {
	var b [1]byte
	_, err := syscall.Read(int(fd), b[:])
	return err != syscall.EAGAIN && err != syscall.EWOULDBLOCK
}
