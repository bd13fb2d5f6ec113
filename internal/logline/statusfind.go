package logline

import "bytes"

// isStatus reports whether a word is a status that servers send: those that IANA lists, and those of nginx, Cloudflare, AWS,
// IIS and others beside them.
func isStatus(b []byte) bool {
	if len(b) != 3 {
		return false
	}
	status, ok := digits(b)
	switch {
	case !ok:
		return false
	case status >= 200 && status <= 208, status >= 300 && status <= 308, status >= 400 && status <= 418, status >= 421 && status <= 426,
		status >= 500 && status <= 511, status >= 520 && status <= 530, status >= 494 && status <= 499, status >= 100 && status <= 103:
		return true
	}
	switch status {
	case 218, 226, 419, 420, 428, 429, 430, 431, 440, 444, 449, 450, 451, 460, 463, 561, 598, 599, 999:
		return true
	}
	return false
}

// How sure it is that a number is a request's status.
const (
	notStatus     = iota
	standsInLine  // it stands alone somewhere
	standsBehind  // it follows the request
	followsAtOnce // with nothing between the two but punctuation
	isLabelled    // the line calls it the status
)

// findStatus returns the status that a line states of a request: the number that the line calls one, else the one right
// after the request, else one that stands alone behind or before it.
func findStatus(b []byte, q request, head int) (status int32, sure, at int) {
	for i := head; i+3 <= len(b); i++ {
		if i >= q.lo && i < q.hi {
			i = q.hi - 1
			continue
		}
		if !isStatus(b[i:i+3]) || !standsAlone(b, i) {
			continue
		}
		how := standsInLine
		switch {
		case labelled(b[:i]):
			how = isLabelled
		case i < q.hi:
		case len(bytes.Trim(b[q.hi:i], " \t|-\"':,([")) == 0:
			how = followsAtOnce
		default:
			how = standsBehind
		}
		if how > sure || how == standsInLine && how == sure && i < q.lo { // of those before the request the one next to it
			n, _ := parseStatus(b[i : i+3])
			status, sure, at = n, how, i
		}
	}
	return status, sure, at
}

// standsAlone reports whether the three digits at i are a number of their own, and not one with a unit.
func standsAlone(b []byte, i int) bool {
	if i > 0 {
		switch c := b[i-1]; {
		case isWordByte(c), c == '.', c == '-', c == '+', c == '#', c == '/':
			return false
		case c == ':' && i > 1 && b[i-2] >= '0' && b[i-2] <= '9': // a port, a time
			return false
		}
	}
	rest := b[i+3:]
	if len(rest) == 0 {
		return true
	}
	switch c := rest[0]; {
	case isWordByte(c), c == '%', c == '/':
		return false
	case c == '.' || c == '-':
		return len(rest) == 1 || !isWordByte(rest[1])
	case c == ' ':
		return !startsUnit(rest[1:])
	}
	return true
}

// startsUnit reports whether b starts with a word that makes a number before it a quantity.
func startsUnit(b []byte) bool {
	word, _, _ := bytes.Cut(b, []byte{' '})
	switch string(bytes.TrimRight(word, ",;)]")) {
	case "ms", "s", "sec", "µs", "μs", "us", "ns", "bytes", "B", "kB", "KB", "seconds", "milliseconds", "msec", "msecs", "rows":
		return true
	}
	return false
}

// statusLabels are the words before a number that call it a status.
var statusLabels = [...]string{
	"status", "status_code", "statuscode", "code", "completed", "returned", "responded", "response", "sent", "chunked", "result", "http", "finished",
}

// labelled reports whether b ends in a word that calls the number after it a status: `status=`, `returned `, `[`+"500]: " apart.
func labelled(b []byte) bool {
	b = bytes.TrimRight(b, " \t=:\"'(")
	if len(b) > 0 && b[len(b)-1] == '>' { // => 500, -> 500
		return true
	}
	start := len(b)
	for start > 0 && (isWordByte(b[start-1]) || b[start-1] == '/' || b[start-1] == '.') {
		start--
	}
	word := bytes.ToLower(b[start:])
	if bytes.HasPrefix(word, []byte("http/")) { // HTTP/1.1 500, unless it ends the request
		return false
	}
	if string(word) == "with" { // responded with 500
		return labelled(b[:start])
	}
	for _, label := range statusLabels {
		if string(word) == label {
			return true
		}
	}
	return false
}
