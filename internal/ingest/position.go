package ingest

import (
	"bytes"
	"crypto/sha256"
	"os"
	"slices"
	"time"

	"errtop/tracker"
)

// tellPlaces hands over with the results how far the file was read, if positions are kept.
func (f *follower) tellPlaces() {
	if f.pump.sink.Place == nil {
		return
	}
	f.pump.place = func(results []tracker.Result, exact bool) {
		at := Position{}
		if exact {
			at, exact = f.position()
		}
		if exact && len(results) == 0 && !f.untold && at.equal(f.told) || !exact && len(results) == 0 {
			return
		}
		f.pump.sink.Place(f.path, results, at, exact)
		if f.untold = !exact; exact {
			f.told = at
		}
	}
}

// tellPosition hands over what is there with how far the file was read.
func (f *follower) tellPosition() {
	if f.pump.place != nil && f.pump.work != nil {
		f.pump.hand(true)
	}
}

// position returns how far the file was read; exact is false while a part before its end is still to be read.
func (f *follower) position() (at Position, exact bool) {
	if f.whole != nil || len(f.fill) > 0 {
		return Position{}, false
	}
	for _, t := range f.old {
		if len(t.head) > 0 {
			at.Older = append(at.Older, Position{Head: markOf(t.head), Offset: t.unread()})
		}
	}
	switch {
	case f.now != nil && len(f.now.head) > 0:
		at.Head, at.Offset = markOf(f.now.head), f.now.unread()
	case len(f.last.Head) > 0: // so that it is not read again as a rotation
		at.Older = append(at.Older, f.last)
	}
	return at, true
}

// resume goes on where an earlier run left the file, and reports whether it could: in the file that the path names now, or
// in those beside it, which are then read to their ends before the new one.
func (f *follower) resume() bool {
	if f.options.Resume == nil {
		return false
	}
	at, ok := f.options.Resume(f.path)
	if !ok || len(at.Head) == 0 && len(at.Older) == 0 {
		return false
	}
	_ = f.now.sameHead()
	left := slices.Clone(at.Older)
	found := len(at.Head) > 0 && at.fits(f.now.file)
	if found {
		f.now.offset = at.Offset
	} else if len(at.Head) > 0 {
		left = append(left, Position{Head: at.Head, Offset: at.Offset})
	}
	f.resumeBeside(left, !found)
	f.reaches = false // what was rotated away before was read
	return found || len(f.old) > 0
}

// resumeTries is how often the files beside a path are looked for: they may be renamed meanwhile.
const resumeTries = 5

// resumeBeside goes on in the files beside the path that were left at these positions, the newest last, and with later set in those that came
// after them.
func (f *follower) resumeBeside(left []Position, later bool) {
	if len(left) == 0 {
		return
	}
	for try := 1; ; try++ {
		f.listings.forget(f.path)
		named, err := f.now.file.Stat()
		if err != nil {
			return
		}
		beside := append(f.rotations(time.Time{}, func(r *rotation) bool { return !os.SameFile(r.info, named) }), f.packedRotations()...)
		sortByAge(beside)
		tails, missing := match(beside, left, later)
		if missing == 0 || try == resumeTries {
			f.old = append(f.old, tails...)
			return
		}
		for _, t := range tails {
			_ = t.file.Close() // only read from
		}
	}
}

// match returns the files, the oldest first, that were left at one of the positions, and with later set those after the newest of these; it
// closes the others. It says how many positions are of none.
func match(beside []rotation, left []Position, later bool) (tails []*tail, missing int) {
	var newest time.Time
	places := make([]int, len(beside))
	known := map[int]bool{}
	for i, r := range beside {
		places[i] = slices.IndexFunc(left, func(p Position) bool { return r.fits(&p) })
		if place := places[i]; place >= 0 {
			known[place] = true
			if place == len(left)-1 {
				newest = r.info.ModTime()
			}
		}
	}
	for i := range beside {
		r := &beside[i]
		twice := slices.ContainsFunc(beside[:i], func(b rotation) bool { return os.SameFile(b.info, r.info) })
		t := &tail{quiet: time.Now()}
		switch {
		case twice || places[i] < 0 && (!later || newest.IsZero() || r.info.ModTime().Before(newest.Add(-coarse))):
			_ = r.file.Close() // only read from
			continue
		case places[i] >= 0:
			t.offset = left[places[i]].Offset
		}
		if r.packed && r.unpackFrom(t.offset) != nil {
			_ = r.file.Close() // only read from
			delete(known, places[i])
			continue
		}
		t.file = r.file
		_ = t.sameHead()
		tails = append(tails, t)
	}
	return tails, len(left) - len(known)
}

// resumesBase reports whether a path is a rotation of one that an earlier run left: what it holds was read, or is read as that one's.
func (o *Options) resumesBase(path string) bool {
	if o.Resume == nil {
		return false
	}
	for i := 1; i < len(path)-1; i++ {
		if base := path[:i]; isRotation(path, base) {
			if _, ok := o.Resume(base); ok {
				return true
			}
		}
	}
	return false
}

// wasRead reports whether an earlier run has read a file that is read once.
func (f *follower) wasRead(file *os.File) bool {
	info, err := file.Stat()
	if err != nil {
		return false
	}
	head, err := readAt(file, make([]byte, headSize), 0)
	if err != nil {
		return false
	}
	f.whole.end = Position{Head: markOf(head), Offset: info.Size()}
	if f.options.Resume == nil {
		return false
	}
	at, ok := f.options.Resume(f.path)
	return ok && at.equal(f.whole.end)
}

// markOf returns what a file's first bytes are known by: how many there are, and their hash. What stands there may be secret.
func markOf(head []byte) []byte {
	sum := sha256.Sum256(head)
	return append([]byte{byte(len(head))}, sum[:16]...) //nolint:gosec // at most headSize
}

// fits reports whether the position is one of this file.
func (p *Position) fits(file *os.File) bool {
	info, err := file.Stat()
	if err != nil || info.Size() < p.Offset || len(p.Head) == 0 {
		return false
	}
	head, err := readAt(file, make([]byte, p.Head[0]), 0)
	return err == nil && bytes.Equal(markOf(head), p.Head)
}

// equal reports whether two positions are the same.
func (p *Position) equal(q Position) bool {
	return p.Offset == q.Offset && bytes.Equal(p.Head, q.Head) && slices.EqualFunc(p.Older, q.Older, func(a, b Position) bool { return a.equal(b) })
}
