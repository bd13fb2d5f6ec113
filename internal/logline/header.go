package logline

import "bytes"

// Preamble follows W3C's directives through a stream that is decoded in parts, so that each part knows the columns of its
// lines. Streams that don't start with directives cost nothing.
type Preamble struct {
	fields, date []byte
}

// fieldsDirective starts the line that names W3C's columns.
var fieldsDirective = []byte("#Fields:")

// HoldsW3C reports whether a log starts with W3C's directives.
func HoldsW3C(head []byte) bool {
	head = TrimStart(head)
	return len(head) > 0 && head[0] == '#' && bytes.Contains(head, fieldsDirective)
}

// Before returns the directives that hold at the start of a part, and notes those in it.
func (h *Preamble) Before(number uint64, data []byte) [][]byte {
	if number > 0 && h.fields == nil || number == 0 && !HoldsW3C(data[:min(len(data), 64<<10)]) {
		return nil
	}
	hold := [][]byte{h.date, h.fields}
	h.fields = lastDirective(data, fieldsDirective, h.fields)
	h.date = lastDirective(data, []byte("#Date:"), h.date)
	return hold
}

// lastDirective returns a copy of the last line of data that starts with name, otherwise the one before.
func lastDirective(data, name, before []byte) []byte {
	for end := len(data); ; {
		i := bytes.LastIndex(data[:end], name)
		if i < 0 {
			return before
		}
		if i == 0 || data[i-1] == '\n' {
			line, _, _ := bytes.Cut(data[i:], []byte{'\n'})
			return bytes.Clone(bytes.TrimRight(line, "\r"))
		}
		end = i
	}
}

// byteOrderMark begins UTF-8 files of Windows programs.
const byteOrderMark = "\ufeff"

// TrimStart returns b without the NULs and the UTF-8 byte order mark that it starts with.
func TrimStart(b []byte) []byte {
	return bytes.TrimPrefix(bytes.TrimLeft(b, "\x00"), []byte(byteOrderMark))
}
