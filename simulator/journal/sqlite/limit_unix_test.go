//go:build unix

package sqlite

import "syscall"

// limitFileSize has the operating system refuse this process files larger than so many bytes; negative only asks
// whether it can.
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
