//go:build unix && !freebsd && !dragonfly

package sqlite

import "syscall"

// limitFileSize limits the size of the files that this process can write. With a negative size it only reports whether the
// operating system supports that.
func limitFileSize(bytes int64) error {
	if bytes < 0 {
		return nil
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limit.Cur = uint64(bytes)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
}
