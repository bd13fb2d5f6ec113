package ingest

import (
	"context"
	"errors"
	"io"
	"os"

	"errtop/internal/safego"
	"errtop/tracker"
)

// wholeFile is a file that is read once, from its start to its end: a compressed one, or one that the system makes up.
type wholeFile struct {
	file    *os.File
	end     Position // of the file as it was when it was opened; zero where that is not known
	virtual bool
	plain   io.Reader // its content unpacked; nil before the first read
	release func()
	read    int // bytes of it
}

// readWhole takes one piece of a file that is read once, and reports whether more waits.
func (f *follower) readWhole() (more bool) {
	w := f.whole
	if w.plain == nil {
		var err error
		if w.plain, w.release, err = unpack(w.file); err != nil {
			f.endWhole(err)
			return false
		}
	}
	buffer, n := f.pump.work.chunk(), 0
	var err error
	for n < len(buffer) && err == nil { // decompressors return small pieces
		var got int
		got, err = w.plain.Read(buffer[n:])
		n += got
	}
	w.read += n
	if n > 0 {
		f.pump.feed(buffer[:n], err == nil)
	}
	if err == nil && w.virtual && w.read > maxLook {
		err = io.EOF // it may never end
	}
	if err != nil {
		f.endWhole(err)
		return false
	}
	return true
}

// endWhole finishes a file that is read once. err says why, io.EOF where all of it was read.
func (f *follower) endWhole(err error) {
	state, problem := tracker.SourceEnded, ""
	if errors.Is(err, io.EOF) {
		err = nil
	} else {
		state, problem = tracker.SourceFailed, problemText(err)
	}
	f.pump.end(state, problem)
	f.finished, f.problem = true, err
	if err == nil {
		f.problem = f.pump.verdict()
	}
	if f.whole.virtual && state == tracker.SourceEnded {
		if h := &f.pump.health; h.Problem == "" {
			h.Problem = virtualNote
		} else {
			h.Problem += "; " + virtualNote
		}
		f.pump.sink.report(&f.pump.health)
	}
	f.whole.close()
	end := f.whole.end
	f.whole = nil
	if f.pump.place != nil {
		f.pump.sink.Place(f.path, nil, end, true)
	}
}

// stream reads a named pipe until ctx is done. An error is a panic of ours.
func (f *follower) stream(ctx context.Context) error {
	// Opened for writing too, so that it does not end when its writer stops.
	file, err := os.OpenFile(f.path, os.O_RDWR, 0)
	if err != nil {
		f.pump.fail(err)
		f.problem = err
		return nil
	}
	defer file.Close() //nolint:errcheck // nothing was written
	space, err := newWorkspace(f.options)
	if err != nil {
		return err
	}
	f.pump.lend(space)
	f.pump.place = nil // a pipe has no position
	f.problem = f.pump.stream(ctx, file)
	f.pump.giveBack()
	if panicked, ok := errors.AsType[*safego.PanicError](f.problem); ok {
		return panicked
	}
	return nil
}

// close releases what reading took.
func (w *wholeFile) close() {
	if w.release != nil {
		w.release()
	}
	_ = w.file.Close() // only read from
}
