package logline

import (
	"bytes"
	"fmt"
	"time"

	"errtop/tracker"
)

// LineKind is what became of a line.
type LineKind uint8

// The kinds of lines.
const (
	LineResult     LineKind = iota // the record holds a request's outcome
	LineBlank                      // blank, or a directive: nothing to count
	LineUnreadable                 // no decoder understood it
)

// MaxLine bounds a line; what is longer is cut there, counted as unreadable, and the rest skipped.
const MaxLine = 1 << 20

// Decoder reads lines of any format. It keeps what it learned of the lines before only to be faster, so what it says of a
// line does not depend on other lines (but for W3C's header). A decoder serves one goroutine.
type Decoder struct {
	format Format // forced, or "" for any
	clock  clock
	json   *jsonScanner // may serve other decoders too, see Borrow
	w3c    w3cReader
	Format Format // of the line read last, "" where it was none
	target targetRule
	Rec    Record
	agent  []byte // referer and agent of an access log's line before

	clean   []byte                    // the line without colours
	joined  []byte                    // a line put together of several
	pending map[string]pendingRequest // by their tags, until their answers come
	pieces  [2]cutLine                // of long lines that a container runtime cut, by stream
}

// NewDecoder returns a decoder of the options' format, field map and target rule. reference is a moment near the log's
// end, for stamps without a year.
func NewDecoder(o Options, reference time.Time) (*Decoder, error) {
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
	return &Decoder{format: o.Format, target: rule, clock: clock{reference: reference}, json: &jsonScanner{keys: keys}}, nil
}

// Sibling returns a decoder of the same options for another log, whose newest line is of about that time. The two share
// the tables and caches that most of a decoder's memory is, so they serve one goroutine, unless the sibling is lent another
// decoder's with [Decoder.Borrow] before it reads.
func (d *Decoder) Sibling(reference time.Time) *Decoder {
	return &Decoder{format: d.format, target: d.target, clock: clock{reference: reference}, json: d.json}
}

// Borrow makes d use the tables and caches of a decoder of the same options. What d learned of its own log stays its own.
func (d *Decoder) Borrow(from *Decoder) { d.json = from.json }

// Restart makes d ready for another log, whose newest line is of about that time.
func (d *Decoder) Restart(reference time.Time) {
	d.clock.reference, d.w3c = reference, w3cReader{}
	d.pending, d.pieces = nil, [2]cutLine{}
}

// SetReference tells d a moment near the newest line, for stamps without a year.
func (d *Decoder) SetReference(reference time.Time) { d.clock.reference = reference }

// Directive reads a line of W3C's header that holds for the lines to come.
func (d *Decoder) Directive(line []byte) { d.w3c.directive(line) }

// TargetByPath reports whether the record's target depends on nothing but its path.
func (d *Decoder) TargetByPath() bool { return d.target.pathOnly(&d.Rec) }

