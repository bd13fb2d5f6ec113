//go:build unix

package cli

import (
	"errors"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
)

// waitForAfter is waitFor for what is written after the first from bytes.
func (s *screen) waitForAfter(from int, text string) {
	s.t.Helper()
	timeout := time.NewTimer(longestWait)
	defer timeout.Stop()
	for !strings.Contains(s.text()[from:], text) {
		select {
		case <-s.grown:
		case <-s.exited:
			s.t.Fatalf("exited (%v) before it wrote %q; it wrote last:\n%q", s.err, text, s.tail())
		case <-timeout.C:
			s.t.Fatalf("never wrote %q; it wrote last:\n%q", text, s.tail())
		}
	}
}

// job runs the demo as a job of a shell that waits for a line before it brings the job back, twice.
const job = `set -m
sh -c 'echo "[pid $$]"; exec errtop demo'
echo "[stopped $?]"
read line
fg >/dev/null
echo "[ended $?]"
read line
fg >/dev/null
echo "[at last $?]"
read line
`

func TestAStoppedDashboardGivesTheTerminalBackAndTakesItAgain(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]func(s *screen, pid int) error{
		"by ctrl+z": func(s *screen, _ int) error {
			_, err := io.WriteString(s.master, "\x1a")
			return err
		},
		"by SIGTSTP": func(_ *screen, pid int) error { return syscall.Kill(pid, syscall.SIGTSTP) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, nil, "sh", "-c", job)
			s.waitFor("overview")
			pid, err := strconv.Atoi(regexp.MustCompile(`\[pid (\d+)\]`).FindStringSubmatch(s.text())[1])
			if err != nil {
				t.Fatal(err)
			}
			for _, stopped := range []string{"[stopped 149]", "[ended 149]"} { // and once more after it has come back
				from := len(s.text())
				if err := stop(s, pid); err != nil {
					t.Fatal(err)
				}
				s.waitForAfter(from, ansi.ResetModeAltScreenSaveCursor)
				s.waitForAfter(from, ansi.ShowCursor)
				s.waitForAfter(from, stopped)
				now, err := term.GetState(s.tty.Fd())
				if err != nil {
					t.Fatal(err)
				}
				if *now != *s.before {
					t.Error("the terminal's modes are not what they were")
				}
				from = len(s.text())
				s.press("\n")
				s.waitForAfter(from, ansi.SetModeAltScreenSaveCursor)
				s.waitForAfter(from, "overview")
			}
			s.press("q")
			s.waitFor("[at last 0]")
		})
	}
}

func TestCtrlZWhereNobodyCouldContinueItKeepsTheDashboard(t *testing.T) {
	t.Parallel()
	s := start(t, nil, "errtop", "demo") // leads its session, as a command of ssh -t or tmux does
	s.waitFor("overview")
	from := len(s.text())
	s.press("\x1a")
	s.waitForAfter(from, ansi.SetModeAltScreenSaveCursor)
	s.waitForAfter(from, "overview")
	s.press("q")
	if status := s.waitExit(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

func TestSIGQUITRestoresTheTerminalBeforeItPrintsTheStacks(t *testing.T) {
	t.Parallel()
	s := start(t, nil, "errtop", "demo")
	s.waitFor("overview")
	if err := s.command.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	if status := s.waitExit(); status != 131 {
		t.Errorf("exit status %d, want 131", status)
	}
	out := s.text()
	left := strings.LastIndex(out, ansi.ResetModeAltScreenSaveCursor)
	for _, text := range []string{"errtop: SIGQUIT", "goroutine ", "errtop/tui.Run("} {
		if i := strings.Index(out, text); i < left {
			t.Errorf("%q stands at %d, and the alternate screen was left at %d", text, i, left)
		}
	}
}

func TestASecondHangupDoesNotCutTheFirstOneShort(t *testing.T) {
	t.Parallel()
	s := start(t, nil, "errtop", "demo")
	s.waitFor("overview")
	for range 20 {
		if err := s.command.Process.Signal(syscall.SIGHUP); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
	}
	if status := s.waitExit(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}
