// Package terminal owns one terminal while something is drawn on it: raw mode, size, signals, the fewest bytes from one
// picture to the next, and the way back to how it was.
//
// It promises that nothing waits for a terminal that does not read, that newer pictures replace those that were not sent, and
// that the terminal is given back however the program ends. It never asks a terminal anything, and what a terminal says
// unasked never becomes a key. Several terminals may be open in one process; none touches what belongs to another.
package terminal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"errtop/internal/safego"
)

// Terminal draws on a device from Start to Stop. Only one goroutine writes. Pictures are left for it in a place that holds
// one: while the device does not read, newer pictures replace older ones.
type Terminal struct {
	device Device
	screen *Screen
	failed func(error)
	raw    func() error // turns raw mode off again

	mu    sync.Mutex // over Start and Stop
	taken bool

	next chan Picture
	quit chan struct{}
	done chan struct{}
	err  error // why writing ended; read after done
}

// New returns a terminal that draws on a device with a screen. It calls failed once nothing can be written any more.
func New(device Device, screen *Screen, failed func(error)) *Terminal {
	return &Terminal{device: device, screen: screen, failed: failed}
}

// How long Stop waits for a terminal to read what is on its way before it gives up: a person who quits over a slow line wants
// the old screen back, and whoever sends a signal wants an end.
const (
	QuitTimeout   = 1500 * time.Millisecond
	SignalTimeout = 400 * time.Millisecond
)

// ErrStuck says that a terminal no longer reads.
var ErrStuck = errors.New("the terminal does not read")

// Start brings the terminal into raw mode, takes the screen over and begins to write.
func (t *Terminal) Start() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	raw, err := t.device.Raw()
	if err != nil {
		return err
	}
	t.raw, t.taken = raw, true
	t.next, t.quit, t.done = make(chan Picture, 1), make(chan struct{}), make(chan struct{})
	group, _ := safego.WithContext(context.Background()) // it ends with quit
	group.Go(func() error {
		defer close(t.done)
		if t.err = safego.Catch(t.write); t.err != nil {
			t.failed(t.err)
		}
		return nil
	})
	return nil
}

func (t *Terminal) write() error {
	if _, err := t.device.Write(t.screen.Enter()); err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	for {
		select {
		case <-t.quit:
			if _, err := t.device.Write(t.screen.Leave()); err != nil {
				return fmt.Errorf("terminal: %w", err)
			}
			return nil
		case p := <-t.next:
			bytes := t.screen.Next(p)
			if len(bytes) == 0 {
				continue
			}
			if _, err := t.device.Write(bytes); err != nil {
				return fmt.Errorf("terminal: %w", err)
			}
		}
	}
}

// tellLimit bounds the sequences that wait for a terminal that does not read, in bytes.
const tellLimit = 1 << 20

// Show leaves a picture to be drawn. It never waits. Only one goroutine may call it, after Start.
func (t *Terminal) Show(p Picture) {
	select {
	case old := <-t.next: // not drawn, but what it had to tell is not lost
		if len(old.Tell) < tellLimit {
			p.Tell = old.Tell + p.Tell
		}
		p.Redraw = p.Redraw || old.Redraw
	default:
	}
	t.next <- p
}

// Stop gives the terminal back; a second call does nothing. A terminal that does not read for so long cannot be told to leave
// the alternate screen: Stop turns raw mode off all the same and returns [ErrStuck]; the goroutine stays with its write.
func (t *Terminal) Stop(timeout time.Duration) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.taken {
		return nil
	}
	t.taken = false
	close(t.quit)
	late := time.NewTimer(timeout)
	defer late.Stop()
	err := ErrStuck
	select {
	case <-t.done:
		err = t.err
	case <-late.C:
	}
	if back := t.raw(); err == nil {
		err = back
	}
	return err
}

// Size returns the size to draw for; see [Bounded].
func (t *Terminal) Size() (w, h int) { return Bounded(t.device.Size()) }
