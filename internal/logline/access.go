package logline

import (
	"bytes"
	"time"
)

// access reads the common and the combined log format of Apache, nginx and similar servers, whose first "[" is at open, -1
// where there is none:
//
//	[vhost[:port]] client ident user [02/Jan/2006:15:04:05 -0700] "GET /path HTTP/1.1" 200 134 ["referer" "agent"] …
//
// More may follow. A number that is named (rt=0.123) or has its unit (Traefik's 12ms) is the request's time; what a bare
// one is, is learned, see [tailUnits].
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
		at := int32(i)                                                     //nolint:gosec // a line is at most 1 MiB
		r.first(FieldMethod, span{lo: at + method.lo, hi: at + method.hi}) // the record has no fields yet
		r.first(FieldPath, span{lo: at + path.lo, hi: at + path.hi})
	} else if bytes.IndexByte(line[i:end], 0x1b) >= 0 {
		return notAccess // coloured
	}
	if !accessHead(line[:open], r) {
		return notAccess
	}
	d.accessTail(line, statusEnd, r)
	return ""
}

const notAccess = "no access log line"

// accessHead reads what precedes the time: client, ident and user, with the virtual host before them where the
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
				ends[words] = i //nolint:gosec // words is in range
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
	if words < 3 {
		return false
	}
	user := ends[1] + 1
	if r.Has(FieldHost) { // the virtual host stands before the client
		user += bytes.IndexByte(head[user:], ' ') + 1
	}
	if string(head[user:]) != "- " {
		r.putText(FieldUser, user, len(head)-1)
	}
	return true
}

// accessTail reads what follows the status: bytes, then quoted and bare words in any order.
func (d *Decoder) accessTail(line []byte, i int, r *Record) {
	if d.plainTail(line, i) {
		return
	}
	var t tail
	quoted := 0
	statusEnd := i
	var third span
	for first := true; i < len(line); first = false {
		for i < len(line) && line[i] == ' ' {
			i++
		}
		if i < len(line) && line[i] == '"' {
			end := quoteEnd(line, i+1)
			if end < 0 {
				break
			}
			switch quoted++; {
			case quoted == 1: // what preceded referer and agent is not a duration, unless its name says so
				t.integers = 0
			case quoted > 2:
				t.word(line, i+1, end, true)
			case quoted == 2:
				t.integers = 0
				r.putText(FieldAgent, i+1, end)
				r.ingress(line, end+1)
			}
			if quoted == 3 {
				third = makeSpan(slot{}, i+1, end, formText)
			}
			i = end + 1
			continue
		}
		end := d.tailWord(line, i, r, &t)
		if !first && end > i {
			t.word(line, i, end, false)
		}
		if quoted == 4 && end == len(line) && bytes.HasSuffix(line, []byte("ms")) {
			r.putWord(FieldService, third) // Traefik's common log format: "router" "server" 12ms
		}
		i = end
	}
	if r.Latency == 0 {
		r.setTail(&t, bodySize(line[statusEnd:]))
	}
}

// setTail takes the request's time from what follows an access line, if it is certain.
func (r *Record) setTail(t *tail, size int64) {
	switch {
	case t.isNamed:
		r.setLatency(t.named, true)
		return
	case t.isWithUnit:
		r.setLatency(t.withUnit, true)
		return
	case !t.isFraction && t.integers != 1:
		return
	}
	number := t.number
	if t.isFraction {
		number = t.fraction
	}
	r.putWord(FieldDuration, number)
	text := number.of(r.line)
	if r.unit = r.learner.tail.number(r, text, t.isFraction, size, r.learner.frozen); r.unit.unit != unitGuess {
		r.setLatency(parseDuration(text, r.unit.unit))
	}
}

// tailWord returns where the bare word at i ends, its value in quotes included. A word that names its value (rt=0.123,
// response_time:0.012, request_id:"8f2c") sets what it names.
func (d *Decoder) tailWord(line []byte, i int, r *Record, t *tail) (end int) {
	end = i
	for end < len(line) && line[end] != ' ' && line[end] != '=' && line[end] != ':' {
		end++
	}
	named := end < len(line) && line[end] != ' ' && end > i && line[i]-'0' > 9 && line[i] != '['
	key := line[i:end]
	value := end + 1
	for end < len(line) && line[end] != ' ' {
		if line[end] == '"' {
			closing := quoteEnd(line, end+1)
			if closing < 0 {
				return len(line)
			}
			if named && end == value {
				d.tailValue(key, value+1, closing, r, t)
				return closing + 1
			}
			end = closing
		}
		end++
	}
	if named && value < end {
		d.tailValue(key, value, end, r, t)
	}
	return end
}

