//go:build !linux

package sqlite

import (
	"os"
	"testing"
)

func asOrdinaryUser(t *testing.T, _ string, f func()) {
	t.Helper()
	if os.Getuid() == 0 {
		t.Skip("permissions are not checked for root")
	}
	f()
}
