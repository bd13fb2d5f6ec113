package tui

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"errtop/internal/safego"

	"github.com/charmbracelet/x/term"
)

// terminal owns a terminal from start to stop: raw mode, and the only goroutine that writes. Pictures are left for that
// goroutine in a place that holds one: while the terminal does not read, newer pictures replace older ones, and nobody waits.
type terminal struct {
	in     io.Reader
	out    io.Writer
	screen *screen
	failed func(error) // called where nothing can be written any more
	cooked *term.State // what in was before raw mode; nil where it is no terminal

	mu    sync.Mutex // over start and stop
	taken bool

	next chan picture
	quit chan struct{}
	done chan struct{}
	err  error // why writing ended; read after done
}

// How long a terminal may take to read what is on its way, before it is given up: somebody who quits over a slow line wants
// their screen back, and whoever sends a signal wants an end.
const (
	quitPatience = 1500 * time.Millisecond
	stopPatience = 400 * time.Millisecond
)

// errStuck says that a terminal did not read any more.
var errStuck = errors.New("the terminal does not read")

// start brings the terminal into raw mode and begins to write.
func (t *terminal) start() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f, ok := t.in.(term.File); ok && term.IsTerminal(f.Fd()) {
		state, err := term.MakeRaw(f.Fd())
		if err != nil {
			return fmt.Errorf("the terminal's raw mode: %w", err)
		}
		t.cooked = state
	}
	t.taken = true
	t.next, t.quit, t.done = make(chan picture, 1), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(t.done)
		if t.err = safego.Catch(t.write); t.err != nil {
			t.failed(t.err)
		}
	}()
	return nil
}

func (t *terminal) write() error {
	if _, err := t.out.Write(t.screen.enter()); err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	for {
		select {
		case <-t.quit:
			if _, err := t.out.Write(t.screen.leave()); err != nil {
				return fmt.Errorf("terminal: %w", err)
			}
			return nil
		case p := <-t.next:
			bytes := t.screen.next(p)
			if len(bytes) == 0 {
				continue
			}
			if _, err := t.out.Write(bytes); err != nil {
				return fmt.Errorf("terminal: %w", err)
			}
		}
	}
}

// show leaves a picture to be written. It never waits. Only one goroutine may call it.
func (t *terminal) show(p picture) {
	select {
	case old := <-t.next: // never written: what it had to tell is not lost, within reason
		if len(old.tell) < 1<<20 {
			p.tell = old.tell + p.tell
		}
		p.redraw = p.redraw || old.redraw
	default:
	}
	t.next <- p
}

// stop gives the terminal back, where it is not given back already. A terminal that does not read cannot be told to leave the alternate screen; its line
// discipline is restored all the same, and the goroutine stays with its write.
func (t *terminal) stop(patience time.Duration) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.taken {
		return nil
	}
	t.taken = false
	close(t.quit)
	late := time.NewTimer(patience)
	defer late.Stop()
	err := errStuck
	select {
	case <-t.done:
		err = t.err
	case <-late.C:
	}
	if t.cooked != nil {
		if f, ok := t.in.(term.File); ok {
			if back := term.Restore(f.Fd(), t.cooked); back != nil && err == nil {
				err = fmt.Errorf("terminal: %w", back)
			}
		}
	}
	return err
}

// size returns how large the terminal is, or 80 by 24 where it does not say.
func (t *terminal) size() (w, h int) {
	if f, ok := t.out.(term.File); ok {
		if w, h, err := term.GetSize(f.Fd()); err == nil && w > 0 && h > 0 {
			return w, h
		}
	}
	return 80, 24
}
