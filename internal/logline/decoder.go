package logline

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
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
	LineLeftOut                    // a request that is not counted: errtop's own, or a monitor's where these are left out
	LineReason                     // an error log's: says why a request failed that another line counts
	LineRelated                    // only whoever reads such lines in order can say it, see [Decoder.Defer]
)

// MaxLine bounds a line; what is longer is cut there, counted as unreadable, and the rest skipped.
const MaxLine = 1 << 20

// Decoder reads lines of any format. It keeps what it learned of the lines before only to be faster, so what it says of a
// line does not depend on other lines, but for W3C's header, lines that belong together, and what no single line says (see
// [Decoder.Learn]). A decoder serves one goroutine.
type Decoder struct {
	format Format // forced, or "" for any
	clock  clock
	zone   zoneBasis    // of stamps that name none
	json   *jsonScanner // may serve other decoders too, see Borrow
	w3c    w3cReader
	Format Format // of the line read last, "" where it was none
	target targetRule
	users  Users
	sender Sender // of the line read last
	Rec    Record

	noMonitors bool
	ownAgents  []string // of errtop's probes, beside the usual one
	agent      []byte   // referer and agent of an access log's line before
	agentFrom  int      // where in it the agent starts
	tailSender Sender   // that this agent tells
	tailRead   bool     // the line read last has this agent
	related    *relations
	reasons    *Reasons
	shared     bool  // reasons are other decoders' too
	learned    Pairs // what the log has, as far as it was learned from
	looking    bool  // nothing is kept of lines that belong to others
	deferring  bool  // lines of pairs are left to another decoder
	expected   Pairs // of these sorts,
	met        Pairs // and of those that were seen

	vain, vainPause int // attempts to read successes that were in vain, and those that are left out therefore

	mended   []byte // the line read last as JSON, where it was broken
	isMended bool

	clean   []byte                    // the line without colours
	joined  []byte                    // a line put together of several
	pending map[string]pendingRequest // by their tags, until their answers come
	answers bool                      // the line read last is the answer of such a request
	pieces  [2]cutLine                // of long lines that a container runtime cut, by stream

	rejoined   []byte // the line read last, where it was put together of pieces
	rejoinedAt stamped
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
	if o.Users != "" && !slices.Contains(AllUsers(), string(o.Users)) {
		return nil, fmt.Errorf("users %q: known are %s", o.Users, strings.Join(AllUsers(), ", "))
	}
	d := newDecoder(o.Format, rule, &jsonScanner{keys: keys}, reference)
	d.users, d.noMonitors, d.ownAgents = o.Users, o.NoMonitors, o.OwnAgents
	return d, d.setZone(o.Zone)
}

// Sibling returns a decoder of the same options for another log, whose newest line is of about that time. The two share
// the tables and caches that most of a decoder's memory is, so they serve one goroutine, unless the sibling is lent another
// decoder's with [Decoder.Borrow] before it reads.
func (d *Decoder) Sibling(reference time.Time) *Decoder {
	sibling := newDecoder(d.format, d.target, d.json, reference)
	sibling.users, sibling.noMonitors, sibling.ownAgents = d.users, d.noMonitors, d.ownAgents
	if d.zone == zoneSet {
		sibling.clock.local, sibling.zone = d.clock.local, zoneSet
	}
	return sibling
}

func newDecoder(format Format, target targetRule, json *jsonScanner, reference time.Time) *Decoder {
	d := &Decoder{format: format, target: target, clock: clock{reference: reference}, json: json}
	d.Rec.learner = &unitLearner{tail: &tailUnits{}}
	d.reasons = NewReasons()
	return d
}

// Borrow makes d use the tables and caches of a decoder of the same options. What d learned of its own log stays its own.
func (d *Decoder) Borrow(from *Decoder) { d.json = from.json }

