package logline

import "bytes"

// keyValues reads the key=value pairs that stand anywhere in a line of text, as loggers write them after a message, in braces,
// after a level: Rust's tracing, zerolog's and logrus' consoles, log4j's structured messages.
//
//	DEBUG request{method=POST uri=/orders}: tower_http::trace: finished processing request latency=12 ms status=500
func (d *Decoder) keyValues(line []byte, r *Record) (reason string) {
	known := 0
	for i := 0; i < len(line); i++ {
		if line[i] != '=' || i == 0 {
			continue
		}
		lo := i
		for lo > 0 && isKeyByte(line[lo-1]) {
			lo--
		}
		if lo == i {
			continue
		}
		at := d.json.keys.find(line[lo:i])
		value, end, ok := looseValue(line, i+1, at)
		if !ok {
			break
		}
		i = max(end-1, i)
		if value.lo == value.hi || at.meta == 0 {
			continue
		}
		if at.field != FieldNone {
			known++
		}
		r.put(at.field, value)
	}
	if known < 2 || !r.Has(FieldStatus) {
		return "no status, so no request"
	}
	if reason = r.complete(&d.clock); reason != "" {
		return reason
	}
	if !r.HasTime {
		if at, _, ok := d.clock.find(line); ok {
			r.setTime(at)
		}
	}
	if !r.Has(FieldPath) {
		if q, ok := findRequest(line, 0); ok {
			r.putRequest(q)
		}
	}
	return ""
}

// isKeyByte reports whether c may stand in a key.
func isKeyByte(c byte) bool { return isWordByte(c) || c == '.' || c == '-' || c == '@' }

// looseValue returns the value that starts at i, and where it ends: quoted, or up to a blank, a comma or a closing bracket. A unit
// of time after a duration belongs to it.
func looseValue(line []byte, i int, at slot) (value span, end int, ok bool) {
	if i < len(line) && line[i] == '"' {
		return logfmtValue(line, i, at)
	}
	end = i
	for end < len(line) && bytes.IndexByte([]byte(" \t,})]|;"), line[end]) < 0 {
		end++
	}
	if at.field == FieldDuration && end+2 < len(line) && line[end] == ' ' {
		unit, _, _ := bytes.Cut(line[end+1:], []byte{' '})
		switch string(bytes.TrimRight(unit, ",})]")) {
		case "ms", "s", "µs", "us", "ns", "μs":
			end += 1 + len(bytes.TrimRight(unit, ",})]"))
		}
	}
	return makeSpan(at, i, end, formText), end, true
}

// isLTSV reports whether the line is labelled tab-separated values (http://ltsv.org): label:value, separated by tabs.
func isLTSV(line []byte) bool {
	colon := bytes.IndexByte(line[:min(len(line), 64)], ':')
	if colon <= 0 || bytes.IndexByte(line, '\t') < colon {
		return false
	}
	for _, c := range line[:colon] {
		if !isKeyByte(c) {
			return false
		}
	}
	return true
}

// ltsv reads a line of labelled tab-separated values. The labels that ltsv.org recommends state their units: reqtime and apptime
// are seconds, reqtime_microsec is microseconds.
func (d *Decoder) ltsv(line []byte, r *Record) (reason string) {
	for i := 0; i < len(line); {
		end := len(line)
		if n := bytes.IndexByte(line[i:], '\t'); n >= 0 {
			end = i + n
		}
		if colon := bytes.IndexByte(line[i:end], ':'); colon > 0 && string(line[i+colon+1:end]) != "-" {
			label := line[i : i+colon]
			at := d.json.keys.find(label)
			switch string(label) {
			case "req":
				at = slot{field: FieldRequest}
			case "reqtime", "request_time":
				at = slot{field: FieldDuration, meta: newMeta(1, unitSecond)}
			case "apptime":
				at = slot{field: FieldDuration, meta: newMeta(31, unitSecond)}
			case "reqtime_microsec":
				at = slot{field: FieldDuration, meta: newMeta(2, unitMicrosecond)}
			case "host": // the client's address, by the recommendation
				at = slot{}
			}
			if at.field != FieldNone {
				lo, hi := i+colon+1, end
				if hi-lo >= 2 && line[lo] == '[' && line[hi-1] == ']' {
					lo, hi = lo+1, hi-1
				}
				r.put(at.field, makeSpan(at, lo, hi, formText))
			}
		}
		i = end + 1
	}
	return r.complete(&d.clock)
}
