package logline

import "bytes"

// access reads the common and the combined log format of Apache, nginx and their kin, whose first "[" is at open, -1
// where there is none:
//
//	[vhost[:port]] client ident user [02/Jan/2006:15:04:05 -0700] "GET /path HTTP/1.1" 200 134 ["referer" "agent"] …
//
// Behind it more may stand; the last part that is a plain number with a fraction is taken for the request's seconds
// (nginx $request_time, also as rt=0.123), a whole number behind the agent for microseconds (Apache %D), a number with
// its unit for what it says (Traefik).
func (d *Decoder) access(line []byte, open int, r *Record) (reason string) {
	if open < 0 || len(line) < open+28 {
		return notAccess
	}
	closing := open + 21 // "[02/Jan/2006:15:04:05]" at least
	if line[closing+6] == ']' {
		closing += 6
	} else if i := bytes.IndexByte(line[closing:min(len(line), closing+20)], ']'); i >= 0 {
		closing += i
	} else {
		return notAccess
	}
	sec, nsec, ok := d.clock.clf(line[open+1 : closing])
	if !ok {
		return "time in brackets not understood"
	}
	i := closing + 2
	if i >= len(line) || line[i] != '"' || line[closing+1] != ' ' {
		return notAccess
	}
	i++
	end := quoteEnd(line, i)
	if end < 0 || end+5 > len(line) || line[end+1] != ' ' {
		return "request in quotes not ended"
	}
	statusEnd := end + 2
	for statusEnd < len(line) && line[statusEnd] != ' ' {
		statusEnd++
	}
	status, ok := parseStatus(line[end+2 : statusEnd])
	if !ok {
		return "no status behind the request"
	}
	r.Sec, r.Nsec, r.HasTime = sec, nsec, true
	r.setStatus(status)
	if method, path, ok := splitRequestLine(line[i:end]); ok {
		r.putText(FieldMethod, i+int(method.lo), i+int(method.hi))
		r.putText(FieldPath, i+int(path.lo), i+int(path.hi))
	}
	if !accessHead(line[:open], r) {
		return notAccess
	}
	d.accessTail(line, statusEnd, r)
	return ""
}

const notAccess = "no access log line"

// accessHead reads what stands before the time: client, ident and user, with the virtual host before them where the
// second word looks like an address. A user may hold blanks.
func accessHead(head []byte, r *Record) bool {
	const anonymous = " - - "
	if n := len(head) - len(anonymous); n > 0 && string(head[n:]) == anonymous && bytes.IndexByte(head, ' ') == n {
		return true // the common case: a client, and nothing else
	}
	words, start := 0, 0
	var ends [2]int
	for i, c := range head {
		if c != ' ' {
			continue
		}
		if i > start {
			if words < len(ends) {
				ends[words] = i
			}
			words++
		}
		start = i + 1
	}
	if words == 4 && bytes.ContainsAny(head[ends[0]:ends[1]], ".:") {
		hostEnd := ends[0]
		if colon := bytes.LastIndexByte(head[:hostEnd], ':'); colon > 0 && digitsEnd(head, colon+1) == hostEnd {
			hostEnd = colon
		}
		r.putText(FieldHost, 0, hostEnd)
	}
	return words >= 3
}

// accessTail reads what stands behind the status: bytes, then quoted and bare words in any order.
func (d *Decoder) accessTail(line []byte, i int, r *Record) {
	if d.plainTail(line, i) {
		return
	}
	first, quoted := true, 0
	var third span
	for i < len(line) {
		for i < len(line) && line[i] == ' ' {
			i++
		}
		if i < len(line) && line[i] == '"' {
			end := quoteEnd(line, i+1)
			if end < 0 {
				return
			}
			if quoted++; quoted > 2 {
				r.tailTime(line[i+1 : end])
			} else if quoted == 2 {
				r.ingress(line, end+1)
			}
			if quoted == 3 {
				third = makeSpan(slot{}, i+1, end, formText)
			}
			i = end + 1
			continue
		}
		end := i
		for end < len(line) && line[end] != ' ' {
			end++
		}
		if !first && end > i {
			r.tailTime(line[i:end])
		}
		if quoted == 4 && end == len(line) && bytes.HasSuffix(line, []byte("ms")) {
			r.putWord(FieldService, third) // Traefik's common log format: "router" "server" 12ms
		}
		first = false
		i = end
	}
}

// plainTail reports whether behind the status that ends at i there are but bytes, referer and agent: the common case. It
// remembers the last such referer and agent, since clients seldom come alone.
func (d *Decoder) plainTail(line []byte, i int) bool {
	for i++; i < len(line) && line[i] != ' '; i++ {
	}
	if i+2 >= len(line) || line[i+1] != '"' {
		return i >= len(line)
	}
	if rest := line[i:]; string(rest) == string(d.agent) {
		return true
	}
	start := i
	end, _ := stringEnd(line, i+2)
	if end < 0 || end+3 >= len(line) || line[end+1] != ' ' || line[end+2] != '"' {
		return false
	}
	if end, _ = stringEnd(line, end+3); end != len(line)-1 {
		return false
	}
	d.agent = append(d.agent[:0], line[start:]...)
	return true
}

// tailTime takes a word behind an access log line for the request's time, if it looks like one.
func (r *Record) tailTime(word []byte) {
	if bytes.HasPrefix(word, []byte("rt=")) {
		word = word[len("rt="):]
	} else if bytes.HasSuffix(word, []byte("ms")) {
		r.setLatency(parseDurationText(word, unitMillisecond))
		return
	} else if r.Latency != 0 {
		return // the first is the request's, later ones are the upstream's
	}
	if n, ok := parseDecimal(word); ok {
		u := unitMicrosecond
		if n.fraction {
			u = unitSecond
		}
		r.setLatency(parseDuration(word, u))
	}
}

// quoteEnd returns where the quoted text that starts at i (behind its quote) has its closing quote, -1 where it has
// none. A backslash takes the meaning from what follows it.
func quoteEnd(b []byte, i int) int {
	for {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return -1
		}
		end := i + n
		back := end
		for back > i && b[back-1] == '\\' {
			back--
		}
		if (end-back)%2 == 0 {
			return end
		}
		i = end + 1
	}
}
