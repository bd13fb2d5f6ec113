//go:build unix

package tui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"errtop/internal/safego"
	"errtop/internal/terminal"
	"errtop/tracker"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
	"github.com/creack/pty"
	"go.uber.org/goleak"
)

// session is a dashboard on a real pseudo-terminal.
type session struct {
	t       *testing.T
	keys    *os.File // what a person holds: typing here, and what is written to the terminal
	tty     *os.File
	before  *term.State
	tracker *tracker.ErrorTracker
	stop    context.CancelFunc
	ended   chan error

	mu   sync.Mutex
	seen bytes.Buffer
}

// connect starts a dashboard. With reads, somebody reads what it writes.
func connect(t *testing.T, reads bool, change func(*Options)) *session {
	t.Helper()
	keys, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal here: %v", err)
	}
	t.Cleanup(func() { _, _ = keys.Close(), tty.Close() })
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 40, Cols: 120}); err != nil {
		t.Fatal(err)
	}
	before, err := term.GetState(tty.Fd())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	s := &session{t: t, keys: keys, tty: tty, before: before, tracker: tracker.New(tracker.Settings{}), stop: stop, ended: make(chan error, 1)}
	s.record(1)
	o := Options{Engine: s.tracker, Title: "test", Environ: []string{"TERM=xterm-256color"}, Refresh: 100 * time.Millisecond, Rights: Rights{Export: true, Suspend: true}}
	if change != nil {
		change(&o)
	}
	if reads {
		go s.read()
	}
	go func() { s.ended <- Run(ctx, tty, tty, o) }()
	return s
}

// record lets n requests fail.
func (s *session) record(n int) {
	now := time.Now()
	batch := make([]tracker.Result, n)
	for i := range batch {
		batch[i] = tracker.Result{Time: now, Target: "kling", Status: 500, Kind: tracker.KindServer, Error: "Generation failed", Message: fmt.Sprint("attempt ", rand.N(1000))}
	}
	s.tracker.Record(now, batch)
}

