package ingest

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"time"

	"errtop/tracker"
)

// certainAfter is how old a file's modification time must be for the next write to change it: some file systems count in
// seconds.
const certainAfter = 2 * time.Second

// look compares what the path names with what is open; it reports whether there is something new to read.
func (f *follower) look(now time.Time) bool {
	if f.rotated && f.now == nil && f.appeared {
		return false
	}
	info, err := os.Stat(f.path)
	if f.now != nil {
		if own, statErr := f.now.file.Stat(); statErr == nil {
			switch {
			case own.Size() < f.now.end():
				f.restart(f.now)
				return true
			case err == nil && os.SameFile(own, info):
				f.missing, f.looked = time.Time{}, time.Now()
				if own.Size() == f.now.end() && f.looked.Sub(own.ModTime()) > certainAfter {
					f.atRest = own
				}
				return false
			case f.rotated:
				f.replaced(now)
				f.pump.health.State = tracker.SourceEnded
				f.pump.report()
				return false
			case err != nil:
				return f.lost(err, now)
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
		f.pump.fail(err) // shown; the next look tries again
		return false
	}
	if f.now != nil {
		f.replaced(now)
	}
	f.between(info, now)
	f.open(file)
	f.looked = time.Now()
	return true
}

// replaced goes on with the file that the path named as one of the old ones.
func (f *follower) replaced(now time.Time) {
	f.now.quiet = now
	f.old, f.now, f.missing = append(f.old, f.now), nil, time.Time{}
}

// lost reads on in a file that the path does not name any more, and lets it go once it was quiet for long enough. It
// reports whether something else came there meanwhile.
func (f *follower) lost(err error, now time.Time) bool {
	if f.between(nil, now) {
		return true
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return false // a folder that cannot be searched for the moment, say
	}
	if f.missing.IsZero() {
		f.missing = now
		return false
	}
	if now.Sub(later(f.missing, f.now.quiet)) < drainFor || f.isFilled(f.now) {
		return false
	}
	f.retire(f.now)
	f.now, f.missing = nil, time.Time{}
	f.pump.health.State, f.pump.health.Problem = tracker.SourceWaiting, ""
	f.pump.report()
	return false
}

// later returns the later of two moments.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// drain reads what still comes to a file that was replaced, and reports whether it is done with it.
func (f *follower) drain(t *tail, now time.Time) bool {
	for f.read(t) > 0 {
		t.quiet = now
	}
	if now.Sub(t.quiet) < drainFor || f.isFilled(t) {
		return false
	}
	f.retire(t)
	return true
}

// isFilled reports whether a part of a file's window is still to be read.
func (f *follower) isFilled(t *tail) bool {
	return slices.ContainsFunc(f.fill, func(s *section) bool { return s.file == t.file })
}

// retire finishes a file.
func (f *follower) retire(t *tail) {
	f.pump.endLine(&t.lines)
	_ = t.file.Close() // only read from
	f.last = Position{Head: markOf(t.head), Offset: t.end()}
	f.retired = append(f.retired[max(0, len(f.retired)-maxRetired+1):], t.head)
}

// isGone reports whether the path names nothing and all that it named was read.
func (f *follower) isGone() bool {
	if f.now != nil || len(f.old) > 0 || len(f.fill) > 0 || f.whole != nil {
		return false
	}
	if f.rotated && f.appeared {
		return true // what stands there now is read as the followed file's
	}
	_, err := os.Stat(f.path)
	return errors.Is(err, fs.ErrNotExist)
}

// nextLook is when to look again where nothing reports a change.
func (f *follower) nextLook(now time.Time) time.Time {
	next := now.Add(f.interval)
	if f.interval > 4*pollTick {
		next = next.Truncate(pollTick) // with others
	}
	for _, t := range f.old {
		next = earlier(next, t.quiet.Add(drainFor))
	}
	if !f.missing.IsZero() && f.now != nil {
		next = earlier(next, later(f.missing, f.now.quiet).Add(drainFor))
	}
	return later(next, now.Add(pollUnwatched))
}

// earlier returns the earlier of two moments.
func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
