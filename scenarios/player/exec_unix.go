//go:build unix

package player

import (
	"os/exec"
	"syscall"
)

// alone has the command and all that it starts in a process group of its own, which ends as one: nothing of it is left
// behind when its time is up.
func alone(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
}
