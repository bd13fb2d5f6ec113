package logline

import (
	"bytes"
	"hash/maphash"
	"maps"
)

// Several lines of one log may describe one request: a server's error line beside its access line, an exception beside the line of the
// request that it ended. Such a request is one result, with what both lines say:
//
//   - Caddy writes http.log.error and http.log.access, both with the status. The first of the two counts, the second does not.
//   - nginx's error log says why, its access log how a request ended. What the error line says is put to the access line, see
//     [Reasons].
//   - A line with an error and the id of a request, and no status, is put to the line that has the id and a failing status. Where a
//     log has such pairs, a failure without a status waits for its pair a while, before it counts by itself.

const (
	maxSighted   = 1024    // requests of Caddy's that wait for their second line
	maxTold      = 64      // lines that say why a request failed, of each sort
	maxWaiting   = 128     // failures without a status that wait for their pairs,
	maxWaitLines = 4000    // for so many lines that are looked at,
	maxWaitTime  = 10      // or so many seconds of the log's time
	reasonTime   = 2       // seconds of the log's time that an error line may be read after its access line
	maxToldText  = 2 << 10 // bytes of a message
	maxToldStack = 8 << 10
	pairTime     = 5 // seconds between Caddy's two lines
)

// relations remembers lines that may belong to one request with others. The zero value is ready.
type relations struct {
	seed   maphash.Seed
	off    bool   // a line that waited is read anew
	paired bool   // failures without a status were seen whose status another line has
	lines  uint64 // looked at so far
	now    int64  // the newest time of these

	caddy   map[uint64]*sighting // by request
	byID    map[uint64]told      // what lines without a request say
	counted map[uint64]int64     // ids of failures without a status that were counted, with their times
	stated  recentIDs            // of failures with a status
	waiting []waiter             // in the order they came
	joined  []byte
}

// sighting counts the lines of one sort that have no pair yet.
type sighting struct {
	errorLines, accessLines int
	sec                     int64
}

// told is what a line says of a request that another line counts.
type told struct {
	message, err, stack, upstream string
	line                          uint64
}

// waiter is a failure that waits for another line: without a status, for the line with one; else for an error log's.
type waiter struct {
	text   []byte
	told   told
	ids    requestIDs
	sec    int64
	line   uint64
	reason bool // for an error log's
}

// requestIDs are hashes of the ids that a line has, of its request or its trace; 0 for none.
type requestIDs [4]uint64

// recentIDs are the last maxSighted ids of many. The zero value is ready.
type recentIDs struct {
	known map[uint64]struct{}
	ring  []uint64
	next  int
}

// add adds an id, unless it is 0.
func (r *recentIDs) add(id uint64) {
	switch {
	case id == 0 || r.has(id):
		return
	case len(r.ring) < maxSighted:
		if r.known == nil {
			r.known = map[uint64]struct{}{}
		}
		r.ring = append(r.ring, id)
	default:
		delete(r.known, r.ring[r.next])
		r.ring[r.next] = id
		r.next = (r.next + 1) % maxSighted
	}
	r.known[id] = struct{}{}
}

// has reports whether an id was added lately.
func (r *recentIDs) has(id uint64) bool {
	_, ok := r.known[id]
	return ok
}

// share reports whether one of the ids is in both.
func (ids *requestIDs) share(other *requestIDs) bool {
	for _, id := range ids {
		for _, o := range other {
			if id != 0 && id == o {
				return true
			}
		}
	}
	return false
}

// relation returns what d remembers of lines that belong together.
func (d *Decoder) relation() *relations {
	if d.related == nil {
		d.related = &relations{seed: maphash.MakeSeed()}
	}
	return d.related
}

