package ingest

import (
	"bytes"
	"fmt"
	"time"

	"errtop/tracker"
)

// verdict is what became of a line.
type verdict uint8

const (
	verdictResult     verdict = iota // the record holds a request's outcome
	verdictNothing                   // blank, or a directive: nothing to count
	verdictUnreadable                // no decoder understood it
)

// maxLine bounds a line; what is longer is cut there, counted as unreadable, and the rest skipped.
const maxLine = 1 << 20

// decoder reads lines of any format. It keeps what it learned of the lines before only to be faster, so what it says of a
// line does not depend on other lines (but for W3C's header). A decoder serves one goroutine.
type decoder struct {
	format Format // forced, or "" for any
	clock  clock
	json   jsonScanner
	w3c    w3cReader
	found  Format // of the line read last, "" where it was none
	target targetRule
	rec    record
	agent  []byte // referer and agent of an access log's line before
}

// newDecoder returns a decoder of the options' format, field map and target rule. reference is a moment near the log's
// end, for stamps without a year.
func newDecoder(o Options, reference time.Time) (*decoder, error) {
	keys, err := newKeyTable(o.Fields)
	if err != nil {
		return nil, err
	}
	rule, err := parseTarget(o.Target)
	if err != nil {
		return nil, err
	}
	if !o.Format.known() {
		return nil, fmt.Errorf("format %q: known are %s", o.Format, formatList())
	}
	return &decoder{format: o.Format, target: rule, clock: clock{reference: reference}, json: jsonScanner{keys: keys}}, nil
}

// decode reads a line (without its end) into d.rec.
func (d *decoder) decode(line []byte) (v verdict, reason string) {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	d.found = ""
	if d.format == "" && len(line) > 0 && line[0] == '{' { // what wrapped and bare come to, at once
		d.rec.reset(line)
		if v, reason = d.jsonLine(line, 0); v == verdictResult && d.found == "" {
			d.found = JSON
		}
		return v, reason
	}
	return d.wrapped(line, 0)
}

// maxWraps is how many wrappings are taken off a line: docker's JSON around syslog's head around a request.
const maxWraps = 3

// wrapped reads a line that may carry something before the request's own line.
func (d *decoder) wrapped(line []byte, depth int) (v verdict, reason string) {
	if len(line) == 0 {
		return verdictNothing, ""
	}
	d.rec.reset(line)
	v, reason = d.bare(line, depth)
	if v != verdictUnreadable || depth == maxWraps {
		return v, reason
	}
	inner, at, ok := d.clock.unwrap(line)
	if !ok {
		return v, reason
	}
	if v, reason = d.wrapped(inner, depth+1); v == verdictResult && !d.rec.hasTime && at.known {
		d.rec.sec, d.rec.nsec, d.rec.hasTime = at.sec, at.nsec, true
	}
	return v, reason
}

// bare reads a line that starts with the request's own, by what it starts with.
func (d *decoder) bare(line []byte, depth int) (v verdict, reason string) {
	format := d.format
	if format == "" {
		if open, likely := looksAccess(line); likely && !d.w3c.active() {
			if reason = d.access(line, open, &d.rec); reason == "" {
				d.found = Access
				return verdictResult, ""
			}
			d.rec.reset(line)
		}
		format = d.recognise(line)
	}
	switch format {
	case JSON:
		v, reason = d.jsonLine(line, depth)
	case W3C:
		v, reason = d.w3c.read(line, &d.rec, &d.clock)
	case ELB:
		reason = d.elb(line, &d.rec)
	case ALB:
		reason = d.alb(line, &d.rec)
	case UWSGI:
		reason = d.uwsgi(line, &d.rec)
	case Logfmt:
		reason = d.logfmt(line, &d.rec)
	case HAProxy:
		reason = d.haproxy(line, &d.rec)
	case Envoy:
		reason = d.envoy(line, &d.rec)
	case Access:
		reason = d.access(line, bytes.IndexByte(line, '['), &d.rec)
	default:
		if len(bytes.TrimSpace(line)) == 0 {
			return verdictNothing, ""
		}
		reason = "no known format"
	}
	if reason != "" {
		return verdictUnreadable, reason
	}
	if v == verdictResult && d.found == "" {
		d.found = format
	}
	return v, ""
}

// looksAccess reports whether a line is most likely an access log's, and where its time's bracket opens: no other format
// has its time in brackets before a request in quotes.
func looksAccess(line []byte) (open int, likely bool) {
	open = bytes.IndexByte(line, '[')
	return open, open > 0 && open+29 < len(line) && line[open+3] == '/' && line[open+27] == ']' && line[open+29] == '"' && line[0] != '{'
}

// recognise guesses a line's format from its first bytes. It looks at nothing but the line, and W3C's header.
func (d *decoder) recognise(line []byte) Format {
	switch c := line[0]; {
	case c == '{':
		return JSON
	case c == '#' || d.w3c.active():
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

// jsonLine reads a line that should be a JSON object. One that carries another line is read as that one.
func (d *decoder) jsonLine(line []byte, depth int) (v verdict, reason string) {
	if reason = d.json.scan(line, &d.rec); reason != "" {
		return verdictUnreadable, reason
	}
	if reason = d.rec.complete(&d.clock); reason == "" {
		return verdictResult, ""
	}
	if !d.rec.has(fieldLine) || depth == maxWraps {
		return verdictUnreadable, reason
	}
	inner := bytes.TrimRight(bytes.Clone(d.rec.text(fieldLine)), "\r\n")
	sec, nsec, known := d.rec.sec, d.rec.nsec, d.rec.hasTime
	if v, reason = d.wrapped(inner, depth+1); v == verdictResult && !d.rec.hasTime {
		d.rec.sec, d.rec.nsec, d.rec.hasTime = sec, nsec, known
	}
	if v == verdictUnreadable {
		return v, "JSON around another line: " + reason
	}
	return v, ""
}

// location returns the record's path without query and its host.
func (d *decoder) location() (path, host []byte) {
	path, host = splitURL(d.rec.text(fieldPath))
	if own := d.rec.text(fieldHost); len(own) > 0 {
		host = own
	}
	return path, host
}

// targetName returns the record's target, in dst or in the line.
func (d *decoder) targetName(dst []byte) []byte {
	r := &d.rec
	if len(d.target.parts) == 0 && r.has(fieldTarget) {
		if name := r.text(fieldTarget); len(name) > 0 {
			return name
		}
	}
	path, host := d.location()
	return d.target.name(dst, r, path, host)
}

// outcome returns what the record is counted under.
func (r *record) outcome() tracker.Outcome {
	return tracker.Outcome{Status: int(r.status), Kind: r.kind}
}
