package logline

import "bytes"

// stamped is a time that stood before a line.
type stamped struct {
	Moment
	known bool
	piece pieceKind
	error bool // from standard error
}

// pieceKind says what part of a line a container runtime has written.
type pieceKind uint8

const (
	wholeLine pieceKind = iota
	firstPiece
	lastPiece
)

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
		if inner, at, ok = c.unwrapSyslog(line); at.known {
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

// unwrapSyslog takes off RFC 3164's head: "Nov 25 03:00:01 host program[pid]: ".
func (c *clock) unwrapSyslog(line []byte) (inner []byte, at stamped, ok bool) {
	if at.Sec, at.known = c.syslog(line[:15]); !at.known {
		return nil, at, false
	}
	rest := line[15:]
	if rest[0] == '.' { // journald and Hubble write fractions
		at.Nsec, rest = fraction(rest)
	}
	if len(rest) < 2 || rest[0] != ' ' {
		return nil, at, false
	}
	inner, ok = afterTag(rest[1:])
	return inner, at, ok
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
	if len(rest) >= 9 && (string(rest[:7]) == "stdout " || string(rest[:7]) == "stderr ") && rest[8] == ' ' { // containerd and CRI-O
		at.error, at.piece = rest[3] == 'e', lastPiece
		if rest[7] == 'P' {
			at.piece = firstPiece
		}
		return rest[9:], at, true
	}
	if tagged, ok := afterTag(rest); ok {
		return tagged, at, true
	}
	// RFC 5424 after its time: host, application, process, message id, structured data.
	if words := bytes.SplitN(rest, []byte{' '}, 5); len(words) == 5 && len(words[2]) > 0 && len(words[4]) > 0 {
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

// afterTag returns what follows syslog's "host program[pid]: ", "program: " or "program[pid]: ".
func afterTag(b []byte) ([]byte, bool) {
	colon := bytes.Index(b[:min(len(b), 120)], []byte(": "))
	if colon <= 0 || colon+2 == len(b) || bytes.ContainsAny(b[:colon], `"={`) || bytes.Count(b[:colon], []byte{' '}) > 1 {
		return nil, false
	}
	return b[colon+2:], true
}

// lastWord returns the letters, digits, "_" and "-" that b ends with.
func lastWord(b []byte) []byte {
	start := len(b)
	for start > 0 {
		c := b[start-1]
		if c != '_' && c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			break
		}
		start--
	}
	return b[start:]
}
