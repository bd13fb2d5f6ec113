package logline

import (
	"bytes"

	"errtop/tracker"
)

// haproxy reads a line of HAProxy's HTTP log (option httplog) without syslog's head:
//
//	client:port [02/Jan/2006:15:04:05.000] frontend backend/server TR/Tw/Tc/Tr/Ta status bytes - - state … "GET /path HTTP/1.1"
func (d *Decoder) haproxy(line []byte, r *Record) (reason string) {
	open := clfBracket(line)
	if open < 0 {
		return "no time in brackets"
	}
	n := bytes.IndexByte(line[open:], ']')
	if n < 0 || open+n+2 > len(line) {
		return "no time in brackets"
	}
	sec, nsec, ok := d.clock.clf(line[open+1 : open+n])
	if !ok {
		return "time in brackets not understood"
	}
	var word [8]span // frontend, backend/server, timers, status, bytes, two cookies, state
	w := words{line: line, pos: open + n + 1}
	if !w.take(word[:]) {
		return "too few words for HAProxy's HTTP log"
	}
	status, ok := parseStatus(word[3].of(line))
	if !ok || bytes.Count(word[2].of(line), []byte{'/'}) != 4 {
		return "no status where HAProxy's HTTP log has it"
	}
	r.Sec, r.Nsec, r.HasTime = sec, nsec, true
	r.setStatus(status)
	if status == 0 {
		r.Kind = haproxyKind(word[7].of(line))
	}
	timers := word[2].of(line)
	total := bytes.TrimPrefix(timers[bytes.LastIndexByte(timers, '/')+1:], []byte{'+'})
	r.setLatency(parseDuration(total, unitMillisecond))
	r.put(FieldUpstream, word[1])
	backend, _, _ := bytes.Cut(word[1].of(line), []byte{'/'})
	r.putText(FieldService, int(word[1].lo), int(word[1].lo)+len(backend))
	if quote := bytes.IndexByte(line[w.pos:], '"'); quote >= 0 {
		lo := w.pos + quote + 1
		hi := quoteEnd(line, lo)
		if hi < 0 {
			hi = len(line) // HAProxy cuts long lines
		}
		r.putText(FieldRequest, lo, hi)
		r.splitRequest()
	}
	return ""
}

// haproxyKind says from the termination state why no status was sent: its first letter is who ended the session.
func haproxyKind(state []byte) tracker.Kind {
	switch {
	case len(state) == 0:
		return tracker.KindProtocol
	case state[0] == 's' || state[0] == 'c':
		return tracker.KindTimeout
	case state[0] == 'S':
		return tracker.KindConnect
	default:
		return tracker.KindProtocol
	}
}
