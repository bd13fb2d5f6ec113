package logline

import "bytes"

// looseAccess reads an access line in the shapes people configure: anything before the time, the time in brackets in any usual form
// or without them, words between time and request, quotes in the request escaped or not, and the status right after it.
//
//	[steam] 192.0.2.8 / - - - [25/Nov/2026:03:00:02 +0000] "GET /depot/1/chunk HTTP/1.1" 504 182 "-" "Valve/Steam HTTP Client 1.0"
//	192.0.2.1 - - [2026-11-25T03:00:01+00:00] "GET /orders HTTP/1.1" 500 12
//	127.0.0.1 -  25/Nov/2026:03:00:01 +0000 "GET /index.php" 500
func (d *Decoder) looseAccess(line []byte, r *Record) (reason string) {
	at, open, closing, timed := d.bracketTime(line)
	q, ok := findRequest(line, closing)
	for ok && !q.quoted {
		q, ok = findRequest(line, q.hi)
	}
	if !ok {
		if q, ok = emptyRequest(line, closing); !ok || !timed {
			return notAccess
		}
	}
	if !startsStatus(line[q.hi:]) {
		return "no status behind the request"
	}
	status, _ := parseStatus(line[q.hi+1 : q.hi+4])
	if !timed {
		if at, closing, timed = d.clock.find(line[:q.lo]); !timed {
			return notAccess
		}
		open = closing
	}
	r.setTime(at)
	r.setStatus(status)
	if q.path.hi > q.path.lo {
		r.putRequest(q)
	}
	looseHead(line[:open], r)
	d.accessTail(line, q.hi+4, r)
	return ""
}

// bracketTime returns the first moment in brackets, and where it stands; closing is 0 if there is none.
func (d *Decoder) bracketTime(line []byte) (at Moment, open, closing int, ok bool) {
	for i := 0; i < len(line); {
		n := bytes.IndexByte(line[i:], '[')
		if n < 0 {
			break
		}
		i += n + 1
		if at, end, ok := d.clock.momentAt(line[i:], false); ok && i+end < len(line) && (line[i+end] == ']' || line[i+end] == ' ') {
			return at, i - 1, i + end + 1, true
		}
	}
	return at, 0, 0, false
}

// hasCLFBracket reports whether a time as HAProxy and Apache write it stands in brackets somewhere.
func hasCLFBracket(line []byte) bool { return clfBracket(line) >= 0 }

// clfBracket returns where the bracket before "02/Jan/2006:" stands, or -1 if there is none.
func clfBracket(line []byte) int {
	for i := 0; i+14 < len(line); i++ {
		if line[i] == '[' && line[i+3] == '/' && line[i+7] == '/' && line[i+12] == ':' {
			return i
		}
	}
	return -1
}

// emptyRequest finds the quotes of a request that is not one: "-" of a connection that sent nothing, or bytes that are not HTTP.
func emptyRequest(line []byte, from int) (q request, ok bool) {
	n := bytes.IndexByte(line[from:], '"')
	if n < 0 {
		return q, false
	}
	lo := from + n
	end := quoteEnd(line, lo+1)
	if end < 0 || !startsStatus(line[end+1:]) {
		return q, false
	}
	return request{lo: lo, hi: end + 1, quoted: true}, true
}

// looseHead takes the virtual host out of what precedes the time, where one of the first two words is a name with a dot:
// gorouter and Apache's vhost formats have it first, lighttpd second. Addresses, lists of them and identities are not hosts.
func looseHead(head []byte, r *Record) {
	w := words{line: head}
	for range 2 {
		lo, hi, ok := w.next()
		if !ok {
			return
		}
		if name := hostName(head[lo:hi]); len(name) > 0 && bytes.IndexByte(name, '.') > 0 && !bytes.Contains(name, []byte(".serviceaccount.")) && isHostName(name) {
			r.putText(FieldHost, lo, lo+len(name))
			return
		}
	}
}

// isHostName reports whether a name has only what host names may have (RFC 1123), and a letter.
func isHostName(name []byte) bool {
	letters := false
	for _, c := range name {
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			letters = true
		case c >= '0' && c <= '9' || c == '-' || c == '.':
		default:
			return false
		}
	}
	return letters
}
