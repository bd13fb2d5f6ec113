package ingest

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// encoding is how the text of a log is written, by its first bytes.
type encoding uint8

const (
	utf8Text    encoding = iota // and whatever else has ASCII in it
	utf16Little                 // as PowerShell writes by ">"
	utf16Big
)

// encodingOf recognises UTF-16 by its byte order mark, or by the NULs that are every other byte of ASCII text.
func encodingOf(head []byte) encoding {
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		return utf16Little
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return utf16Big
	case len(head) < 4:
		return utf8Text
	case head[0] != 0 && head[1] == 0 && head[2] != 0 && head[3] == 0:
		return utf16Little
	case head[0] == 0 && head[1] != 0 && head[2] == 0 && head[3] != 0:
		return utf16Big
	default:
		return utf8Text
	}
}

// unit returns the first code unit of b.
func (e encoding) unit(b []byte) rune {
	if e == utf16Big {
		return rune(b[0])<<8 | rune(b[1])
	}
	return rune(b[1])<<8 | rune(b[0])
}

// appendUTF8 appends UTF-16 text to dst as UTF-8. used is how much of the text that was: the half of a character at its end
// is left for the next piece.
func (e encoding) appendUTF8(dst, text []byte) (result []byte, used int) {
	for used+2 <= len(text) {
		c := e.unit(text[used:])
		if utf16.IsSurrogate(c) {
			if used+4 > len(text) && c < 0xdc00 {
				break
			}
			if used+4 <= len(text) {
				if pair := utf16.DecodeRune(c, e.unit(text[used+2:])); pair != utf8.RuneError {
					dst = utf8.AppendRune(dst, pair)
					used += 4
					continue
				}
			}
			c = utf8.RuneError
		}
		dst = utf8.AppendRune(dst, c)
		used += 2
	}
	return dst, used
}

// size returns how many bytes of a file some text that was read from it takes there.
func (e encoding) size(text []byte) int64 {
	if e == utf8Text {
		return int64(len(text))
	}
	size := int64(0)
	for len(text) > 0 {
		c, n := utf8.DecodeRune(text)
		size += int64(2 * utf16.RuneLen(c))
		text = text[n:]
	}
	return size
}

// asUTF8 returns r's text as UTF-8.
func asUTF8(r *bufio.Reader) io.Reader {
	if e := encodingOf(peek(r)); e != utf8Text {
		return &utf16Reader{r: r, encoding: e}
	}
	return r
}

// utf16Reader reads UTF-16 as UTF-8.
type utf16Reader struct {
	r        io.Reader
	encoding encoding
	raw      []byte // read, and not converted yet
	text     []byte // converted, and not handed on yet
}

func (u *utf16Reader) Read(b []byte) (int, error) {
	var err error
	for len(u.text) == 0 && err == nil {
		if u.raw == nil {
			u.raw = make([]byte, 0, 32<<10)
		}
		var n, used int
		n, err = u.r.Read(u.raw[len(u.raw):cap(u.raw)])
		u.raw = u.raw[:len(u.raw)+n]
		u.text, used = u.encoding.appendUTF8(u.text[:0], u.raw)
		u.raw = u.raw[:copy(u.raw, u.raw[used:])]
	}
	n := copy(b, u.text)
	u.text = u.text[n:]
	if n > 0 && errors.Is(err, io.EOF) {
		err = nil // comes again
	}
	return n, err
}
