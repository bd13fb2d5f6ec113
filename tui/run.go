package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"errtop/internal/safego"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
)

// Run shows the dashboard on the terminal out and reads keys from in, until somebody quits or ctx is done; neither is an
// error. It handles no signals but the one that says the terminal's size has changed: cancel ctx for those that should end
// it. However it ends, the terminal is given back first; a panic anywhere in it comes out as a [safego.PanicError].
func Run(ctx context.Context, in io.Reader, out io.Writer, o Options) error {
	o, err := o.withDefaults()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	changed, unwatch := o.Tracker.Watch()
	defer unwatch()
	resized, deaf := watchSize()
	defer deaf()
	depth := colorDepth(o.Environ)
	o.Styles = o.Styles.forColors(depth)
	h := &host{
		model:    newModel(o, &feed{ctx: ctx, tracker: o.Tracker, changed: changed, now: o.Now, refresh: o.Refresh}),
		terminal: &terminal{in: in, out: out, screen: newScreen(o.Environ, depth, o.Mouse), failed: cancel},
		cancel:   cancel, resized: resized,
	}
	return h.serve(ctx)
}

// host stands between Bubble Tea's event loop and the terminal. The loop runs without its own renderer: that one wakes up
// for every frame it might have to draw, and waits for a terminal that does not read.
type host struct {
	model    *model
	terminal *terminal
	cancel   context.CancelCauseFunc
	resized  <-chan os.Signal
}

// errGone says that nobody can type any more.
var errGone = errors.New("the terminal is gone")

// serve takes the terminal, runs the loop, and gives the terminal back.
func (h *host) serve(ctx context.Context) error {
	h.model.resize(h.terminal.size())
	h.model.news(h.model.feed.take())
	if err := h.terminal.start(); err != nil {
		return err
	}
	err := safego.Catch(func() error { return h.run(ctx) })
	if stopped := h.terminal.stop(); err == nil {
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
	return tea.Batch(h.guard(h.model.Init()), h.guard(h.nextSize))
}

// Update hands the message on.
func (h *host) Update(msg tea.Msg) (_ tea.Model, cmd tea.Cmd) {
	h.catch(func() {
		if _, resumed := msg.(tea.ResumeMsg); resumed {
			h.model.resize(h.terminal.size())
		}
		_, cmd = h.model.Update(msg)
		cmd = h.guard(cmd)
		if _, resized := msg.(tea.WindowSizeMsg); resized {
			cmd = tea.Batch(cmd, h.guard(h.nextSize))
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

// filter gives the terminal back while the program is suspended.
func (h *host) filter(_ tea.Model, msg tea.Msg) tea.Msg {
	switch msg.(type) {
	case tea.SuspendMsg:
		if err := h.terminal.stop(); err != nil {
			h.cancel(err)
			return nil
		}
	case tea.ResumeMsg:
		if err := h.terminal.start(); err != nil {
			h.cancel(err)
			return nil
		}
		h.model.redraw = true
	}
	return msg
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
	case <-h.resized:
		w, height := h.terminal.size()
		return tea.WindowSizeMsg{Width: w, Height: height}
	}
}

// watchSize returns a channel that hears when a terminal's size has changed.
func watchSize() (<-chan os.Signal, func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGWINCH)
	return c, func() { signal.Stop(c) }
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
