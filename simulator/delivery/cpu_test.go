//go:build unix

package delivery_test

import (
	"syscall"
	"testing"
	"time"
)

// reportCPU reports the processor time of this process per operation since the call before.
func reportCPU(b *testing.B) func() {
	start := processorTime()
	return func() {
		b.ReportMetric(float64(processorTime()-start)/1e3/float64(b.N), "cpu-µs/op")
	}
}

// processorTime is the user and system time of this process.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