// relate returns what becomes of a failure, or of a line without a request, in the light of the lines before it.
func (d *Decoder) relate(line []byte, v LineKind, reason string) (LineKind, string) {
	if d.looking {
		return v, reason
	}
	if d.deferring {
		if d.deferred(v) {
			return LineRelated, ""
		}
		return v, reason
	}
	s, r := d.relation(), &d.Rec
	s.lines++
	s.now = max(s.now, r.Sec)
	sort, first := d.pairOf(v)
	if first {
		d.learned |= sort
	}
	switch {
	case s.off:
	case v == LineUnreadable:
		s.note(r)
	case sort&PairCaddy != 0:
		if s.sawOther(r) {
			return LineBlank, "the same request as a line before it: Caddy's error and access log have one each"
		}
	case sort&PairIDs != 0 && r.status == 0:
		if s.unstated(d.Whole(line), r) == LineBlank {
			return LineBlank, "a failure whose status another line with its id has, or will have"
		}
	case sort&PairIDs != 0:
		if s.withStatus(r) == LineBlank {
			return LineBlank, "the same request as a line before it with its id"
		}
	}
	if v == LineResult && d.reasons.Any() && !d.addReason(s) && d.canWait() {
		if line = d.Whole(line); len(line) <= maxToldStack && len(s.waiting) < maxWaiting {
			s.waiting = append(s.waiting, waiter{text: bytes.Clone(line), sec: r.Sec, line: s.lines, reason: true})
			return LineBlank, "a failure that waits for what an error log says of it"
		}
	}
	return v, reason
}

// canWait reports whether the last line read, a failure, may wait for what an error log says of it: if it can be read again by itself.
func (d *Decoder) canWait() bool {
	return d.shared && !d.related.off && !d.answers && d.Format != W3C && d.Rec.status != 0
}

// addReason puts to a failure what an error log said of its request, and reports whether one did.
func (d *Decoder) addReason(s *relations) bool {
	why := d.reasons.find(&d.Rec, true)
	if why != nil {
		s.add(&d.Rec, told{message: why.message, upstream: why.upstreamIs})
	}
	return why != nil
}

// idsOf returns the ids that a line has.
func (s *relations) idsOf(r *Record) (ids requestIDs) {
	ids[0] = maphash.Bytes(s.seed, r.Text(FieldRequestID)) | 1
	n := 1
	for i := 0; i < len(r.spares) && n < len(ids); i++ {
		if sp := &r.spares[i]; sp.field == FieldRequestID && sp.span.hi > sp.span.lo {
			ids[n] = maphash.Bytes(s.seed, r.line[sp.span.lo:sp.span.hi]) | 1
			n++
		}
	}
	return ids
}

// unstated takes a failure without a status: it waits where the log has pairs, and counts at once elsewhere.
func (s *relations) unstated(line []byte, r *Record) LineKind {
	ids := s.idsOf(r)
	for _, id := range ids {
		if s.stated.has(id) {
			return LineBlank // the line with the status came first
		}
	}
	if s.paired && len(line) <= maxToldStack && len(s.waiting) < maxWaiting {
		s.waiting = append(s.waiting, waiter{text: bytes.Clone(line), told: s.toldBy(r), ids: ids, sec: r.Sec, line: s.lines})
		return LineBlank
	}
	s.count(&ids, r.Sec)
	return LineResult
}

// withStatus takes a failure with a status, and puts to it what others said of the request. If one of them was counted, this one is
// not.
func (s *relations) withStatus(r *Record) LineKind {
	ids := s.idsOf(r)
	for _, id := range ids {
		if sec, counted := s.counted[id]; counted && id != 0 && r.Sec-sec <= maxWaitTime && sec-r.Sec <= maxWaitTime {
			delete(s.counted, id)
			s.paired = true
			return LineBlank
		}
		s.stated.add(id)
	}
	for i := range s.waiting {
		if w := &s.waiting[i]; w.ids.share(&ids) {
			t := w.told
			s.waiting = append(s.waiting[:i], s.waiting[i+1:]...)
			s.add(r, t)
			return LineResult
		}
	}
	for _, id := range ids {
		if t, ok := s.byID[id]; ok {
			delete(s.byID, id)
			s.add(r, t)
			break
		}
	}
	return LineResult
}

