//go:build unix

package cli

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A named pipe that nobody writes to is waited for, but not beyond ctrl+c; what can only be a file is refused without opening it.
func TestAPipeThatNobodyWritesToHoldsNoCommandUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	for _, args := range [][]string{{"replay", path}, {"check", "--config", path}, {"stats", path}, {"report", path}, {"backtest", path}} {
		t.Run(args[0], func(t *testing.T) {
			if args[0] == "check" && testing.Short() {
				t.Skip("ends after 10 s")
			}
			s := start(t, nil, "errtop", args...)
			for ended, asked := false, time.NewTicker(300*time.Millisecond); !ended; { // the first signals may come before they are handled
				select {
				case <-s.exited:
					ended = true
				case <-asked.C:
					if args[0] != "replay" {
						_ = s.command.Process.Signal(syscall.SIGTERM)
						asked.Reset(time.Hour) // a second signal would end it in any case
					}
				case <-time.After(40 * time.Second):
					t.Fatal("it hangs")
				}
			}
		})
	}
}
