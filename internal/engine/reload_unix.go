//go:build unix

package engine

import (
	"os"
	"os/signal"
	"syscall"
)

// notifyReload has SIGUSR1 sent to c, which asks for the config to be read again.
func notifyReload(c chan<- os.Signal) { signal.Notify(c, syscall.SIGUSR1) }
