//go:build unix

package ingest

import (
	"os"
	"os/exec"
	"syscall"
)

// detach gives a command a session of its own: it has no terminal to ask on, and its process group can be ended as a whole.
func detach(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	endWithParent(command.SysProcAttr)
}

// terminate asks a process group to end.
func terminate(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGTERM) }

// kill ends a process group.
func kill(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }
