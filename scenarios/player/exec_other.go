//go:build !unix

package player

import "os/exec"

// setProcessGroup does nothing: here, processes that the command starts may outlive it.
func setProcessGroup(*exec.Cmd) {}
