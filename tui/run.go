package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"errtop/internal/safego"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
)

// Run shows the dashboard on the terminal out and reads keys from in, until somebody quits or ctx is done; neither is an
// error. It acts on SIGWINCH and SIGTSTP; cancel ctx for those that should end it. However it ends, and while it is suspended,
// the terminal is given back first; a panic anywhere in it comes out as a [safego.PanicError].
func Run(ctx context.Context, in io.Reader, out io.Writer, o Options) error {
	o, err := o.withDefaults()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	changed, unwatch := o.Engine.Watch()
	defer unwatch()
	notices, unsubscribe := o.subscribe()
	defer unsubscribe()
	heard := watchSignals(o.Rights.Suspend)
	defer heard.close()
	depth := colorDepth(o.Environ)
	o.Styles = o.Styles.forColors(depth)
	h := &host{
		model:    newModel(o, &feed{ctx: ctx, engine: o.Engine, changed: changed, notices: notices, now: o.Now, refresh: o.Refresh}),
		terminal: &terminal{in: in, out: out, screen: newScreen(o.Environ, depth, o.Mouse), failed: cancel},
		cancel:   cancel, signals: heard,
	}
	return h.serve(ctx)
}

// host stands between Bubble Tea's event loop and the terminal. The loop runs without its own renderer: that one wakes up
// for every frame it might have to draw, and waits for a terminal that does not read.
type host struct {
	model    *model
	terminal *terminal
	cancel   context.CancelCauseFunc
	signals  *signals
}

// loopPatience is how long the loop may take to end after it was told to: what it does in one step.
const loopPatience = 500 * time.Millisecond

// errHung says that the loop did not end.
var errHung = errors.New("the dashboard does not answer")

// errGone says that nobody can type any more.
var errGone = errors.New("the terminal is gone")

// serve takes the terminal, runs the loop, and gives the terminal back.
func (h *host) serve(ctx context.Context) error {
	h.model.resize(h.terminal.size())
	h.model.news(h.model.feed.take())
	if err := h.terminal.start(); err != nil {
		return err
	}
	h.View() // which need not wait for the loop
	ended := make(chan error, 1)
	go func() { ended <- safego.Catch(func() error { return h.run(ctx) }) }()
	var err error
	patience := quitPatience
	select {
	case err = <-ended:
	case <-ctx.Done():
		patience = stopPatience
		select {
		case err = <-ended:
		case <-time.After(loopPatience): // a loop that hangs must not keep the terminal
			err = errHung
		}
	}
	if stopped := h.terminal.stop(patience); err == nil {
		err = stopped
	}
	if cause := context.Cause(ctx); err == nil && cause != nil && !errors.Is(cause, ctx.Err()) {
		err = cause
	}
	return err
}

func (h *host) run(ctx context.Context) error {
	in := h.terminal.in
	if f, ok := in.(*os.File); ok {
		in = &keyboard{File: f, gone: func() { h.cancel(errGone) }}
	}
	program := tea.NewProgram(
		h, tea.WithInput(in), tea.WithOutput(io.Discard), tea.WithEnvironment(h.model.options.Environ),
		tea.WithoutSignalHandler(), tea.WithoutCatchPanics(), tea.WithoutRenderer(), tea.WithFPS(1), tea.WithFilter(h.filter),
		tea.WithWindowSize(h.model.frame.w, h.model.frame.h), tea.WithColorProfile(colorprofile.NoTTY),
	)
	// Quitting lets the program wait for its reader of keys, which a context given to it would not.
	defer context.AfterFunc(ctx, program.Quit)()
	if _, err := program.Run(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("dashboard: %w", err)
	}
	return nil
}

// Init starts what brings messages.
func (h *host) Init() tea.Cmd {
	return tea.Batch(h.guard(h.model.Init()), h.guard(h.nextSize), h.guard(h.nextStop))
}

// Update hands the message on.
func (h *host) Update(msg tea.Msg) (_ tea.Model, cmd tea.Cmd) {
	h.catch(func() {
		_, cmd = h.model.Update(msg)
		cmd = h.guard(cmd)
		switch msg.(type) {
		case tea.WindowSizeMsg:
			cmd = tea.Batch(cmd, h.guard(h.nextSize))
		case stopMsg:
			cmd = tea.Batch(cmd, h.guard(h.nextStop))
		}
	})
	return h, cmd
}

// View leaves the picture for the terminal.
func (h *host) View() tea.View {
	h.catch(func() {
		if p, fresh := h.model.picture(); fresh {
			h.terminal.show(p)
		}
	})
	return tea.View{}
}

// catch calls f; a panic in it ends the program in order.
func (h *host) catch(f func()) {
	err := safego.Catch(func() error {
		f()
		return nil
	})
	if err != nil {
		h.cancel(err)
	}
}

// stopMsg says that somebody has sent SIGTSTP.
type stopMsg struct{}

// filter suspends the program. Bubble Tea's own way would wait for ever where the kernel does not stop it.
func (h *host) filter(_ tea.Model, msg tea.Msg) tea.Msg {
	_, asked := msg.(stopMsg)
	if _, pressed := msg.(tea.SuspendMsg); !pressed && !asked {
		return msg
	}
	if err := h.suspend(!asked); err != nil {
		h.cancel(err)
		return nil
	}
	if asked {
		return msg
	}
	return tea.ResumeMsg{}
}

// suspend gives the terminal back, stops, and takes the terminal again when continued.
func (h *host) suspend(job bool) error {
	if err := h.terminal.stop(quitPatience); err != nil {
		return err
	}
	if err := h.signals.pause(job); err != nil {
		return err
	}
	select {
	case <-h.model.feed.ctx.Done(): // told to end meanwhile
		return nil
	default:
	}
	if err := h.terminal.start(); err != nil {
		return err
	}
	h.model.resize(h.terminal.size())
	h.model.redraw = true
	return nil
}

// guard keeps a panic in a command from ending the process with the terminal in raw mode.
func (h *host) guard(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		h.catch(func() { msg = cmd() })
		if batch, ok := msg.(tea.BatchMsg); ok {
			for i := range batch {
				batch[i] = h.guard(batch[i])
			}
		}
		return msg
	}
}

// nextSize waits until the terminal's size has changed.
func (h *host) nextSize() tea.Msg {
	select {
	case <-h.model.feed.ctx.Done():
		return nil
	case <-h.signals.resized:
		w, height := h.terminal.size()
		return tea.WindowSizeMsg{Width: w, Height: height}
	}
}

// nextStop waits until somebody asks to stop for a while.
func (h *host) nextStop() tea.Msg {
	select {
	case <-h.model.feed.ctx.Done():
		return nil
	case <-h.signals.stops:
		return stopMsg{}
	}
}

// keyboard is the terminal read from; it tells when there is nothing more to read.
type keyboard struct {
	*os.File
	gone func()
}

// Read reads keys.
func (k *keyboard) Read(p []byte) (int, error) {
	n, err := k.File.Read(p)
	if err != nil || n == 0 && len(p) > 0 {
		k.gone()
	}
	return n, err //nolint:wrapcheck // it stands for the file
}
