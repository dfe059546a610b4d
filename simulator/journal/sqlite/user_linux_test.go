package sqlite

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// asOrdinaryUser calls f as a user for whom the permissions of files are checked, and who can write to the folder. For root
// they are not checked.
func asOrdinaryUser(t *testing.T, folder string, f func()) {
	t.Helper()
	if os.Getuid() != 0 {
		f()
		return
	}
	for _, dir := range []string{folder, filepath.Dir(folder)} {
		if err := os.Chmod(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	// Only this thread gets another user, so only this goroutine may use it, and it ends with the goroutine.
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if err := syscall.Setfsuid(65534); err != nil {
			t.Error(err)
			return
		}
		f()
	}()
	<-done
}
