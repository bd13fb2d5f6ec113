package ingest

import (
	"bytes"

	"errtop/internal/logline"
)

// splitter cuts chunks of a stream into lines. What a chunk leaves unfinished waits for the next. A line beyond maxLine
// is handed over cut and marked, and the rest of it skipped, so memory stays bounded whatever comes. NULs at the start of a
// line are left out.
type splitter struct {
	carry []byte
	skip  bool // within the rest of a cut line
}

// feed calls line for each line that chunk finishes, without its "\n". The slice is the callee's until it returns.
func (s *splitter) feed(chunk []byte, line func(text []byte, tooLong bool)) {
	for {
		if len(s.carry) == 0 && len(chunk) > 0 && chunk[0] == 0 {
			chunk = bytes.TrimLeft(chunk, "\x00")
		}
		n := bytes.IndexByte(chunk, '\n')
		if n < 0 {
			s.keep(chunk, line)
			return
		}
		switch {
		case s.skip:
			s.skip = false
		case len(s.carry)+n > logline.MaxLine:
			s.carry = append(s.carry, chunk[:max(0, logline.MaxLine-len(s.carry))]...)
			line(s.carry, true)
		case len(s.carry) > 0:
			s.carry = append(s.carry, chunk[:n]...)
			line(s.carry, false)
		default:
			line(chunk[:n], false)
		}
		s.carry = s.carry[:0]
		chunk = chunk[n+1:]
	}
}

// keep stores the start of a line whose end has not come.
func (s *splitter) keep(part []byte, line func([]byte, bool)) {
	if s.skip {
		return
	}
	room := logline.MaxLine - len(s.carry)
	if len(part) <= room {
		s.carry = append(s.carry, part...)
		return
	}
	s.carry = append(s.carry, part[:room]...)
	line(s.carry, true)
	s.carry, s.skip = s.carry[:0], true
}

// end hands over the last line, if it had no line end.
func (s *splitter) end(line func([]byte, bool)) {
	if len(s.carry) > 0 {
		line(s.carry, false)
	}
	s.carry, s.skip = nil, false
}