// tailValue takes a named value after an access line.
func (d *Decoder) tailValue(key []byte, lo, hi int, r *Record, t *tail) {
	text := r.line[lo:hi]
	switch string(key) {
	case "rt", "request_time", "req_time", "response_time", "D", "reqtime": // nginx's $request_time, gorouter: seconds with a fraction
		if n, ok := parseDecimal(text); ok && n.fraction {
			t.named, t.isNamed = parseDuration(text, unitSecond)
			return
		}
	}
	switch at := d.json.keys.find(key); at.field {
	case FieldDuration:
		if at.meta.unit() != unitGuess {
			t.named, t.isNamed = parseDurationText(text, at.meta.unit())
		}
	case FieldRequestID, FieldUpstream, FieldHost:
		r.putWord(at.field, makeSpan(at, lo, hi, formText))
	default:
		if string(key) == "vcap_request_id" {
			r.putWord(FieldRequestID, makeSpan(slot{}, lo, hi, formText))
		}
	}
}

// tail is what follows an access line and may be the request's time. What carries its name or unit is taken before bare
// numbers: the first with a fraction, else a whole one, if it is the only one after the agent, or after the length where there is
// no agent.
type tail struct {
	named, withUnit                 time.Duration
	isNamed, isWithUnit, isFraction bool
	fraction, number                span
	integers                        int
}

// word looks at the word line[lo:hi], alone where it is quoted, else with what follows it.
func (t *tail) word(line []byte, lo, hi int, quoted bool) {
	word := line[lo:hi]
	n, ok := parseDecimal(word)
	if !ok {
		if len(word) > 1 && word[0]-'0' <= 9 && !t.isWithUnit && hasTimeUnit(word) {
			t.withUnit, t.isWithUnit = parseDurationText(word, unitMillisecond)
		}
		return
	}
	if unit := firstWord(line[hi:]); !quoted && len(unit) > 0 && hasTimeUnit(append([]byte{'1'}, unit...)) { // 12.3 ms
		if d, ok := durationAt(append(append(append([]byte{}, word...), ' '), unit...), 0, len(word)); ok && !t.isWithUnit {
			t.withUnit, t.isWithUnit = d, true
			return
		}
	}
	switch {
	case n.fraction && !t.isFraction:
		t.fraction, t.isFraction = makeSpan(slot{}, lo, hi, formText), true
	case !n.fraction:
		t.number = makeSpan(slot{}, lo, hi, formText)
		t.integers++
	}
}

// firstWord returns the word that rest starts with after its blank.
func firstWord(rest []byte) []byte {
	word, _, _ := bytes.Cut(bytes.TrimLeft(rest, " "), []byte{' '})
	return word
}

// hasTimeUnit reports whether a number ends with a unit of time.
func hasTimeUnit(word []byte) bool {
	end := len(word)
	for end > 0 && (word[end-1] >= 'a' && word[end-1] <= 'z' || word[end-1] >= 0x80) {
		end--
	}
	switch string(word[end:]) {
	case "s", "ms", "us", "µs", "μs", "ns", "sec", "msec", "usec":
		return end > 0
	}
	return false
}

// plainTail reports whether after the status that ends at i there are but bytes, referer and agent: the common case. It
// remembers the last such referer and agent, since clients rarely come alone.
func (d *Decoder) plainTail(line []byte, i int) bool {
	for i++; i < len(line) && line[i] != ' '; i++ {
	}
	if i+2 >= len(line) || line[i+1] != '"' {
		return i >= len(line)
	}
	if rest := line[i:]; string(rest) == string(d.agent) {
		d.Rec.first(FieldAgent, makeSpan(slot{}, i+d.agentFrom, len(line)-1, formText))
		d.tailRead = true
		return true
	}
	start := i
	end, _ := stringEnd(line, i+2)
	if end < 0 || end+3 >= len(line) || line[end+1] != ' ' || line[end+2] != '"' {
		return false
	}
	agent := end + 3
	if end, _ = stringEnd(line, agent); end != len(line)-1 {
		return false
	}
	d.agent, d.agentFrom = append(d.agent[:0], line[start:]...), agent-start
	d.Rec.putText(FieldAgent, agent, len(line)-1)
	d.tailSender, d.tailRead = d.agentOf(line[agent:len(line)-1]).sender, true
	return true
}

// quoteEnd returns where the quoted text that starts at i (after its quote) has its closing quote, or -1 if it has
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
