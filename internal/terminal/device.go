package terminal

import (
	"context"
	"io"
)

// Device is one terminal as somebody sits before it: what is typed, what is drawn, how large it is. A local one is made by
// [Open]; one at the other end of an SSH channel has its own size and cannot stop this process.
type Device interface {
	io.Writer

	// Keys returns what is typed. It ends with an error or io.EOF when nobody can type any more.
	Keys() io.Reader
	// Size returns columns and rows, zeros where they are not known.
	Size() (w, h int)
	// Raw turns line editing, echo and signals of keys off and returns what turns them on again.
	Raw() (restore func() error, err error)
	// Next waits for the next event. It returns None when ctx is done.
	Next(ctx context.Context) Event
	// Suspend stops the process until somebody continues it. With job it stops the whole foreground job of this terminal, as
	// ctrl+z does in a shell.
	Suspend(job bool) error
}

// Event is something that happened to a terminal beside a key.
type Event uint8

// The events of a terminal.
const (
	None    Event = iota
	Resized       // it has another size
	Stop          // somebody other than the keyboard asks the process to stop for a while
)

// The largest size that is drawn, in columns and rows: more than a wall of screens shows. A terminal that claims to be larger
// is drawn up to here, since every cell costs memory.
const (
	MaxWidth  = 640
	MaxHeight = 240
)

// Bounded returns a size that can be drawn: 80 by 24 where it is not known, at most [MaxWidth] by [MaxHeight].
func Bounded(w, h int) (int, int) {
	if w <= 0 || h <= 0 {
		return 80, 24
	}
	return min(w, MaxWidth), min(h, MaxHeight)
}
