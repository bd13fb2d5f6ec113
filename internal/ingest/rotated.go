package ingest

import (
	"bytes"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

const (
	maxRetired = 64 // heads kept of files that are done with
	// coarse is by how much a file's stamp may be behind: some file systems count in seconds, and a machine that stands still for a
	// moment stamps files with the time before.
	coarse = 2 * time.Second
)

// rotationSeparators stand between a log's name and the number or date of its rotation.
const rotationSeparators = ".-_"

// isRotation reports whether name is what a rotation calls a log of that path: "access.log.1", "access.log-20260102".
func isRotation(name, path string) bool {
	rest, ok := strings.CutPrefix(name, path)
	return ok && len(rest) > 1 && strings.IndexByte(rotationSeparators, rest[0]) >= 0 && rest[1]-'0' <= 9
}

// rotation is an open file beside the followed one.
type rotation struct {
	file   *os.File
	info   os.FileInfo
	head   []byte
	packed bool // the file is compressed; head is of what it holds
}

// rotations opens the files beside the path, the oldest first, that have a rotation's name and were written since then,
// for which wanted says yes.
func (f *follower) rotations(since time.Time, wanted func(*rotation) bool) []rotation {
	var found []rotation
	for _, path := range f.listings.beside(f.path) {
		if !isRotation(path, f.path) {
			continue
		}
		info, err := os.Stat(path)
		if err != nil || info.ModTime().Before(since.Add(-coarse)) {
			continue
		}
		file, err := openLog(path)
		if err != nil {
			continue
		}
		head, err := readAt(file, make([]byte, headSize), 0)
		if r := (rotation{file: file, info: info, head: head}); err == nil && compressionOf(head) == uncompressed && wanted(&r) {
			found = append(found, r)
			continue
		}
		_ = file.Close() // only read from
	}
	sortByAge(found)
	return found
}

// sortByAge sorts rotations, the oldest first. A file keeps its time when it is compressed.
func sortByAge(list []rotation) {
	slices.SortStableFunc(list, func(a, b rotation) int { return a.info.ModTime().Compare(b.info.ModTime()) })
}

// reach takes up the rotations that hold what the window has from before the file's start, the newest first: whoever
// starts an hour after midnight sees the day, and not an hour. What still comes to them is read as well. oldest is the
// window's start; where it is zero, since the file is new, the newest rotation says how far the window goes.
func (f *follower) reach(oldest time.Time) {
	writtenSince := oldest
	if oldest.IsZero() {
		writtenSince = f.options.oldest(time.Now())
	}
	_ = f.now.sameHead() // a copy of the file is not a rotation of it
	buffer := f.pump.work.chunk()
	f.pump.decoder.LookOnly(true)
	found := f.rotations(writtenSince, func(r *rotation) bool { return !f.knows(r.info, r.head) })
	for _, r := range slices.Backward(found) {
		f.pump.decoder.SetReference(r.info.ModTime())
		preface(r.file, r.info.Size(), f.pump.decoder, buffer)
		newest, ok := newestTime(r.file, r.info.Size(), f.pump.decoder, buffer)
		if ok && oldest.IsZero() {
			oldest = f.options.oldest(newest)
		}
		if !ok || newest.Before(oldest) {
			_ = r.file.Close() // only read from
			continue
		}
		from, to := bisect(r.file, 0, r.info.Size(), oldest, f.pump.decoder, buffer), lastLineEnd(r.file, r.info.Size())
		f.fill = append(f.fill, &section{file: r.file, from: from, to: to})
		f.old = append(f.old, &tail{file: r.file, offset: to, head: r.head, quiet: time.Now()})
		f.pump.health.BytesTotal += to - from
	}
	f.pump.decoder.SetReference(time.Now())
	f.pump.decoder.LookOnly(false)
	f.pump.decoder.ForgetLines()
	slices.Reverse(f.old) // the oldest first
}

// pass notes the rotations that were written just now and are not read, so that they are not taken for such as came later.
func (f *follower) pass() {
	for _, r := range f.rotations(time.Now(), func(r *rotation) bool { return len(r.head) > 0 && !f.knows(r.info, r.head) }) {
		f.retired = append(f.retired, r.head)
		_ = r.file.Close() // only read from
	}
}

// lastLineEnd returns where in a file of that size the last whole line ends, or 0 if there is none near the end.
func lastLineEnd(file io.ReaderAt, size int64) int64 {
	for from := size; from > 0 && size-from < probeLimit; {
		end := from
		from = max(0, from-probeSize)
		data, err := readAt(file, make([]byte, end-from), from)
		if err != nil {
			return 0
		}
		if n := bytes.LastIndexByte(data, '\n'); n >= 0 {
			return from + int64(n) + 1
		}
	}
	return 0
}

// between takes up the files that came and were rotated away between two looks: those that start with other bytes than
// what was read. named is what the path names, or nil if nothing. It reports whether there were any.
func (f *follower) between(named os.FileInfo, now time.Time) bool {
	if f.looked.IsZero() { // nothing was followed before
		return false
	}
	missed := f.rotations(f.looked, func(r *rotation) bool { return !os.SameFile(r.info, named) && !f.knows(r.info, r.head) })
	for _, r := range missed {
		f.old = append(f.old, &tail{file: r.file, quiet: now})
	}
	return len(missed) > 0
}

// copied takes up the copy that was made of a file before it was truncated, where it was left, and reports whether there
// is one: what was written after the last look stands there only.
func (f *follower) copied(t *tail) bool {
	copies := f.rotations(f.looked, func(r *rotation) bool {
		return len(t.head) > 0 && bytes.HasPrefix(r.head, t.head) && r.info.Size() >= t.end() && !f.reads(r.info)
	})
	for i, r := range copies {
		if i < len(copies)-1 {
			_ = r.file.Close() // only read from
			continue
		}
		f.old = append(f.old, &tail{file: r.file, offset: t.offset, reread: t.reread, head: t.head, lines: t.lines, quiet: t.quiet})
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