// Decode reads a line (without its end) into d.Rec. A byte order mark before it and NULs, which a truncated file that is
// written on at its old position begins with, are no part of it.
func (d *Decoder) Decode(line []byte) (v LineKind, reason string) {
	if len(line) > 0 && (line[0] == 0 || line[0] == byteOrderMark[0]) {
		line = TrimStart(line)
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	d.Format = ""
	if d.format == "" && len(line) > 0 && line[0] == '{' { // what wrapped and bare come to, at once
		d.Rec.reset(line)
		if v, reason = d.jsonLine(line, 0); v == LineResult && d.Format == "" {
			d.Format = JSON
		}
		return v, reason
	}
	return d.wrapped(line, 0)
}

// maxWraps is how many wrappings are taken off a line: docker's JSON around syslog's head around a request.
const maxWraps = 3

// wrapped reads a line that may carry something before the request's own line.
func (d *Decoder) wrapped(line []byte, depth int) (v LineKind, reason string) {
	if len(line) == 0 {
		return LineBlank, ""
	}
	d.Rec.reset(line)
	v, reason = d.bare(line, depth)
	if v != LineUnreadable || depth == maxWraps {
		return v, reason
	}
	inner, at, ok := d.clock.unwrap(line)
	if !ok {
		return d.lastResort(line, depth, reason)
	}
	if at.piece != wholeLine {
		if inner, ok = d.join(inner, at); !ok {
			return LineBlank, ""
		}
	}
	if v, reason = d.wrapped(inner, depth+1); v == LineResult && !d.Rec.HasTime && at.known {
		d.Rec.setTime(at.Moment)
	}
	if v == LineUnreadable && depth == 0 {
		return d.lastResort(line, depth, reason)
	}
	return v, reason
}

// lastResort reads a line that was not understood for a reason: without its colours, and then, unless a format is forced, as loosely
// as may be.
func (d *Decoder) lastResort(line []byte, depth int, reason string) (v LineKind, why string) {
	if plain := d.withoutColours(line); len(plain) < len(line) {
		return d.wrapped(plain, depth)
	}
	if d.format != "" || d.w3c.active() {
		return LineUnreadable, reason
	}
	if v, why = d.loose(line, depth); v != LineUnreadable {
		return v, why
	}
	if why != "" && (reason == "" || reason == notConsole) {
		reason = why
	}
	d.Rec.reset(line)
	return LineUnreadable, reason
}

// bare reads a line that starts with the request's own, by what it starts with.
func (d *Decoder) bare(line []byte, depth int) (v LineKind, reason string) {
	format := d.format
	if format == "" {
		if open, likely := looksAccess(line); likely && !d.w3c.active() {
			if reason = d.access(line, open, &d.Rec); reason == "" {
				d.Format = Access
				return LineResult, ""
			}
			d.Rec.reset(line)
		}
		format = d.recognise(line)
	}
	if v, reason = d.readAs(format, line, depth); reason != "" {
		return LineUnreadable, reason
	}
	if v == LineResult && d.Format == "" {
		d.Format = format
	}
	return v, ""
}

// readAs reads a line of a format, or of none that is known.
func (d *Decoder) readAs(format Format, line []byte, depth int) (v LineKind, reason string) {
	switch format {
	case JSON:
		v, reason = d.jsonLine(line, depth)
	case W3C:
		v, reason = d.w3c.read(line, &d.Rec, &d.clock)
	case ELB:
		reason = d.elb(line, &d.Rec)
	case ALB:
		reason = d.alb(line, &d.Rec)
	case UWSGI:
		reason = d.uwsgi(line, &d.Rec)
	case Logfmt:
		reason = d.logfmt(line, &d.Rec)
	case HAProxy:
		reason = d.haproxy(line, &d.Rec)
	case Envoy:
		reason = d.envoy(line, &d.Rec)
	case LTSV:
		reason = d.ltsv(line, &d.Rec)
	case S3:
		reason = d.s3(line, &d.Rec)
	case Squid:
		reason = d.squid(line, &d.Rec)
	case Console:
		v, reason = d.console(line, &d.Rec)
	case Access:
		reason = d.access(line, bytes.IndexByte(line, '['), &d.Rec)
	default:
		if len(bytes.TrimSpace(line)) == 0 {
			return LineBlank, ""
		}
		reason = notConsole
	}
	return v, reason
}

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

// jsonLine reads a line that should be a JSON object. One that carries another line is read as that one.
func (d *Decoder) jsonLine(line []byte, depth int) (v LineKind, reason string) {
	if reason = d.json.scan(line, &d.Rec); reason != "" {
		return LineUnreadable, reason
	}
	if reason = d.Rec.complete(&d.clock); reason == "" {
		return LineResult, ""
	}
	if !d.Rec.Has(FieldLine) || depth == maxWraps {
		return LineUnreadable, reason
	}
	text := d.Rec.Text(FieldLine)
	carried := stamped{piece: lastPiece}
	if len(text) >= dockerPiece && text[len(text)-1] != '\n' {
		carried.piece = firstPiece
	}
	inner, whole := d.join(bytes.Clone(text), carried)
	if !whole {
		return LineBlank, ""
	}
	inner = bytes.TrimRight(inner, "\r\n")
	sec, nsec, known := d.Rec.Sec, d.Rec.Nsec, d.Rec.HasTime
	if v, reason = d.wrapped(inner, depth+1); v == LineResult && !d.Rec.HasTime {
		d.Rec.Sec, d.Rec.Nsec, d.Rec.HasTime = sec, nsec, known
	}
	if v == LineUnreadable {
		return v, "JSON around another line: " + reason
	}
	return v, ""
}

// Location returns the record's path without query and its host.
func (d *Decoder) Location() (path, host []byte) {
	path, host = splitURL(d.Rec.Text(FieldPath))
	if own := d.Rec.Text(FieldHost); len(own) > 0 {
		host = own
	}
	return path, host
}

// TargetName returns the record's target, in dst or in the line.
func (d *Decoder) TargetName(dst []byte) []byte {
	r := &d.Rec
	if len(d.target.parts) == 0 && r.Has(FieldTarget) {
		if name := r.Text(FieldTarget); len(name) > 0 {
			return name
		}
	}
	path, host := d.Location()
	return d.target.name(dst, r, path, host)
}

// Outcome returns what the record is counted under.
func (r *Record) Outcome() tracker.Outcome {
	return tracker.Outcome{Status: int(r.status), Kind: r.Kind}
}
