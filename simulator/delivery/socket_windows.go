package delivery

import "syscall"

// How this system says that the other side has gone, or that nobody is there (winsock error codes).
const (
	errRefused = syscall.Errno(10061) // WSAECONNREFUSED
	errReset   = syscall.Errno(10054) // WSAECONNRESET
	errAborted = syscall.Errno(10053) // WSAECONNABORTED
	errPipe    = syscall.ERROR_BROKEN_PIPE
)

// closedByPeer cannot look without waiting here; a connection that turns out to be closed is replaced when it is used.
func closedByPeer(uintptr) bool { return false }
