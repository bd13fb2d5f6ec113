//go:build !unix

package ingest

import (
	"os"
	"os/exec"
)

// detach does nothing: there are no process groups here.
func detach(*exec.Cmd) {}

// terminate ends a process.
func terminate(p *os.Process) { _ = p.Kill() }

// kill ends a process.
func kill(p *os.Process) { _ = p.Kill() }
