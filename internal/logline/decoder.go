package logline

import (
	"fmt"
	"slices"
	"strings"
	"time"
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
	LineRelated                    // only the caller that reads such lines in order can say it, see [Decoder.Defer]
)

// MaxLine bounds a line; what is longer is cut there, counted as unreadable, and the rest skipped.
const MaxLine = 1 << 20

// Decoder reads lines of any format. It keeps what it learned of the lines before only to be faster, so what it says of a
// line does not depend on other lines, except for W3C's header, lines that belong together, and what no single line says (see
// [Decoder.Learn]). A decoder serves one goroutine.
type Decoder struct {
	format Format // forced, or "" for any
	clock  clock
	zone   zoneBasis    // of stamps that name none
	json   *jsonScanner // may serve other decoders too, see Borrow
	w3c    w3cReader
	Format Format // of the last line read, or "" if it had none
	target targetRule
	users  Users
	sender Sender // of the last line read
	Rec    Record

	noMonitors bool
	ownAgents  []string // of errtop's probes, beside the usual one
	agent      []byte   // referer and agent of an access log's line before
	agentFrom  int      // where in it the agent starts
	tailSender Sender   // that this agent tells
	tailRead   bool     // the last line read has this agent
	related    *relations
	reasons    *Reasons
	shared     bool  // reasons are other decoders' too
	learned    Pairs // what the log has, as far as it was learned from
	looking    bool  // nothing is kept of lines that belong to others
	deferring  bool  // lines of pairs are left to another decoder
	expected   Pairs // of these sorts,
	met        Pairs // and of those that were seen

	vain, vainPause int // failed attempts to read successes, and attempts to skip because of them

	mended   []byte // the last line read as JSON, where it was broken
	isMended bool

	clean   []byte                    // the line without colours
	joined  []byte                    // a line assembled from several lines
	pending map[string]pendingRequest // by their tags, until their answers come
	answers bool                      // the last line read is the answer of such a request
	pieces  [2]cutLine                // of long lines that a container runtime cut, by stream

	rejoined   []byte // the last line read, where it was assembled from pieces
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

// Sibling returns a decoder of the same options for another log, whose newest line was written at about that time. The two share
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

// Restart makes d ready for another log, whose newest line was written at about that time.
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
