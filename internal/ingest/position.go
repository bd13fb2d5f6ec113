package ingest

import (
	"bytes"
	"os"
	"time"
)

// tellPosition tells how far the file was read, unless a part before its end is still to be read.
func (f *follower) tellPosition() {
	if f.pump.sink.Position == nil || len(f.fill) > 0 || f.now == nil || len(f.old) > 0 {
		return
	}
	if at := f.now.unread(); at != f.told && len(f.now.head) > 0 {
		f.pump.sink.Position(f.path, Position{Head: f.now.head, Offset: at})
		f.told = at
	}
}

// resume goes on where an earlier run left the file, and reports whether it could: in the file that the path names now,
// or in one beside it, which is then read to its end before the new one.
func (f *follower) resume() bool {
	if f.options.Resume == nil {
		return false
	}
	at, ok := f.options.Resume(f.path)
	if !ok || len(at.Head) == 0 {
		return false
	}
	if at.fits(f.now.file) {
		f.now.offset = at.Offset
		return true
	}
	for _, path := range f.listings.beside(f.path) {
		file, err := openLog(path)
		if err != nil {
			continue
		}
		if at.fits(file) {
			f.old = append(f.old, &tail{file: file, offset: at.Offset, quiet: time.Now()})
			return true
		}
		_ = file.Close() // only read from
	}
	return false
}

// fits reports whether the position is one of this file.
func (p Position) fits(file *os.File) bool {
	info, err := file.Stat()
	if err != nil || info.Size() < p.Offset {
		return false
	}
	head, err := readAt(file, make([]byte, len(p.Head)), 0)
	return err == nil && bytes.Equal(head, p.Head)
}
