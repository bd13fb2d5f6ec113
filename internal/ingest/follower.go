package ingest

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"errtop/tracker"
)

const (
	drainFor   = 10 * time.Second // a replaced or deleted file is read until it was quiet for so long: its writer may not have noticed yet
	staleAfter = 5 * time.Minute  // a live log that is silent for longer is stale
)

// follower reads one path, and what stood there before. It serves one goroutine at a time, and has a pump with a workspace
// only while it reads.
type follower struct {
	path     string
	rotated  bool // the path is a rotation of another that is followed: what will stand there was read as that one's
	reaches  bool // where the window begins before the file, its rotations are read too
	options  Options
	pump     *pump
	listings *listings

	target   string        // of the path, where it is a symbolic link
	now      *tail         // what the path names; nil if nothing does
	old      []*tail       // what it named before, oldest first
	fill     []*section    // what the window holds beside what comes, the newest first
	whole    *wholeFile    // a compressed file that is being read
	looked   time.Time     // when the path last named what is read as now
	missing  time.Time     // since when the path names nothing, while now is still read; zero where it does
	atRest   os.FileInfo   // the file when all of it was read; nil if that is not sure
	retired  [][]byte      // the heads of the newest files that are done with
	told     Position      // what was told last
	untold   bool          // results were handed over that it does not cover
	appeared bool          // the first file was seen: later ones are read from their start
	last     Position      // where the file was left that was done with last
	finished bool          // nothing more will be read
	problem  error         // why it could not be read; returned with NoFollow
	place    place         // in the schedule and the watch
	interval time.Duration // between looks
}

// begin opens the path for the first time. It reports whether there was something to open; with NoFollow, what is not
// there is a problem.
func (f *follower) begin() bool {
	info, err := os.Stat(f.path)
	switch {
	case err != nil && errors.Is(err, fs.ErrNotExist) && !f.options.NoFollow:
		f.pump.health.State, f.pump.health.Problem = tracker.SourceWaiting, ""
		return false
	case err == nil && info.Mode()&os.ModeNamedPipe != 0:
		f.place.lane = lanePipe
		return true
	}
	file, err := openLog(f.path)
	if err != nil {
		return f.cannotOpen(err)
	}
	info, err = file.Stat()
	if err != nil {
		_ = file.Close() // only read from
		return f.cannotOpen(err)
	}
	head, err := readAt(file, make([]byte, magicSize), 0)
	switch {
	case err != nil:
		_ = file.Close() // only read from
		return f.cannotOpen(err)
	case compressionOf(head) != uncompressed:
		f.whole = &wholeFile{file: file}
		if f.wasRead(file) {
			f.endWhole(io.EOF)
			return false
		}
	case isVirtual(file, info):
		f.whole = &wholeFile{file: file, virtual: true}
	default:
		f.open(file)
		return true
	}
	f.place.lane, f.appeared = laneWhole, true
	return true
}

// cannotOpen makes an error the source's problem. Where files are followed, the next look tries again.
func (f *follower) cannotOpen(err error) bool {
	f.pump.fail(err)
	if f.options.NoFollow {
		f.problem, f.finished = err, true
	}
	return false
}

// open makes file what the path names now. Of the first, only the window is read.
func (f *follower) open(file *os.File) {
	f.now, f.missing = &tail{file: file}, time.Time{}
	f.target = linkTarget(f.path)
	if f.appeared {
		return
	}
	f.appeared = true
	info, err := file.Stat()
	if err != nil || f.resume() {
		return
	}
	f.pump.decoder.SetReference(info.ModTime())
	f.pump.studied = info.Size() > 0
	f.pump.decoder.LookOnly(true)
	w := findWindow(file, info.Size(), f.options, f.pump.decoder, f.pump.work.chunk())
	f.pump.decoder.LookOnly(false)
	f.pump.decoder.ForgetLines()
	f.now.offset = w.recent
	if w.start < w.recent {
		f.fill = append(f.fill, &section{file: file, from: w.start, to: w.recent})
	}
	f.pump.health.BytesTotal = info.Size() - w.start
	if f.reaches && w.start == 0 {
		f.reach(w.oldest)
	}
	f.pass()
}

// linkTarget returns the path that a symbolic link leads to, or "" if path is none.
func linkTarget(path string) string {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		return ""
	}
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return ""
	}
	return target
}