func (s *session) read() {
	buf := make([]byte, 1<<16)
	for {
		n, err := s.keys.Read(buf)
		s.mu.Lock()
		s.seen.Write(buf[:n])
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (s *session) output() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen.String()
}

// waitFor waits until the terminal was sent a text.
func (s *session) waitFor(text string) {
	s.t.Helper()
	deadline := time.NewTimer(10 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !strings.Contains(s.output(), text) {
		select {
		case <-tick.C:
		case err := <-s.ended:
			s.t.Fatalf("it ended (%v) before it showed %q: %q", err, text, s.output())
		case <-deadline.C:
			s.t.Fatalf("it never showed %q: %q", text, s.output())
		}
	}
}

func (s *session) send(keys string) {
	s.t.Helper()
	if _, err := s.keys.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

// end returns how it ended, and fails where that took longer than allowed.
func (s *session) end(within time.Duration) error {
	s.t.Helper()
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case err := <-s.ended:
		return err
	case <-late.C:
		s.t.Fatalf("it did not end within %v", within)
		return nil
	}
}

// isGivenBack fails unless the terminal is as it was.
func (s *session) isGivenBack() {
	s.t.Helper()
	after, err := term.GetState(s.tty.Fd())
	if err != nil {
		s.t.Fatal(err)
	}
	if *after != *s.before {
		s.t.Errorf("the line discipline was %+v and is %+v", s.before, after)
	}
}

func (s *session) leftTheScreen() {
	s.t.Helper()
	s.waitForEnd(ansi.ShowCursor)
	for _, pair := range [][2]string{
		{ansi.SetModeAltScreenSaveCursor, ansi.ResetModeAltScreenSaveCursor},
		{ansi.HideCursor, ansi.ShowCursor},
		{ansi.SetModeBracketedPaste, ansi.ResetModeBracketedPaste},
	} {
		if strings.LastIndex(s.output(), pair[1]) < strings.LastIndex(s.output(), pair[0]) {
			s.t.Errorf("%q was not taken back with %q", pair[0], pair[1])
		}
	}
}

func (s *session) waitForEnd(text string) {
	s.t.Helper()
	for range 200 {
		if strings.HasSuffix(s.output(), text) {
			return
		}
		<-time.After(5 * time.Millisecond)
	}
	s.t.Fatalf("the last that was written is not %q but %q", text, s.output()[max(0, len(s.output())-200):])
}

func TestQuittingGivesTheTerminalBackAndLeavesNothingRunning(t *testing.T) {
	before := goleak.IgnoreCurrent()
	s := connect(t, true, nil)
	s.waitFor("kling")
	s.send("q")
	if err := s.end(time.Second); err != nil {
		t.Error(err)
	}
	s.isGivenBack()
	s.leftTheScreen()
	goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction("errtop/tui.(*session).read"))
}

func TestCancellingGivesTheTerminalBack(t *testing.T) {
	s := connect(t, true, nil)
	s.waitFor("kling")
	s.stop()
	if err := s.end(time.Second); err != nil {
		t.Error(err)
	}
	s.isGivenBack()
	s.leftTheScreen()
}

func TestAPanicGivesTheTerminalBackAndComesOutAsAnError(t *testing.T) {
	var asked atomic.Bool
	for name, change := range map[string]func(*Options){
		"in a command": func(o *Options) { o.Rights.Reload = func() error { panic("ouch") } },
		"in the feed": func(o *Options) {
			o.Rights.Reload = func() error { asked.Store(true); return nil }
			o.Now = func() time.Time {
				if asked.Load() {
					panic("ouch")
				}
				return time.Now()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := connect(t, true, change)
			s.waitFor("kling")
			s.send("\x12")
			s.panicked()
		})
	}
	t.Run("while drawing", func(t *testing.T) {
		s := connect(t, true, nil)
		s.stop()
		if err := <-s.ended; err != nil {
			t.Fatal(err)
		}
		s.leftTheScreen()
		s.mu.Lock()
		s.seen.Reset()
		s.mu.Unlock()
		ctx, cancel := context.WithCancelCause(t.Context())
		o, err := Options{Engine: s.tracker, Environ: []string{}}.withDefaults()
		if err != nil {
			t.Fatal(err)
		}
		f := &feed{ctx: ctx, engine: s.tracker, now: o.Now, refresh: o.Refresh}
		h := newHost(o, f, terminal.Open(s.tty, s.tty, false), colorprofile.TrueColor, cancel)
		h.model.views[0] = broken{h.model.views[0]}
		go func() { s.ended <- h.serve(ctx) }()
		s.panicked()
	})
}

// broken is a view that cannot be drawn.
type broken struct{ view }

func (broken) View(area) { panic("ouch") }

func (s *session) panicked() {
	s.t.Helper()
	var panicked *safego.PanicError
	if err := s.end(3 * time.Second); !errors.As(err, &panicked) || panicked.Value != "ouch" || len(panicked.Stack) == 0 {
		s.t.Errorf("%v", err)
	}
	s.isGivenBack()
	s.leftTheScreen()
}

// wall is a terminal that takes nothing.
type wall struct{ stands chan struct{} }

func (w wall) Write(p []byte) (int, error) {
	<-w.stands
	return len(p), nil
}

func TestATerminalThatDoesNotReadStopsOnlyItself(t *testing.T) {
	keys, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal here: %v", err)
	}
	defer func() { _, _ = keys.Close(), tty.Close() }()
	before, err := term.GetState(tty.Fd())
	if err != nil {
		t.Fatal(err)
	}
	w := wall{make(chan struct{})}
	defer close(w.stands)
	s := &session{t: t, keys: keys, tty: tty, before: before, tracker: tracker.New(tracker.Settings{}), ended: make(chan error, 1)}
	ctx, stop := context.WithCancel(t.Context())
	pictures := make(chan struct{}, 1000)
	o := Options{Engine: s.tracker, Environ: []string{}, Refresh: 100 * time.Millisecond, Now: func() time.Time {
		pictures <- struct{}{}
		return time.Now()
	}}
	go func() { s.ended <- Run(ctx, tty, w, o) }()
	for range 20 { // the dashboard goes on asking for news all the while
		s.record(1000)
		<-pictures
	}
	stop()
	if err := s.end(2 * time.Second); !errors.Is(err, terminal.ErrStuck) {
		t.Errorf("%v instead of %v", err, terminal.ErrStuck)
	}
	s.isGivenBack()
	if got := s.tracker.Snapshot(time.Now()).Overall.Hour.Errors; got != 20_000 {
		t.Errorf("%d of 20000 errors were counted", got)
	}
}

