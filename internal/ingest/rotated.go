package ingest

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	maxRetired = 64                     // heads kept of files that are done with
	coarse     = 100 * time.Millisecond // file systems stamp files with a clock that is behind by some ticks
)

// isRotation reports whether name is what a rotation calls a log of that path: "access.log.1", "access.log-20260102".
func isRotation(name, path string) bool {
	rest, ok := strings.CutPrefix(name, path)
	return ok && len(rest) > 1 && strings.IndexByte(".-_", rest[0]) >= 0 && rest[1]-'0' <= 9
}

// rotation is an open file beside the followed one.
type rotation struct {
	file *os.File
	info os.FileInfo
	head []byte
}

// rotations opens the files beside the path, the oldest first, that have a rotation's name and were written since the path
// was looked at last, for which wanted says yes.
func (f *follower) rotations(wanted func(*rotation) bool) []rotation {
	beside, err := filepath.Glob(globEscape(f.path) + "?[0-9]*")
	if err != nil || f.looked.IsZero() { // nothing was followed before
		return nil
	}
	var found []rotation
	for _, path := range beside {
		info, err := os.Stat(path)
		if err != nil || !isRotation(path, f.path) || info.ModTime().Before(f.looked.Add(-coarse)) {
			continue
		}
		file, err := openLog(path)
		if err != nil {
			continue
		}
		head, err := readAt(file, make([]byte, headSize), 0)
		if r := (rotation{file, info, head}); err == nil && compressionOf(head) == uncompressed && wanted(&r) {
			found = append(found, r)
			continue
		}
		_ = file.Close() // only read from
	}
	slices.SortFunc(found, func(a, b rotation) int { return a.info.ModTime().Compare(b.info.ModTime()) })
	return found
}

// between takes up the files that came and were rotated away between two looks: those that start with other bytes than
// what was read. named is what the path names, nil where nothing. It reports whether there were any.
func (f *follower) between(named os.FileInfo, now time.Time) bool {
	missed := f.rotations(func(r *rotation) bool { return !os.SameFile(r.info, named) && !f.knows(r.info, r.head) })
	for _, r := range missed {
		f.old = append(f.old, &tail{file: r.file, quiet: now})
	}
	return len(missed) > 0
}

// copied takes up the copy that was made of a file before it was truncated, where it was left, and reports whether there
// is one: what was written after the last look stands there only.
func (f *follower) copied(t *tail) bool {
	copies := f.rotations(func(r *rotation) bool {
		return len(t.head) > 0 && bytes.HasPrefix(r.head, t.head) && r.info.Size() >= t.offset && !f.reads(r.info)
	})
	for i, r := range copies {
		if i < len(copies)-1 {
			_ = r.file.Close() // only read from
			continue
		}
		f.old = append(f.old, &tail{file: r.file, offset: t.offset, head: t.head, lines: t.lines, quiet: t.quiet})
		t.lines = splitter{}
	}
	return len(copies) > 0
}

// reads reports whether a file is open.
func (f *follower) reads(file os.FileInfo) bool {
	is := func(t *tail) bool {
		info, err := t.file.Stat()
		return err == nil && os.SameFile(info, file)
	}
	return f.now != nil && is(f.now) || slices.ContainsFunc(f.old, is)
}

// knows reports whether a file is open, or one that starts with the same bytes is or was lately.
func (f *follower) knows(file os.FileInfo, head []byte) bool {
	starts := func(known []byte) bool { return len(known) > 0 && bytes.HasPrefix(head, known) }
	return f.reads(file) || slices.ContainsFunc(f.retired, starts) || f.now != nil && starts(f.now.head) ||
		slices.ContainsFunc(f.old, func(t *tail) bool { return starts(t.head) })
}