// count remembers that a failure without a status was counted.
func (s *relations) count(ids *requestIDs, sec int64) {
	if s.counted == nil {
		s.counted = map[uint64]int64{}
	}
	if len(s.counted) >= maxSighted {
		maps.DeleteFunc(s.counted, func(_ uint64, at int64) bool { return sec-at > maxWaitTime })
	}
	if len(s.counted) >= maxSighted {
		clear(s.counted)
	}
	for _, id := range ids {
		if id != 0 {
			s.counted[id] = sec
		}
	}
}

// note remembers what a line without a request says of one.
func (s *relations) note(r *Record) {
	if !tellsWhy(r) {
		return
	}
	if s.byID == nil || len(s.byID) >= maxTold {
		s.byID = map[uint64]told{}
	}
	t := s.toldBy(r)
	for _, id := range s.idsOf(r) {
		if id != 0 {
			s.byID[id] = t
		}
	}
}

// tellsWhy reports whether a line without a request says why one failed.
func tellsWhy(r *Record) bool {
	return r.Has(FieldRequestID) && (r.Has(FieldError) || r.Has(FieldStack) || isErrorLevel(r.Text(FieldLevel)))
}

// isCaddyError reports whether a line is of Caddy's error log.
func isCaddyError(r *Record) bool {
	return bytes.HasPrefix(r.Text(FieldLogger), []byte("http.log.error"))
}

// toldBy returns what a line says about why a request failed.
func (s *relations) toldBy(r *Record) told {
	text := func(f Field, most int) string {
		b := r.Text(f)
		return string(b[:min(len(b), most)])
	}
	return told{message: text(FieldMessage, maxToldText), err: text(FieldError, maxToldText), stack: text(FieldStack, maxToldStack), line: s.lines}
}

// isErrorLevel reports whether a level is one of errors, in any logger's words or numbers.
func isErrorLevel(level []byte) bool {
	switch foldKey(string(level)) {
	case "error", "err", "fatal", "critical", "crit", "panic", "emerg", "alert", "50", "60", "severe":
		return true
	}
	return false
}

// add puts to a record what another line said of its request: the reason before what it says itself.
func (s *relations) add(r *Record, t told) {
	s.joined = append(s.joined[:0], r.line...)
	put := func(f Field, text string, before bool) {
		if text == "" || r.Has(f) && !before {
			return
		}
		lo := len(s.joined) + 1
		s.joined = append(append(s.joined, ' '), text...)
		r.set |= 1 << f
		r.span[f] = makeSpan(slot{}, lo, len(s.joined), formText)
	}
	put(FieldMessage, t.message, true)
	put(FieldError, t.err, false)
	put(FieldStack, t.stack, false)
	put(FieldUpstream, t.upstream, false)
	r.line = s.joined
}

// sawOther reports whether Caddy's other line of the same request was counted.
func (s *relations) sawOther(r *Record) bool {
	isError := isCaddyError(r)
	key := s.requestKey(r, FieldMethod, FieldPath, FieldHost, FieldStatus, FieldAgent)
	seen := s.caddy[key]
	if seen == nil || r.Sec-seen.sec > pairTime {
		if s.caddy == nil {
			s.caddy = map[uint64]*sighting{}
		}
		if len(s.caddy) >= maxSighted {
			maps.DeleteFunc(s.caddy, func(_ uint64, old *sighting) bool { return r.Sec-old.sec > pairTime })
		}
		if len(s.caddy) >= maxSighted {
			clear(s.caddy)
		}
		seen = &sighting{}
		s.caddy[key] = seen
	}
	seen.sec = r.Sec
	mine, other := &seen.accessLines, &seen.errorLines
	if isError {
		mine, other = other, mine
	}
	if *other > 0 {
		*other--
		return true
	}
	*mine++
	return false
}

// requestKey returns a hash of some fields.
func (s *relations) requestKey(r *Record, fields ...Field) uint64 {
	var h maphash.Hash
	h.SetSeed(s.seed)
	for _, f := range fields {
		_, _ = h.Write(r.Text(f)) // never fails
		_ = h.WriteByte(0xff)
	}
	return h.Sum64()
}
