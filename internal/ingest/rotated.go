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

// between opens the files that came and were rotated away between two looks, the oldest first: those beside the path, with
// a rotation's name, that were written since and start with other bytes than what was read. named is what the path names, nil where nothing. It
// reports whether there were any.
func (f *follower) between(named os.FileInfo, now time.Time) bool {
	if f.looked.IsZero() {
		return false // nothing was followed before
	}
	beside, err := filepath.Glob(globEscape(f.path) + "?[0-9]*")
	if err != nil {
		return false // the path is no pattern once it is escaped
	}
	type missed struct {
		*tail
		at time.Time
	}
	var found []missed
	for _, path := range beside {
		info, err := os.Stat(path)
		if err != nil || !isRotation(path, f.path) || info.ModTime().Before(f.looked.Add(-coarse)) || os.SameFile(info, named) {
			continue
		}
		file, err := openLog(path)
		if err != nil {
			continue
		}
		if head, err := readAt(file, make([]byte, headSize), 0); err != nil || compressionOf(head) != uncompressed || f.knows(info, head) {
			_ = file.Close() // only read from
			continue
		}
		found = append(found, missed{&tail{file: file, quiet: now}, info.ModTime()})
	}
	slices.SortFunc(found, func(a, b missed) int { return a.at.Compare(b.at) })
	for _, t := range found {
		f.old = append(f.old, t.tail)
	}
	return len(found) > 0
}

// knows reports whether a file is being read, or one that starts with the same bytes is or was lately.
func (f *follower) knows(file os.FileInfo, head []byte) bool {
	starts := func(known []byte) bool { return len(known) > 0 && bytes.HasPrefix(head, known) }
	is := func(t *tail) bool {
		info, err := t.file.Stat()
		return starts(t.head) || err == nil && os.SameFile(info, file)
	}
	return f.now != nil && is(f.now) || slices.ContainsFunc(f.old, is) || slices.ContainsFunc(f.retired, starts)
}
