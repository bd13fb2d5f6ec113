package ingest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"errtop/internal/logline"
	"errtop/tracker"
)

const (
	readSize   = 256 << 10
	drainFor   = 10 * time.Second // a replaced file is read until it was quiet for so long: its writer may not have noticed yet
	staleAfter = 5 * time.Minute  // a live log that is silent for longer is stale
	headSize   = 64
)

// follower reads one path, and what stood there before. It serves one goroutine.
type follower struct {
	path    string
	rotated bool // the path is a rotation of another that is followed: what will stand there was read as that one's
	reaches bool // where the window begins before the file, its rotations are read too
	options Options
	pump    *pump
	buffer  []byte

	now      *tail      // what the path names; nil where nothing does
	old      []*tail    // what it named before, oldest first
	fill     []*section // what the window holds beside what comes, the newest first
	looked   time.Time  // when the path last named what is read as now
	retired  [][]byte   // the heads of the newest files that are done with
	told     int64      // the position that was told last
	appeared bool       // the first file was seen: later ones are read from their start
}

// tail is an open file and how far it was read.
type tail struct {
	file   *os.File
	offset int64
	head   []byte // its first bytes, to notice that it was written anew
	lines  splitter
	quiet  time.Time // since when nothing came, for old ones
}

// section is a part of a file that is read beside its end.
type section struct {
	file     *os.File
	from, to int64
	lines    splitter
}

// newFollower returns a follower that has not looked yet.
func newFollower(path string, o Options, sink Sink) (*follower, error) {
	p, err := newPump(path, o, sink)
	if err != nil {
		return nil, err
	}
	return &follower{path: path, options: o, pump: p}, nil
}

// once opens what is no growing file: a pipe, or a compressed file, which are read as streams; with NoFollow any file. It
// reports whether there was such a thing.
func (f *follower) once(ctx context.Context) (streamed bool, err error) {
	info, err := os.Stat(f.path)
	switch {
	case err != nil && !f.options.NoFollow && errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err == nil && info.Mode()&os.ModeNamedPipe != 0:
		// Opened for writing too, so that it does not end when its writer stops.
		file, err := os.OpenFile(f.path, os.O_RDWR, 0)
		if err != nil {
			return true, f.fail(err)
		}
		defer file.Close() //nolint:errcheck // nothing was written
		return true, f.pump.stream(ctx, file)
	}
	file, err := openLog(f.path)
	if err != nil {
		return false, f.fail(err)
	}
	head, err := readAt(file, make([]byte, 4), 0)
	if err == nil && compressionOf(head) != uncompressed {
		defer file.Close() //nolint:errcheck // only read from
		return true, f.pump.stream(ctx, file)
	}
	f.open(file)
	if !f.options.NoFollow {
		return false, nil
	}
	for ctx.Err() == nil && f.step(time.Now()) {
		continue
	}
	f.finish()
	return true, f.pump.verdict()
}

// fail makes an error the source's problem.
func (f *follower) fail(err error) error {
	f.pump.health.State, f.pump.health.Problem = tracker.SourceFailed, logline.SafeLine([]byte(logline.PlainError(err).Error()), logline.MaxMessage)
	f.pump.report()
	return logline.PlainError(err)
}

// open makes file what the path names now. Of the first, only the window is read.
func (f *follower) open(file *os.File) {
	f.now, f.told = &tail{file: file}, 0
	if f.appeared {
		return
	}
	f.appeared = true
	info, err := file.Stat()
	if err != nil || f.resume() {
		return
	}
	f.pump.decoder.SetReference(info.ModTime())
	w := findWindow(file, info.Size(), f.options, f.pump.decoder)
	f.now.offset = w.recent
	if w.start < w.recent {
		f.fill = append(f.fill, &section{file: file, from: w.start, to: w.recent})
	}
	f.pump.health.BytesTotal = info.Size() - w.start
	if f.reaches && w.start == 0 {
		f.reach(w.oldest)
	}
}

// step reads what there is, and reports whether more of what is already there waits.
func (f *follower) step(now time.Time) (more bool) {
	if f.buffer == nil {
		f.buffer = make([]byte, readSize)
	}
	read := false
	for i := 0; i < len(f.old); i++ {
		if f.drain(f.old[i], now) {
			f.old = append(f.old[:i], f.old[i+1:]...)
			i--
		}
	}
	if f.now != nil {
		read = f.read(f.now) > 0
	}
	if len(f.fill) > 0 && !read {
		f.readFill()
		f.look(now) // it may be rotated while a large file is read
		return true
	}
	if !read {
		read = f.look(now)
	}
	if !read {
		f.idle(now)
	}
	f.tellPosition()
	return read
}

// read takes one piece of a file's new bytes and returns how many there were.
func (f *follower) read(t *tail) int {
	if !f.sameHead(t) {
		f.restart(t)
	}
	n, err := t.file.ReadAt(f.buffer, t.offset)
	if n > 0 {
		t.offset += int64(n)
		f.pump.feedFrom(&t.lines, f.buffer[:n], n == len(f.buffer))
	}
	if err != nil && !errors.Is(err, io.EOF) {
		_ = f.fail(err) // shown; the next look tries again
	}
	return n
}

