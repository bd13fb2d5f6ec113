package logline

import "bytes"

// stamped is a time that stood before a line.
type stamped struct {
	Moment
	known bool
}

// unwrap takes off what others put before a line, one wrapping at a time: docker compose's "service | ", kubectl's
// "[pod/name/container] ", syslog's head in its three forms, the container runtime's "time stdout F ".
func (c *clock) unwrap(line []byte) (inner []byte, at stamped, ok bool) {
	if line[0] == '<' { // syslog's priority
		if end := bytes.IndexByte(line[:min(len(line), 6)], '>'); end > 1 && digitsEnd(line, 1) == end {
			line = line[end+1:]
			if bytes.HasPrefix(line, []byte("1 ")) {
				line = line[2:]
			}
			if len(line) == 0 {
				return nil, at, false
			}
		}
	}
	switch {
	case isISOTime(line):
		return c.unwrapISO(line)
	case len(line) > 16 && line[3] == ' ' && line[9] == ':':
		if at.Sec, at.known = c.syslog(line[:15]); at.known {
			inner, ok = afterTag(line[16:])
			return inner, at, ok
		}
	case bytes.HasPrefix(line, []byte("[pod/")):
		if end := bytes.Index(line, []byte("] ")); end > 0 {
			return line[end+2:], at, true
		}
	}
	if bar := bytes.IndexByte(line[:min(len(line), 80)], '|'); bar > 1 && bar+2 < len(line) && line[bar-1] == ' ' && line[bar+1] == ' ' {
		if name := bytes.TrimRight(line[:bar], " "); len(lastWord(bytes.ReplaceAll(name, []byte{'.'}, []byte{'_'}))) == len(name) {
			return line[bar+2:], at, true
		}
	}
	return nil, at, false
}

// unwrapISO takes off a time as RFC 3339 has it, and what may follow it.
func (c *clock) unwrapISO(line []byte) (inner []byte, at stamped, ok bool) {
	stamp, rest, ok := bytes.Cut(line, []byte{' '})
	if !ok {
		return nil, at, false
	}
	if at.Sec, at.Nsec, at.known = c.iso(stamp); !at.known {
		return nil, at, false
	}
	for _, stream := range [...]string{"stdout F ", "stderr F ", "stdout P ", "stderr P "} {
		if bytes.HasPrefix(rest, []byte(stream)) {
			return rest[len(stream):], at, true
		}
	}
	if tagged, ok := afterTag(rest); ok {
		return tagged, at, true
	}
	// RFC 5424 behind its time: host, application, process, message id, structured data.
	if words := bytes.SplitN(rest, []byte{' '}, 5); len(words) == 5 {
		if data := words[4]; bytes.HasPrefix(data, []byte("- ")) {
			return data[2:], at, true
		} else if end := bytes.Index(data, []byte("] ")); data[0] == '[' && end > 0 {
			return data[end+2:], at, true
		} else if words[2][0] == '-' || digitsEnd(words[2], 0) == len(words[2]) {
			return data, at, true // Heroku's drains leave the structured data out
		}
	}
	return rest, at, len(rest) > 0
}

// afterTag returns what stands behind syslog's "host program[pid]: ", "program: " or "program[pid]: ".
func afterTag(b []byte) ([]byte, bool) {
	colon := bytes.Index(b[:min(len(b), 120)], []byte(": "))
	if colon <= 0 || colon+2 == len(b) || bytes.ContainsAny(b[:colon], `"={`) || bytes.Count(b[:colon], []byte{' '}) > 1 {
		return nil, false
	}
	return b[colon+2:], true
}