// Restart makes d ready for another log, whose newest line is of about that time.
func (d *Decoder) Restart(reference time.Time) {
	d.clock.reference, d.w3c = reference, w3cReader{}
	d.Rec.learner = &unitLearner{tail: &tailUnits{}}
	if d.zone != zoneSet {
		d.clock.local, d.zone = nil, zoneAssumed
	}
	d.pending, d.pieces = nil, [2]cutLine{}
	d.related, d.learned, d.deferring = nil, 0, false
	if !d.shared {
		d.reasons = NewReasons()
	}
}

// SetReference tells d a moment near the newest line, for stamps without a year.
func (d *Decoder) SetReference(reference time.Time) { d.clock.reference = reference }

// Directive reads a line of W3C's header that holds for the lines to come.
func (d *Decoder) Directive(line []byte) { d.w3c.directive(line) }

// TargetByPath reports whether the record's target depends on nothing but its path.
func (d *Decoder) TargetByPath() bool { return d.sender != SenderMonitor && d.target.pathOnly(&d.Rec) }

// Decode reads a line (without its end) into d.Rec. A byte order mark before it and NULs, which a truncated file that is
// written on at its old position begins with, are not part of it.
func (d *Decoder) Decode(line []byte) (v LineKind, reason string) {
	if len(line) > 0 && (line[0] == 0 || line[0] == byteOrderMark[0]) {
		line = TrimStart(line)
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	d.start()
	if d.format == "" && len(line) > 0 && line[0] == '{' { // what wrapped and bare come to, at once
		d.Rec.reset(line)
		if v, reason = d.jsonLine(line, 0); v == LineResult && d.Format == "" {
			d.Format = JSON
		}
	} else {
		v, reason = d.wrapped(line, 0)
	}
	return d.decided(line, v, reason)
}

// start forgets what was said of the line before.
func (d *Decoder) start() {
	d.Format = ""
	d.clock.zoneless, d.tailRead, d.answers, d.isMended = false, false, false, false
	if d.rejoined != nil {
		d.rejoined = nil
	}
}

// decided returns what becomes of a line that was read, by who sent its request, and by the lines before it.
func (d *Decoder) decided(line []byte, v LineKind, reason string) (LineKind, string) {
	d.sender = SenderClient
	if v == LineResult {
		if d.Rec.Has(FieldAgent) {
			d.sender = d.tailSender
			if !d.tailRead {
				d.sender = d.agentOf(d.Rec.Text(FieldAgent)).sender
			}
		}
		if d.sender == SenderClient && !d.Rec.Kind.Failed() { // the common case
			return v, reason
		}
	}
	return d.inContext(line, v, reason)
}

// inContext returns what becomes of a line by who sent its request, and by the lines before it.
func (d *Decoder) inContext(line []byte, v LineKind, reason string) (LineKind, string) {
	if v != LineResult {
		if v == LineUnreadable && d.Rec.Has(FieldRequestID) {
			return d.relate(line, v, reason)
		}
		return v, reason
	}
	if d.sender != SenderClient {
		if why := d.leavesOut(); why != "" {
			return LineLeftOut, why
		}
	}
	if d.Rec.Kind.Failed() && (d.Rec.Has(FieldRequestID) || d.Rec.Has(FieldLogger) || d.expected != 0 || d.reasons.Any()) {
		return d.relate(line, v, reason)
	}
	return v, reason
}

// leavesOut says why the request of a sender is not counted, "" where it is.
func (d *Decoder) leavesOut() string {
	switch {
	case d.sender == SenderOwn:
		return "errtop's own probe"
	case d.noMonitors:
		return "a monitor's request"
	}
	return ""
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
	zoneless := d.clock.zoneless // the time before the line, whose own counts where it has one
	d.clock.zoneless = false
	if v, reason = d.wrapped(inner, depth+1); v == LineResult && !d.Rec.HasTime && at.known {
		d.Rec.setTime(at.Moment)
		d.clock.zoneless = zoneless
	}
	if v == LineUnreadable && depth == 0 {
		return d.lastResort(line, depth, reason)
	}
	return v, reason
}

// lastResort reads a line that was not understood for a reason: without its colours, and then, unless a format is forced, as loosely
// as may be.
func (d *Decoder) lastResort(line []byte, depth int, reason string) (v LineKind, why string) {
	if v, why, ok := d.nginxError(line); ok {
		return v, why
	}
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
		if d.mended, d.isMended = mend(d.mended[:0], line); !d.isMended {
			return LineUnreadable, reason
		}
		d.Rec.reset(d.mended)
		if d.json.scan(d.mended, &d.Rec) != "" {
			d.isMended = false
			return LineUnreadable, reason
		}
	}
	return d.scanned(depth)
}

