package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"errtop/internal/safego"
	"errtop/internal/terminal"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
)

// Run shows the dashboard on the terminal out and reads keys from in, until somebody quits or ctx is done; neither is an
// error. It acts on SIGWINCH and, with the right to suspend, on SIGTSTP; cancel ctx for signals that should end it.
func Run(ctx context.Context, in io.Reader, out io.Writer, o Options) error {
	device := terminal.Open(in, out, o.Rights.Suspend)
	defer device.Close()
	return RunOn(ctx, device, o)
}

// RunOn shows the dashboard on a device until somebody quits or ctx is done; neither is an error. However it ends, and while
// it is suspended, the terminal is given back first; a panic anywhere in it comes out as a [safego.PanicError].
func RunOn(ctx context.Context, device terminal.Device, o Options) error {
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
	depth := terminal.ColorDepth(o.Environ)
	o.Styles = o.Styles.forColors(depth)
	h := newHost(o, &feed{ctx: ctx, engine: o.Engine, changed: changed, notices: notices, now: o.Now, refresh: o.Refresh, alerts: o.Alerting}, device, depth, cancel)
	return h.serve(ctx)
}

// host stands between Bubble Tea's event loop and the terminal. The loop runs without its own renderer: that one wakes up
// for every frame it might have to draw, and waits for a terminal that does not read.
type host struct {
	model    *model
	device   terminal.Device
	terminal *terminal.Terminal
	cancel   context.CancelCauseFunc
}

func newHost(o Options, f *feed, device terminal.Device, depth colorprofile.Profile, cancel context.CancelCauseFunc) *host {
	return &host{
		model: newModel(o, f), device: device, cancel: cancel,
		terminal: terminal.New(device, terminal.NewScreen(o.Environ, depth, o.Mouse), cancel),
	}
}

// loopTimeout is the time for the event loop to end after it was told to.
const loopTimeout = 500 * time.Millisecond

// errHung says that the loop did not end.
var errHung = errors.New("the dashboard does not answer")

// errGone says that nobody can type any more.
var errGone = errors.New("the terminal is gone")

// serve takes the terminal, runs the loop, and gives the terminal back.
func (h *host) serve(ctx context.Context) error {
	h.model.resize(h.terminal.Size())
	h.model.news(h.model.feed.take())
	if err := h.terminal.Start(); err != nil {
		return err
	}
	h.View() // which need not wait for the loop
	ended := make(chan error, 1)
	group, _ := safego.WithContext(ctx) // not waited for: it may hang
	group.Go(func() error {
		ended <- safego.Catch(func() error { return h.run(ctx) })
		return nil
	})
	var err error
	timeout := terminal.QuitTimeout
	select {
	case err = <-ended:
	case <-ctx.Done():
		timeout = terminal.SignalTimeout
		select {
		case err = <-ended:
		case <-time.After(loopTimeout): // a loop that hangs must not keep the terminal
			err = errHung
		}
	}
	if stopped := h.terminal.Stop(timeout); err == nil {
		err = stopped
	}
	if cause := context.Cause(ctx); err == nil && cause != nil && !errors.Is(cause, ctx.Err()) {
		err = cause
	}
	return err
}

func (h *host) run(ctx context.Context) error {
	keys := terminal.NewKeyboard(h.device.Keys(), func(error) { h.cancel(errGone) })
	defer func() { _ = keys.Close() }()
	program := tea.NewProgram(
		h, tea.WithInput(keys), tea.WithOutput(io.Discard), tea.WithEnvironment(h.model.options.Environ),
		tea.WithoutSignalHandler(), tea.WithoutCatchPanics(), tea.WithoutRenderer(), tea.WithFPS(1), tea.WithFilter(h.filter),
		tea.WithWindowSize(h.model.frame.w, h.model.frame.h), tea.WithColorProfile(colorprofile.NoTTY),
	)
	// Quit waits for the key reader to end; cancelling a context given to the program would not.
	defer context.AfterFunc(ctx, program.Quit)()
	if _, err := program.Run(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("dashboard: %w", err)
	}
	return nil
}

// Init starts the commands that deliver messages.
func (h *host) Init() tea.Cmd {
	return tea.Batch(h.guard(h.model.Init()), h.guard(h.nextEvent))
}

// Update passes the message to the model.
func (h *host) Update(msg tea.Msg) (_ tea.Model, cmd tea.Cmd) {
	h.catch(func() {
		_, cmd = h.model.Update(msg)
		cmd = h.guard(cmd)
		switch msg.(type) {
		case sizeMsg, stopMsg:
			cmd = tea.Batch(cmd, h.guard(h.nextEvent))
		}
	})
	return h, cmd
}

// View hands the picture to the terminal.
func (h *host) View() tea.View {
	h.catch(func() {
		if p, fresh := h.model.picture(); fresh {
			h.terminal.Show(p)
		}
	})
	return tea.View{}
}

// catch calls f. A panic in it ends the program in order.
func (h *host) catch(f func()) {
	err := safego.Catch(func() error {
		f()
		return nil
	})
	if err != nil {
		h.cancel(err)
	}
}

// sizeMsg says that the terminal has another size, stopMsg that somebody has asked the process to stop for a while.
type (
	sizeMsg struct{ w, h int }
	stopMsg struct{}
)

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
	if err := h.terminal.Stop(terminal.QuitTimeout); err != nil {
		return err
	}
	if err := h.device.Suspend(job); err != nil {
		return err
	}
	select {
	case <-h.model.feed.ctx.Done(): // told to end meanwhile
		return nil
	default:
	}
	if err := h.terminal.Start(); err != nil {
		return err
	}
	h.model.resize(h.terminal.Size())
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

// nextEvent waits until something happens to the terminal.
func (h *host) nextEvent() tea.Msg {
	switch h.device.Next(h.model.feed.ctx) {
	case terminal.Resized:
		w, height := h.terminal.Size()
		return sizeMsg{w, height}
	case terminal.Stop:
		return stopMsg{}
	default:
		return nil
	}
}
