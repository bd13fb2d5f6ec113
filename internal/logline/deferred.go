package logline

import (
	"bytes"
	"time"
)

// A log may be read in parts by several decoders at once, in any order. What a line means by those before it only one decoder can
// tell, that is given these lines in order: [LineRelated] is what the others say of them.

// Pairs are the kinds of lines that describe one request together.
type Pairs uint8

// The kinds of pairs.
const (
	PairIDs     Pairs = 1 << iota // lines with the same id, of which some have no status
	PairCaddy                     // Caddy's http.log.error and http.log.access
	PairReasons                   // lines of an error log and of an access log
	AllPairs    = PairIDs | PairCaddy | PairReasons
)

// Defer makes d say [LineRelated] of lines that belong to others, as far as the log has such pairs.
func (d *Decoder) Defer(expected Pairs) { d.deferring, d.expected, d.met = true, expected, 0 }

// ExpectPairs makes d keep a failure without a status until its pair could have come, also where no pair was seen yet: counts need not
// be in time.
func (d *Decoder) ExpectPairs() { d.relation().paired = true }

// Met returns which kinds of pairs the log has beyond those that were expected: lines before were then read for nothing.
func (d *Decoder) Met() Pairs { return d.met &^ d.expected }

// Pairs returns the kinds of pairs that the lines had which d learned from, and those that it shares reasons for.
func (d *Decoder) Pairs() Pairs {
	pairs := d.learned
	if d.reasons.Any() {
		pairs |= PairReasons
	}
	return pairs
}

// pairOf returns the kind of pair that a failure, or a line without a request, belongs to. first says that it gives the pair away:
// without such a line the others count by themselves.
func (d *Decoder) pairOf(v LineKind) (sort Pairs, first bool) {
	r := &d.Rec
	switch {
	case v == LineUnreadable:
		if tellsWhy(r) {
			return PairIDs, true
		}
	case d.Format == W3C: // its lines cannot be read without the directives before them
		return 0, false
	case r.Has(FieldLogger) && bytes.HasPrefix(r.Text(FieldLogger), []byte("http.log.")):
		return PairCaddy, isCaddyError(r)
	case d.Format != Access && r.Has(FieldRequestID) && r.status == 0:
		return PairIDs, true
	case d.Format != Access && r.Has(FieldRequestID):
		sort = PairIDs
	}
	if v == LineResult && d.expected&PairReasons != 0 {
		sort |= PairReasons
	}
	return sort, false
}

// deferred reports whether a line is left to the decoder that reads such lines in order.
func (d *Decoder) deferred(v LineKind) bool {
	sort, first := d.pairOf(v)
	if first {
		d.met |= sort
	}
	return first || sort&d.expected != 0
}

// Whole returns the last line read as another decoder can read it by itself: where it was assembled from several lines, in one.
func (d *Decoder) Whole(line []byte) []byte {
	if d.rejoined == nil {
		return line
	}
	var whole []byte
	if d.rejoinedAt.known {
		whole = time.Unix(d.rejoinedAt.Sec, int64(d.rejoinedAt.Nsec)).UTC().AppendFormat(whole, time.RFC3339Nano)
		whole = append(whole, " stdout F "...)
	}
	return append(whole, d.rejoined...)
}
