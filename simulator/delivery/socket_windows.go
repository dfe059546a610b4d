package delivery

import "syscall"

// System errors of a closed connection or a closed port (Winsock error codes).
const (
	errRefused = syscall.Errno(10061) // WSAECONNREFUSED
	errReset   = syscall.Errno(10054) // WSAECONNRESET
	errAborted = syscall.Errno(10053) // WSAECONNABORTED
	errPipe    = syscall.ERROR_BROKEN_PIPE
)

// closedByPeer cannot check without blocking here. A write to a closed connection fails.
func closedByPeer(uintptr) bool { return false }
