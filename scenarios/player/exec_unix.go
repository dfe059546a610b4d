//go:build unix

package player

import (
	"os/exec"
	"syscall"
)

// setProcessGroup gives the command a process group of its own, so that the processes it starts are killed with it.
func setProcessGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
}
