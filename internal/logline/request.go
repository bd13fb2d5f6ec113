package logline

import "bytes"

// request is a request as it stands somewhere in a line.
type request struct {
	method, path span
	host         span // where it stands apart from the path
	lo, hi       int  // the whole of it, quotes and protocol included
	quoted       bool
}

// findRequest returns the first request that stands in b from a place on: an HTTP method, then a path or an absolute URL, in
// the ways programs part them: "GET /path HTTP/1.1", GET /path, | GET | /path |, POST     "/path", GET https://host/path.
func findRequest(b []byte, from int) (q request, ok bool) {
	for i := from; i < len(b); i++ {
		if b[i] < 'A' || b[i] > 'Z' || i > 0 && (isWordByte(b[i-1]) || b[i-1] == '-' || b[i-1] == '/') {
			continue
		}
		end := i
		for end < len(b) && (b[end] >= 'A' && b[end] <= 'Z' || b[end] == '-') {
			end++
		}
		if isMethod(b[i:end]) {
			if q, ok = requestAt(b, i, end); ok {
				return q, true
			}
		}
		i = end
	}
	return q, false
}

// isMethod reports whether a word is an HTTP method (RFC 9110, RFC 4918 and the ones that servers log beside them).
func isMethod(word []byte) bool {
	switch string(word) {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PURGE", "QUERY", "LINK", "UNLINK",
		"PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH", "MKCALENDAR", "PRI", "VIEW", "BAN":
		return true
	}
	return false
}

// requestAt reads the request whose method stands at lo to hi.
func requestAt(b []byte, lo, hi int) (q request, ok bool) {
	q.method, q.lo = makeSpan(slot{}, lo, hi, formText), lo
	if end, ok := requestQuote(b, lo); ok {
		method, path, ok := splitRequestLine(b[lo:end])
		if !ok || int(method.hi) != hi-lo {
			return q, false
		}
		q.path = makeSpan(slot{}, lo+int(path.lo), lo+int(path.hi), formText)
		q.lo, q.hi, q.quoted = lo-1, end+1, true
		return q, path.hi > path.lo
	}
	i := hi
	for i < len(b) && i < hi+24 && (b[i] == ' ' || b[i] == '\t' || b[i] == '|') {
		i++
	}
	if i == hi {
		return q, false
	}
	scheme := bytes.HasPrefix(b[i:], []byte("http ")) || bytes.HasPrefix(b[i:], []byte("https ")) // Nginx Proxy Manager: GET https host "/path"
	if scheme {
		return proxyManagerRequest(b, q, i)
	}
	stop := []byte(" \t\"|")
	closing := false
	if i < len(b) && b[i] == '"' {
		i++
		stop, closing = []byte{'"'}, true
	}
	if !startsPath(b[i:]) {
		return q, false
	}
	end := len(b)
	if n := bytes.IndexAny(b[i:], string(stop)); n >= 0 {
		end = i + n
	}
	q.hi = end
	if closing {
		q.hi = min(end+1, len(b))
	} else {
		for end > i+1 && bytes.IndexByte([]byte("),:;]"), b[end-1]) >= 0 {
			end--
		}
	}
	q.path = makeSpan(slot{}, i, end, formText)
	q.hi = protocolEnd(b, q.hi)
	return q, true
}

// requestQuote returns where the quoted text that starts before lo ends, and whether there is one. A quote within it may be
// written as \", as "" or not be marked at all, so the protocol before it tells best.
func requestQuote(b []byte, lo int) (end int, ok bool) {
	if lo == 0 || b[lo-1] != '"' {
		return 0, false
	}
	if end = quoteEnd(b, lo); end < 0 {
		return 0, false
	}
	for rest := end; ; {
		if protocol := bytes.LastIndexByte(b[lo:rest], ' '); protocol > 0 && bytes.HasPrefix(b[lo+protocol+1:], []byte("HTTP/")) {
			return rest, true
		}
		next := quoteEnd(b, rest+1)
		if next < 0 || next-lo > 8192 || startsStatus(b[end+1:]) {
			break
		}
		rest = next
	}
	if lo > 1 && b[lo-2] == '\\' && end > lo && b[end-1] == '\\' {
		end--
	}
	return end, true
}

// startsStatus reports whether b starts with a blank and a status.
func startsStatus(b []byte) bool {
	return len(b) >= 4 && b[0] == ' ' && isStatus(b[1:4]) && (len(b) == 4 || !isWordByte(b[4]))
}

// startsPath reports whether b starts with what a request may be for.
func startsPath(b []byte) bool {
	return len(b) > 0 && (b[0] == '/' || bytes.HasPrefix(b, []byte("http://")) || bytes.HasPrefix(b, []byte("https://")) ||
		b[0] == '*' && (len(b) == 1 || b[1] == ' '))
}

// protocolEnd returns where the protocol after a path at i ends: " HTTP/1.1", or i where there is none.
func protocolEnd(b []byte, i int) int {
	rest := b[i:]
	if !bytes.HasPrefix(rest, []byte(" HTTP/")) {
		return i
	}
	end := i + len(" HTTP/")
	for end < len(b) && (b[end] >= '0' && b[end] <= '9' || b[end] == '.') {
		end++
	}
	return end
}

// proxyManagerRequest reads what Nginx Proxy Manager writes: GET https api.example.com "/orders/1".
func proxyManagerRequest(b []byte, q request, i int) (request, bool) {
	w := words{line: b, pos: i}
	var word [3]span // scheme, host, path
	if !w.take(word[:]) || !startsPath(word[2].of(b)) {
		return q, false
	}
	q.host, q.path, q.hi = word[1], word[2], w.pos
	return q, true
}
