package ingest

import (
	"bytes"
	"errors"
	"io"
	"os"
	"time"
)

const (
	headSize = 64
	maxCarry = 4 << 10 // bytes of an unfinished line that are kept while its file is at rest
)

// tail is an open file and how far it was read.
type tail struct {
	file   *os.File
	offset int64
	head   []byte // its first bytes, to notice that it was written anew
	lines  splitter
	reread int64     // bytes behind offset that were read before: of an unfinished line that is not kept
	quiet  time.Time // since when nothing came, for files that were replaced or deleted
}

// encoding is how the file's text is written.
func (t *tail) encoding() encoding { return encodingOf(t.head) }

// unread is where the first line starts that was not read to its end.
func (t *tail) unread() int64 { return t.offset - t.encoding().size(t.lines.carry) }

// end is where reading goes on.
func (t *tail) end() int64 { return t.offset + t.reread }

// rest gives up what is kept of a long unfinished line: it is read again once more of it is there. Buffers belong to files
// that are read, not to all that are followed.
func (t *tail) rest() {
	if len(t.lines.carry) <= maxCarry {
		if cap(t.lines.carry) > maxCarry {
			t.lines.carry = bytes.Clone(t.lines.carry)
		}
		return
	}
	start := t.unread()
	t.reread, t.offset = t.offset-start, start
	t.lines.carry = nil
}

// sameHead reports whether the file still starts with the bytes it started with, and notes them. A truncated file that a
// writer goes on filling at its old position starts with zeros; nothing is read twice for that.
func (t *tail) sameHead() bool {
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

// section is a part of a file that is read beside its end.
type section struct {
	file     *os.File
	from, to int64
	lines    splitter
}
