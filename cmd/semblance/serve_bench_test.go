package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// BenchmarkServeStart measures the time from the start of the process to its first line; then it accepts requests.
func BenchmarkServeStart(b *testing.B) {
	for _, journal := range []string{"memory", "file"} {
		b.Run(journal, func(b *testing.B) {
			args := []string{"serve", "--addr", "127.0.0.1:0", "--format", "json"}
			if journal == "file" {
				args = append(args, "--data", filepath.Join(b.TempDir(), "clinic.db"))
			}
			for b.Loop() {
				c := exec.Command("semblance", args...)
				out, err := c.StdoutPipe()
				if err != nil {
					b.Fatal(err)
				}
				if err := c.Start(); err != nil {
					b.Fatal(err)
				}
				if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				if err := c.Process.Signal(os.Interrupt); err != nil {
					b.Fatal(err)
				}
				if err := c.Wait(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}