// sameHead reports whether the file still starts with the bytes it started with, and notes them. A truncated file that a
// writer goes on filling at its old position starts with zeros; nothing is read twice for that.
func (f *follower) sameHead(t *tail) bool {
	var b [headSize]byte
	n, err := t.file.ReadAt(b[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return true
	}
	head := b[:n]
	if n >= len(t.head) && (bytes.Equal(head[:len(t.head)], t.head) || len(bytes.Trim(head, "\x00")) == 0) {
		if len(t.head) < n && len(bytes.Trim(head, "\x00")) > 0 {
			t.head = bytes.Clone(head)
		}
		return true
	}
	return n == 0 && t.offset == 0
}

// restart reads a file that was truncated from its start, after what its copy has more than was read of it.
func (f *follower) restart(t *tail) {
	if !f.copied(t) {
		f.pump.endLine(&t.lines)
	}
	f.fill = slices.DeleteFunc(f.fill, func(s *section) bool { return s.file == t.file })
	t.offset, t.head = 0, nil
	_ = f.sameHead(t)
}

// readFill takes one piece of what the window holds beside what comes.
func (f *follower) readFill() {
	s := f.fill[0]
	n, err := s.file.ReadAt(f.buffer[:min(int64(len(f.buffer)), s.to-s.from)], s.from)
	s.from += int64(n)
	f.pump.feedFrom(&s.lines, f.buffer[:n], s.from < s.to)
	if n == 0 || err != nil && !errors.Is(err, io.EOF) || s.from >= s.to {
		f.pump.endLine(&s.lines)
		f.fill = f.fill[1:]
	}
}

// look compares what the path names with what is open; it reports whether there is something new to read.
func (f *follower) look(now time.Time) bool {
	if f.rotated && f.now == nil && f.appeared {
		return false
	}
	info, err := os.Stat(f.path)
	if f.now != nil {
		if own, statErr := f.now.file.Stat(); statErr == nil {
			switch {
			case own.Size() < f.now.offset:
				f.restart(f.now)
				return true
			case err == nil && os.SameFile(own, info):
				f.looked = time.Now()
				return false
			case f.rotated:
				f.now.quiet = now
				f.old, f.now = append(f.old, f.now), nil
				f.pump.health.State = tracker.SourceEnded
				f.pump.report()
				return false
			case err != nil:
				return f.between(nil, now)
			}
		}
	}
	var file *os.File
	if err == nil {
		file, err = openLog(f.path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		f.pump.health.State, f.pump.health.Problem = tracker.SourceWaiting, ""
		return false
	}
	if err != nil {
		_ = f.fail(err) // shown; the next look tries again
		return false
	}
	if f.now != nil {
		f.now.quiet = now
		f.old = append(f.old, f.now)
	}
	f.between(info, now)
	f.open(file)
	f.looked = time.Now()
	return true
}

// drain reads what still comes to a file that was replaced, and reports whether it is done with it.
func (f *follower) drain(t *tail, now time.Time) bool {
	for f.read(t) > 0 {
		t.quiet = now
	}
	if now.Sub(t.quiet) < drainFor || slices.ContainsFunc(f.fill, func(s *section) bool { return s.file == t.file }) {
		return false
	}
	f.retire(t)
	return true
}

// retire finishes a file.
func (f *follower) retire(t *tail) {
	f.pump.endLine(&t.lines)
	_ = t.file.Close() // only read from
	f.retired = append(f.retired[max(0, len(f.retired)-maxRetired+1):], t.head)
}

// idle notes that there is nothing to read.
func (f *follower) idle(now time.Time) {
	h := &f.pump.health
	before, problem := h.State, h.Problem
	switch {
	case f.now == nil: // look said what is wrong
	case h.Results == 0 && h.Unreadable > 0: // the pump said so
	case h.State == tracker.SourceReading && h.Live && now.Sub(h.LastSeen) > staleAfter:
		h.State = tracker.SourceStale
	case h.State == tracker.SourceWaiting || h.State == tracker.SourceFailed:
		h.State, h.Problem = tracker.SourceReading, ""
	}
	if h.BytesTotal != 0 || h.State != before || h.Problem != problem {
		h.BytesTotal = 0 // all that was there is read
		f.pump.report()
	}
}

// finish reads the last line, if it had no end, and tells that nothing more comes.
func (f *follower) finish() {
	for _, t := range f.old {
		f.pump.endLine(&t.lines)
	}
	if f.now != nil {
		f.pump.endLine(&f.now.lines)
	}
	f.pump.end(tracker.SourceEnded, "")
}

// close closes the files.
func (f *follower) close() {
	for _, t := range f.old {
		_ = t.file.Close() // only read from
	}
	if f.now != nil {
		_ = f.now.file.Close() // only read from
	}
}