// step reads what there is, and reports whether more of what is already there waits.
func (f *follower) step(now time.Time) (more bool) {
	switch {
	case f.whole != nil:
		return f.readWhole()
	case f.unchanged():
		f.idle(now)
		return false
	case !f.appeared && f.now == nil:
		if !f.begin() || f.now == nil {
			f.pump.report()
			return false
		}
		f.looked = time.Now()
	}
	read := false
	for i := 0; i < len(f.old); i++ {
		if f.drain(f.old[i], now) {
			f.old = append(f.old[:i], f.old[i+1:]...)
			i--
		}
	}
	if f.now != nil {
		if read = f.read(f.now) > 0; read {
			f.now.quiet = now
		}
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

// run takes steps until there is nothing more to read, or for about as long as a reader should keep its workspace.
func (f *follower) run(ctx context.Context, now time.Time) (more bool) {
	const turn = 50 * time.Millisecond
	began := time.Now()
	for more = true; more && ctx.Err() == nil && !f.finished && time.Since(began) < turn; {
		more = f.step(now)
	}
	if !more && f.options.NoFollow && f.place.lane == laneLive && !f.finished && ctx.Err() == nil {
		f.finish()
	}
	return more
}

// rest gives up what is only needed while there is something to read.
func (f *follower) rest() {
	f.pump.giveBack()
	for _, t := range f.old {
		t.rest()
	}
	if f.now != nil {
		f.now.rest()
	}
}

// unchanged reports whether nothing can have happened since the file was read to its end, at the price of one look at the
// path.
func (f *follower) unchanged() bool {
	if f.atRest == nil || len(f.old) > 0 || len(f.fill) > 0 || f.now == nil {
		return false
	}
	info, err := os.Stat(f.path)
	if err == nil && os.SameFile(info, f.atRest) && info.Size() == f.atRest.Size() && info.ModTime().Equal(f.atRest.ModTime()) {
		f.looked = time.Now()
		return true
	}
	f.atRest = nil
	return false
}

// read takes one piece of a file's new bytes and returns how many there were.
func (f *follower) read(t *tail) int {
	if !t.sameHead() {
		f.restart(t)
	}
	if t.reread > 0 {
		if info, err := t.file.Stat(); err == nil && info.Size() <= t.end() {
			return 0
		}
	}
	buffer := f.pump.work.chunk()
	n, err := t.file.ReadAt(buffer, t.offset)
	if err != nil && !errors.Is(err, io.EOF) {
		f.pump.fail(err) // shown; the next look tries again
	}
	text, full := buffer[:n], n == len(buffer)
	if e := t.encoding(); e != utf8Text && n > 0 {
		f.pump.work.text, n = e.appendUTF8(f.pump.work.text[:0], text)
		text = f.pump.work.text
	}
	if n > 0 {
		t.offset += int64(n)
		known := min(t.reread, int64(n))
		t.reread -= known
		f.pump.health.BytesRead += int64(n) - int64(len(text)) - known // the pump counts the text
		f.pump.feedFrom(&t.lines, text, full)
	}
	return n
}

// restart reads a file that was truncated from its start, after what its copy has more than was read of it.
func (f *follower) restart(t *tail) {
	if !f.copied(t) {
		f.pump.endLine(&t.lines)
	}
	f.fill = slices.DeleteFunc(f.fill, func(s *section) bool { return s.file == t.file })
	t.offset, t.reread, t.head = 0, 0, nil
	_ = t.sameHead()
}

// readFill takes one piece of what the window holds beside what comes.
func (f *follower) readFill() {
	s := f.fill[0]
	buffer := f.pump.work.chunk()
	n, err := s.file.ReadAt(buffer[:min(int64(len(buffer)), s.to-s.from)], s.from)
	s.from += int64(n)
	f.pump.feedFrom(&s.lines, buffer[:n], s.from < s.to)
	if n == 0 || err != nil && !errors.Is(err, io.EOF) || s.from >= s.to {
		f.pump.endLine(&s.lines)
		f.fill = f.fill[1:]
	}
}

// idle notes that there is nothing to read.
func (f *follower) idle(now time.Time) {
	f.pump.idle(now)
	h := &f.pump.health
	before, problem := h.State, h.Problem
	switch {
	case f.now == nil: // look said what is wrong
	case h.Results == 0 && f.pump.verdict() != nil: // the pump said so
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
	f.finished, f.problem = true, f.pump.verdict()
}

// close closes the files.
func (f *follower) close() {
	for _, t := range f.old {
		_ = t.file.Close() // only read from
	}
	if f.now != nil {
		_ = f.now.file.Close() // only read from
	}
	if f.whole != nil {
		f.whole.close()
	}
	f.old, f.now, f.whole = nil, nil, nil
}