// scanned returns what a JSON object says whose fields stand in d.Rec.
func (d *Decoder) scanned(depth int) (v LineKind, reason string) {
	if reason = d.Rec.complete(&d.clock); d.Rec.Has(FieldStage) && isBeginning(d.Rec.Text(FieldStage)) {
		return LineBlank, ""
	}
	if reason == "" {
		return LineResult, ""
	}
	if depth == maxWraps {
		return LineUnreadable, reason
	}
	return d.carried(depth, reason)
}

// isBeginning reports whether a line says of a request only that it came, or that its answer has begun; another line says how it
// ended.
func isBeginning(stage []byte) bool {
	switch string(stage) {
	case "RequestReceived", "ResponseStarted", "REQUEST": // Kubernetes' audit log, Cilium's Hubble
		return true
	}
	return false
}

// carried reads the line that a JSON object carries, which does not belong to a request, for a reason: any under a key that is made for it, and
// one that starts like no ordinary message under a message's.
func (d *Decoder) carried(depth int, reason string) (v LineKind, why string) {
	text, wrapping := d.Rec.Text(FieldLine), d.Rec.Has(FieldLine)
	if !wrapping {
		if text = d.Rec.Text(FieldMessage); !d.startsKnown(text) && !holdsAccess(text) && !isMorgan(text) {
			return LineUnreadable, reason
		}
	} else if d.Rec.span[FieldLine].meta.form() == formRaw {
		if text = bytesOfNumbers(text); text == nil {
			return LineUnreadable, reason
		}
	}
	carried := stamped{Moment: Moment{d.Rec.Sec, d.Rec.Nsec}, known: d.Rec.HasTime, piece: lastPiece}
	if wrapping && len(text) >= dockerPiece && text[len(text)-1] != '\n' {
		carried.piece = firstPiece
	}
	inner, whole := d.join(bytes.Clone(text), carried)
	if !whole {
		return LineBlank, ""
	}
	inner = bytes.TrimRight(inner, "\r\n")
	sec, nsec, known := d.Rec.Sec, d.Rec.Nsec, d.Rec.HasTime
	if wrapping {
		v, why = d.wrapped(inner, depth+1)
	} else {
		d.Rec.reset(inner)
		if v, why = d.bare(inner, depth+1); v == LineUnreadable {
			d.Rec.reset(inner)
			if v, why = d.console(inner, &d.Rec); v == LineResult {
				d.Format = Console
			}
		}
	}
	if v == LineResult && !d.Rec.HasTime {
		d.Rec.Sec, d.Rec.Nsec, d.Rec.HasTime = sec, nsec, known
	}
	if v == LineUnreadable {
		if wrapping {
			reason = "JSON around another line: " + why
		}
		return v, reason
	}
	return v, ""
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

// bytesOfNumbers returns the text that journald writes as an array of its bytes where they are not UTF-8, nil where there is none.
func bytesOfNumbers(raw []byte) []byte {
	out := make([]byte, 0, len(raw)/3)
	for number := range bytes.SplitSeq(bytes.Trim(raw, "[]"), []byte{','}) {
		n, err := strconv.ParseUint(string(bytes.TrimSpace(number)), 10, 8)
		if err != nil {
			return nil
		}
		out = append(out, byte(n))
	}
	return out
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
	if d.sender == SenderMonitor {
		return []byte(MonitorTarget)
	}
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
