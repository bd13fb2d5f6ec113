//go:build unix

package cli

import (
	"os/signal"
	"syscall"
)

// ignoreFileSize makes a write beyond the limit on file sizes (ulimit -f) an error like one on a full disk; by default the
// signal ends the process.
func ignoreFileSize() { signal.Ignore(syscall.SIGXFSZ) }
