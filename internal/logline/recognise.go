package logline

import "bytes"

// looksAccess reports whether a line is most likely an access log's, and where its time's bracket opens: no other format
// has its time in brackets before a request in quotes.
func looksAccess(line []byte) (open int, likely bool) {
	open = bytes.IndexByte(line, '[')
	return open, open > 0 && open+29 < len(line) && line[open+3] == '/' && line[open+27] == ']' && line[open+29] == '"' && line[0] != '{'
}

// recognise guesses a line's format from its first bytes. It looks at nothing but the line, and W3C's header.
func (d *Decoder) recognise(line []byte) Format {
	switch c := line[0]; {
	case c == '{':
		return JSON
	case c == '#' && !bytes.HasPrefix(line, []byte("#033[")) || d.w3c.active():
		return W3C
	case bytes.HasPrefix(line, []byte("[pid: ")):
		return UWSGI
	case isEnvoy(line):
		return Envoy
	case isALB(line):
		return ALB
	case isISOTime(line):
		return ELB
	case isLogfmt(line):
		return Logfmt
	}
	open := bytes.IndexByte(line, '[')
	if open < 0 || open+28 > len(line) || line[open+3] != '/' {
		return ""
	}
	if line[open+21] == '.' {
		return HAProxy
	}
	return Access
}

// isISOTime reports whether the line starts as RFC 3339 has it.
func isISOTime(line []byte) bool {
	return len(line) > 20 && line[4] == '-' && line[10] == 'T' && line[13] == ':' && line[0]-'0' <= 9
}

// startsKnown reports whether a message starts as the lines of a format do that is known by its start.
func (d *Decoder) startsKnown(text []byte) bool {
	if len(text) < 2 {
		return false
	}
	if _, likely := looksAccess(text); likely {
		return true
	}
	format := d.recognise(text)
	return format != "" && (format != JSON || text[1] == '"')
}

// holdsAccess reports whether a message holds a request in quotes with its protocol and a status right behind: uvicorn's and
// gunicorn's, in the JSON of Python's loggers.
func holdsAccess(text []byte) bool {
	q, ok := findRequest(text, 0)
	return ok && q.quoted && startsStatus(text[q.hi:]) && bytes.Contains(text[q.lo:q.hi], []byte(" HTTP/"))
}

// isMorgan reports whether a message is morgan's tiny or dev line: "GET /orders 500 12 - 3.456 ms", "GET /orders 500 3.456 ms - 12".
func isMorgan(text []byte) bool {
	words := bytes.Fields(text)
	if len(words) != 7 || words[1][0] != '/' || !isStatus(words[2]) {
		return false
	}
	for _, c := range words[0] {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return string(words[4]) == "-" && string(words[6]) == "ms" || string(words[4]) == "ms" && string(words[5]) == "-"
}