func TestADroppedConnectionEndsTheProgram(t *testing.T) {
	s := connect(t, false, nil)
	buf := make([]byte, 1<<16)
	for !strings.Contains(s.output(), "kling") {
		n, err := s.keys.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		s.seen.Write(buf[:n])
	}
	if err := s.keys.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.end(2 * time.Second); err == nil {
		t.Error("it ended without a word")
	}
}

// A window that is dragged about, to sizes that nobody can look at as well, ends in the right picture.
func TestAThousandResizesEndInTheRightPicture(t *testing.T) {
	s := connect(t, true, nil)
	s.waitFor("ORIGIN")
	for i := range 1000 {
		size := pty.Winsize{Rows: uint16(i * 7 % 60), Cols: uint16(i * 13 % 240)} // 0×0 and 1×1 are among them
		switch i {
		case 100:
			size = pty.Winsize{Rows: 65535, Cols: 65535}
		case 101:
			size = pty.Winsize{Rows: 1, Cols: 1}
		case 999:
			size = pty.Winsize{Rows: 12, Cols: 230}
		}
		if err := pty.Setsize(s.tty, &size); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGWINCH); err != nil {
			t.Fatal(err)
		}
	}
	s.waitFor("7 sources") // there is room for it now
	s.send("q")
	if err := s.end(5 * time.Second); err != nil {
		t.Error(err)
	}
}

func TestAResizeDrawsForTheNewSize(t *testing.T) {
	s := connect(t, true, nil)
	s.waitFor("ORIGIN")
	if err := pty.Setsize(s.tty, &pty.Winsize{Rows: 12, Cols: 230}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGWINCH); err != nil {
		t.Fatal(err)
	}
	s.waitFor("7 sources") // there is room for it now
	s.send("q")
	if err := s.end(time.Second); err != nil {
		t.Error(err)
	}
}

func TestNothingIsSentWhileNothingChanges(t *testing.T) {
	s := terminal.NewScreen([]string{"TERM=xterm-256color"}, colorprofile.TrueColor, false)
	u := visit(t, 120, 40, incident())
	p, _ := u.m.picture()
	if first := len(s.Next(p)); first < 1000 {
		t.Fatalf("the first picture took %d bytes", first)
	}
	if again := s.Next(p); len(again) != 0 {
		t.Errorf("the same picture took %q", again)
	}
	if _, fresh := u.m.picture(); fresh {
		t.Error("there is a fresh picture, and nothing has happened")
	}
}

// The clock is what changes in a calm picture: the bar is 60 bytes a second at 160×45.
func TestTheClockCostsAtMostSixtyBytes(t *testing.T) {
	s := terminal.NewScreen([]string{"TERM=xterm-256color"}, colorprofile.TrueColor, false)
	snap := calm()
	u := visit(t, 160, 45, snap)
	p, _ := u.m.picture()
	s.Next(p)
	most := 0
	for second := range 120 {
		u.m.Update(newsMsg{now: noon.Add(time.Duration(second+1) * time.Second)})
		p, _ := u.m.picture()
		most = max(most, len(s.Next(p)))
	}
	if most > 60 {
		t.Errorf("a second cost %d bytes", most)
	}
	t.Logf("a second cost at most %d bytes", most)
}
