//go:build unix

package delivery

import "syscall"

// closedByPeer reads one byte without waiting. That there is none yet is the one good answer: an end or an error means that
// the connection is closed, and a byte that nobody asked for that it cannot be trusted with another request.
func closedByPeer(fd uintptr) bool {
	var b [1]byte
	_, err := syscall.Read(int(fd), b[:])
	return err != syscall.EAGAIN && err != syscall.EWOULDBLOCK
}
