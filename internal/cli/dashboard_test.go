//go:build unix

package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/creack/pty"

	"errtop/internal/config"
	"errtop/internal/engine"
)

// screen is errtop in a pseudo-terminal of 100×30.
type screen struct {
	t       *testing.T
	command *exec.Cmd
	tty     *os.File // the program's side, kept open to look at its modes
	master  *os.File
	before  *term.State

	mu     sync.Mutex
	output bytes.Buffer
	grown  chan struct{}
	exited chan struct{}
	err    error
}

// start runs the command in a terminal of its own. Standard input is the terminal, or what stdin says where it is not nil.
func start(t *testing.T, stdin *os.File, name string, args ...string) *screen {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal here: %v", err)
	}
	if err := pty.Setsize(master, &pty.Winsize{Rows: 30, Cols: 100}); err != nil {
		t.Fatal(err)
	}
	s := &screen{
		t: t, command: exec.CommandContext(t.Context(), name, args...), tty: tty, master: master,
		grown: make(chan struct{}, 1), exited: make(chan struct{}),
	}
	if s.before, err = term.GetState(tty.Fd()); err != nil {
		t.Fatal(err)
	}
	s.command.Dir = t.TempDir()
	s.command.Env = append(os.Environ(), "TERM=xterm-256color", "XDG_CONFIG_HOME="+s.command.Dir, "XDG_STATE_HOME="+s.command.Dir)
	s.command.Stdin, s.command.Stdout, s.command.Stderr = tty, tty, tty
	if stdin != nil {
		s.command.Stdin = stdin
	}
	s.command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 1}
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	go s.read()
	go func() {
		s.err = s.command.Wait()
		close(s.exited)
	}()
	t.Cleanup(func() {
		_ = s.command.Process.Kill()
		<-s.exited
		_ = tty.Close()
		_ = master.Close()
	})
	return s
}

func (s *screen) read() {
	buffer := make([]byte, 64<<10)
	for {
		n, err := s.master.Read(buffer)
		s.mu.Lock()
		s.output.Write(buffer[:n])
		s.mu.Unlock()
		select {
		case s.grown <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.output.String()
}

// tail returns the end of what was written, for messages.
func (s *screen) tail() string {
	text := s.text()
	return text[max(0, len(text)-500):]
}

// longestWait is how long a test waits for what must come. It is no measure: a machine that is busy with other tests takes long.
const longestWait = time.Minute

// waitFor returns when the program has written text.
func (s *screen) waitFor(text string) {
	s.t.Helper()
	timeout := time.NewTimer(longestWait)
	defer timeout.Stop()
	for !strings.Contains(s.text(), text) {
		select {
		case <-s.grown:
		case <-s.exited:
			s.t.Fatalf("exited (%v) before it wrote %q; it wrote last:\n%q", s.err, text, s.tail())
		case <-timeout.C:
			s.t.Fatalf("never wrote %q; it wrote last:\n%q", text, s.tail())
		}
	}
}

func (s *screen) press(keys string) {
	s.t.Helper()
	if _, err := io.WriteString(s.master, keys); err != nil {
		s.t.Fatal(err)
	}
}

// waitExit returns the exit status after the program has ended, and checks that the terminal is as it was.
func (s *screen) waitExit() int {
	s.t.Helper()
	select {
	case <-s.exited:
	case <-time.After(20 * time.Second):
		s.t.Fatalf("did not exit; it wrote last:\n%q", s.tail())
	}
	// What the program wrote last may still be on its way: it has all come when something written after it has.
	if _, err := io.WriteString(s.tty, "[exited]"); err != nil {
		s.t.Fatal(err)
	}
	for !strings.Contains(s.text(), "[exited]") {
		<-s.grown
	}
	after, err := term.GetState(s.tty.Fd())
	if err != nil {
		s.t.Fatal(err)
	}
	if *after != *s.before {
		s.t.Error("the terminal's modes are not what they were")
	}
	out := s.text()
	if strings.Contains(out, "\x1b[?1049h") && strings.LastIndex(out, "\x1b[?1049l") < strings.LastIndex(out, "\x1b[?1049h") {
		s.t.Error("the alternate screen was not left")
	}
	if strings.LastIndex(out, "\x1b[?25h") < strings.LastIndex(out, "\x1b[?25l") {
		s.t.Error("the cursor was not shown again")
	}
	return s.command.ProcessState.ExitCode()
}

func TestSignalsEndTheDashboardWithTheTerminalRestored(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			s := start(t, nil, "errtop", "demo")
			s.waitFor("overview")
			if err := s.command.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if status := s.waitExit(); status != 0 {
				t.Errorf("exit status %d", status)
			}
		})
	}
}

func TestQuitEndsTheDemo(t *testing.T) {
	t.Parallel()
	s := start(t, nil, "errtop")
	s.waitFor("demo")
	s.waitFor("overview")
	s.press("q")
	if status := s.waitExit(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

func TestALostTerminalEndsTheDashboard(t *testing.T) {
	t.Parallel()
	s := start(t, nil, "errtop", "demo")
	s.waitFor("overview")
	_ = s.tty.Close()
	_ = s.master.Close() // as sshd does when the line drops: SIGHUP, and reads and writes fail
	select {
	case <-s.exited:
	case <-time.After(20 * time.Second):
		t.Fatal("lives on without a terminal")
	}
}

func TestATerminalThatDoesNotReadDoesNotHoldUpTheExit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		read, write := io.Pipe()
		if status := reportWithin(time.Second, write, errors.New("the terminal does not read")); status != statusFailed {
			t.Errorf("exit status %d, want %d", status, statusFailed)
		}
		_ = read.Close() // lets the printing end
	})
}

func TestAPanicInASourceRestoresTheTerminalAndIsPrintedOnce(t *testing.T) {
	t.Parallel()
	s := start(t, nil, "errtop-panics")
	if status := s.waitExit(); status != 1 {
		t.Errorf("exit status %d, want 1", status)
	}
	out := s.text()
	if n := strings.Count(out, "panic: a source broke"); n != 1 {
		t.Errorf("the panic was printed %d times:\n%q", n, s.tail())
	}
	if strings.Index(out, "panic: a source broke") < strings.LastIndex(out, "\x1b[?1049l") {
		t.Error("the panic was printed on the alternate screen")
	}
}

// panickingDashboard is a dashboard with a source that panics once the first picture stands.
func panickingDashboard() {
	app := &app{Process: testProcess()}
	d := newDashboard(config.Default())
	d.options.Sources = []engine.Source{func(context.Context, engine.Intake) error { panic(errors.New("a source broke")) }}
	err := app.dashboard(context.Background(), d)
	os.Exit(report(os.Stderr, err))
}

func TestResultsPipedInAreShownWhileKeysComeFromTheTerminal(t *testing.T) {
	t.Parallel()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, read, "errtop")
	_ = read.Close()
	t.Cleanup(func() { _ = write.Close() })
	now := time.Now().UTC().Format(time.RFC3339)
	_, err = fmt.Fprintf(write, `{"ts":%q,"target":"kling","status":429,"duration_ms":12.5,"error":"Rate limit exceeded","message":"Try again in 45 seconds."}`+"\n", now)
	if err != nil {
		t.Fatal(err)
	}
	s.waitFor("kling")
	s.waitFor("429")
	s.press("q")
	if status := s.waitExit(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}
