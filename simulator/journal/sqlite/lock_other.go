//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package sqlite

import (
	"errors"
	"os"
)

// lockFile returns an error: without a lock that ends with the process, two processes could write to one journal.
func lockFile(path string) (*os.File, error) {
	return nil, &os.PathError{Op: "lock", Path: path, Err: errors.ErrUnsupported}
}

func unlockFile(f *os.File) error { return f.Close() }

func links(string, os.FileInfo) int { return 1 }
