package sqlite

import (
	"errors"
	"os"
	"syscall"
)

// errorSharingViolation is the error for a file that another process has opened and does not share.
const errorSharingViolation syscall.Errno = 32

// lockFile creates the file at path if necessary and opens it for this process alone. If another process has opened it,
// the error is errLocked. Windows closes the file at the end of the process.
func lockFile(path string) (*os.File, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, &os.PathError{Op: "lock", Path: path, Err: err}
	}
	const shareNothing = 0
	handle, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, shareNothing, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, errorSharingViolation) {
		return nil, errLocked
	}
	if err != nil {
		return nil, &os.PathError{Op: "lock", Path: path, Err: err}
	}
	return os.NewFile(uintptr(handle), path), nil
}

// unlockFile releases the lock and deletes the file, unless another process has locked it meanwhile.
func unlockFile(f *os.File) error {
	err := f.Close()
	_ = os.Remove(f.Name()) // fails if another process has opened it
	return err
}

// fileID identifies a file, whatever its name. Windows does not let an open file be deleted, so there is nothing to find out.
type fileID struct{}

func identify(string) (fileID, error) { return fileID{}, nil }

// links returns the number of names (hard links) of a file.
func links(path string, _ os.FileInfo) int {
	f, err := os.Open(path)
	if err != nil {
		return 1
	}
	defer f.Close()
	var info syscall.ByHandleFileInformation
	if err := syscall.GetFileInformationByHandle(syscall.Handle(f.Fd()), &info); err != nil {
		return 1
	}
	return int(info.NumberOfLinks)
}
