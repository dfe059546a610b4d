//go:build !windows

package sqlite

import (
	"errors"
	"os"
	"syscall"
)

// lockFile creates the file at path if necessary and locks it. If another process has locked it, the error is
// errLocked. The operating system releases the lock at the end of the process.
func lockFile(path string) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			f.Close()
			if errors.Is(err, syscall.EWOULDBLOCK) {
				return nil, errLocked
			}
			return nil, &os.PathError{Op: "lock", Path: path, Err: err}
		}
		if sameFile(f, path) {
			return f, nil
		}
		f.Close() // its last owner deleted it after we had opened it: try again with a new one
	}
}

// unlockFile deletes the file and releases the lock.
func unlockFile(f *os.File) error {
	if sameFile(f, f.Name()) {
		_ = os.Remove(f.Name()) // a lock file that remains does no harm
	}
	return f.Close()
}

func sameFile(f *os.File, path string) bool {
	opened, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(opened, named)
}

// fileID identifies a file, whatever its name.
type fileID struct{ device, inode uint64 }

// identify returns the file that has the name. It does not allocate memory, because it is called for each commit.
func identify(path string) (fileID, error) {
	var stat syscall.Stat_t
	if err := syscall.Stat(path, &stat); err != nil {
		return fileID{}, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	return fileID{uint64(stat.Dev), uint64(stat.Ino)}, nil
}

// links returns the number of names (hard links) of a file.
func links(_ string, info os.FileInfo) int {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(stat.Nlink)
	}
	return 1
}
