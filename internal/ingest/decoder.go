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
	target targetRule
	rec    record
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
	if len(line) == 0 {
		return verdictNothing, ""
	}
	d.rec.reset(line)
	switch {
	case d.format == JSON || d.format == "" && line[0] == '{':
		return d.jsonLine(line)
	default:
		if reason = d.access(line, &d.rec); reason != "" {
			if len(bytes.TrimSpace(line)) == 0 {
				return verdictNothing, ""
			}
			return verdictUnreadable, reason
		}
		return verdictResult, ""
	}
}

// jsonLine reads a line that should be a JSON object.
func (d *decoder) jsonLine(line []byte) (v verdict, reason string) {
	if reason = d.json.scan(line, &d.rec); reason != "" {
		return verdictUnreadable, reason
	}
	if reason = d.rec.complete(&d.clock); reason != "" {
		return verdictUnreadable, reason
	}
	return verdictResult, ""
}

// location returns the record's path without query and its host.
func (d *decoder) location() (path, host []byte) {
	path, host = splitURL(d.rec.text(fieldPath))
	if own := d.rec.text(fieldHost); len(own) > 0 {
		host = own
	}
	return path, host
}

// outcome returns what the record is counted under.
func (r *record) outcome() tracker.Outcome {
	return tracker.Outcome{Status: int(r.status), Kind: r.kind}
}
