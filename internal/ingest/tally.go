package ingest

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"time"

	"errtop/tracker"
)

const (
	maxTargets = 1000  // targets counted apart; the rest is counted under "(other)"
	maxGroups  = 10000 // groups of errors counted apart
	maxRoutes  = 10000 // routes counted apart
	maxHours   = 20000 // hours counted apart: two years
	other      = "(other)"
)

// count is how many requests there were, and how many of them failed.
type count struct{ requests, errors uint64 }

// groupKey is what errors of one group share.
type groupKey struct {
	target, method, route, message string
	outcome                        tracker.Outcome
}

// group is a set of errors.
type group struct {
	count       uint64
	err         string // one of their error types, the first by name
	first, last time.Time
}

// tally counts what records say. Tallies of parts of a log merge to the tally of the whole. A tally serves one goroutine.
type tally struct {
	lines, results, errors, notSent, skipped, filtered uint64

	first, last moment
	timed       bool                       // first and last are set
	status      [1000]uint64               // results by status, where the kind says no more than it
	outcomes    map[tracker.Outcome]uint64 // all others
	targets     map[string]*count
	routes      map[string]*count // by method and template; nil where nobody asked
	hours       map[int64]*count  // by hours since 1970
	unfiled     uint64            // results in no hour: without a time that can be right, or beyond maxHours
	groups      map[groupKey]*group
	latency     histogram
	samples     []sample

	recent   [1024]recentTarget // the targets seen last, to spare the search
	hour     *count             // of the record before, with its bounds
	hourFrom int64
	name     interner
	route    interner // templates of paths
	message  interner // folded messages
	invalid  interner // folded messages about fields of a request
	buffer   []byte
}

// sample is a line that could not be read, by where it stands.
type sample struct {
	chunk, line uint64
	text        string
	reason      string
}

// newTally returns an empty tally.
func newTally() *tally {
	return &tally{
		route:    interner{fold: tracker.NormaliseRoute},
		message:  interner{fold: func(dst []byte, text string) []byte { return tracker.Normalise(dst, text, false) }},
		invalid:  interner{fold: func(dst []byte, text string) []byte { return tracker.Normalise(dst, text, true) }},
		outcomes: map[tracker.Outcome]uint64{}, targets: map[string]*count{}, hours: map[int64]*count{}, groups: map[groupKey]*group{},
	}
}

// add counts d's record.
func (t *tally) add(d *decoder) {
	r := &d.rec
	t.results++
	if r.hasTime && (r.sec < earliest || r.sec >= latest) {
		r.hasTime = false // no request was made then: it would stretch the span to nonsense
	}
	if outcome := r.outcome(); outcome.Kind == tracker.KindOf(outcome.Status) {
		t.status[outcome.Status]++
	} else {
		t.outcomes[outcome]++
	}
	failed := r.kind.Failed() && r.kind.Sent()
	target := t.target(d)
	requests := target.count
	hour := t.hourOf(r)
	requests.requests++
	hour.requests++
	if failed {
		t.errors++
		requests.errors++
		hour.errors++
	}
	if r.kind.Failed() {
		if !failed {
			t.notSent++
		}
		t.addGroup(d, target.name)
	}
	if t.routes != nil {
		t.addRoute(d, failed)
	}
	if r.latency > 0 {
		t.latency.add(r.latency)
	}
}

// addRoute counts a record by its method and route template.
func (t *tally) addRoute(d *decoder, failed bool) {
	path, _ := d.location()
	key := strings.TrimSpace(t.name.line(d.rec.text(fieldMethod), maxName) + " " + t.route.line(path, maxRoute))
	c := bounded(t.routes, key, maxRoutes)
	c.requests++
	if failed {
		c.errors++
	}
}

// bounded returns the count of that name, that of "(other)" where there are too many names.
func bounded(counts map[string]*count, name string, most int) *count {
	if c, ok := counts[name]; ok {
		return c
	}
	if len(counts) >= most {
		name = other
		if c, ok := counts[name]; ok {
			return c
		}
	}
	c := &count{}
	counts[name] = c
	return c
}

// target returns the record's target.
func (t *tally) target(d *decoder) *recentTarget {
	key, byPath := d.rec.raw(fieldPath), d.target.pathOnly(&d.rec)
	if !byPath {
		key = d.targetName(t.buffer[:0])
	}
	known := &t.recent[recentIndex(key)]
	if known.count != nil && known.byPath == byPath && known.key == string(key) {
		return known
	}
	name := t.name.line(d.targetName(t.buffer[:0]), maxName)
	*known = recentTarget{string(key), byPath, name, bounded(t.targets, name, maxTargets)}
	return known
}

// recentTarget is a target, by what it was found with: its text as logged, or the path that it follows from.
type recentTarget struct {
	key    string
	byPath bool
	name   string
	count  *count
}

// recentIndex returns where in tally.recent a target's text belongs.
func recentIndex(key []byte) int {
	n := len(key)
	h := uint64(n)
	switch {
	case n >= 8:
		h ^= binary.LittleEndian.Uint64(key) ^ bits.RotateLeft64(binary.LittleEndian.Uint64(key[n-8:]), 29)
	case n > 0:
		h |= uint64(key[0])<<8 | uint64(key[n/2])<<16 | uint64(key[n-1])<<24
	}
	return int(h * 0x9e3779b97f4a7c15 >> 54)
}

// Stamps outside of these are taken for mistakes, as the tracker takes them.
const (
	earliest = 631152000  // 1990-01-01, in Unix seconds
	latest   = 7258118400 // 2200-01-01
)

// hourOf returns the counts of the record's hour and widens the span of time seen.
func (t *tally) hourOf(r *record) *count {
	if !r.hasTime {
		t.unfiled++
		return &count{}
	}
	at := moment{r.sec, r.nsec}
	t.spread(at, at)
	if t.hour != nil && uint64(r.sec-t.hourFrom) < 3600 { //nolint:gosec // wraps below, as meant
		return t.hour
	}
	number := r.sec / 3600
	if r.sec%3600 < 0 {
		number--
	}
	c, ok := t.hours[number]
	if !ok {
		if len(t.hours) >= maxHours {
			t.unfiled++
			return &count{}
		}
		c = &count{}
		t.hours[number] = c
	}
	t.hour, t.hourFrom = c, number*3600
	return c
}

// moment is a point in time, quicker to compare than a time.Time.
type moment struct {
	sec  int64
	nsec int32
}

// before reports whether m comes before other.
func (m moment) before(other moment) bool {
	return m.sec < other.sec || m.sec == other.sec && m.nsec < other.nsec
}

// time returns m in UTC.
func (m moment) time() time.Time { return time.Unix(m.sec, int64(m.nsec)).UTC() }

// spread widens the span of time seen to hold another.
func (t *tally) spread(first, last moment) {
	if !t.timed {
		t.first, t.last, t.timed = first, last, true
		return
	}
	if first.before(t.first) {
		t.first = first
	}
	if t.last.before(last) {
		t.last = last
	}
}

// addGroup counts a failed record in its group, which is the tracker's: target, method, route template, outcome and
// normalised message, with the errors of single fields behind it.
func (t *tally) addGroup(d *decoder, target string) {
	r := &d.rec
	path, _ := d.location()
	fold := &t.message
	if r.kind == tracker.Invalid || r.kind == tracker.Validation {
		fold = &t.invalid
	}
	key := groupKey{
		target:  target,
		method:  t.name.line(r.text(fieldMethod), maxName),
		route:   t.route.line(path, maxRoute),
		message: fold.line(r.text(fieldMessage), maxMessage),
		outcome: r.outcome(),
	}
	if fold == &t.invalid && r.has(fieldErrors) {
		errors := errorList(r)
		list := strings.Join(errors[:min(len(errors), 8)], "; ")
		key.message = strings.TrimPrefix(key.message+": "+fold.line([]byte(list), maxMessage), ": ")
	}
	err := t.name.line(r.text(fieldError), maxName)
	if key.message == "" {
		key.message = t.message.line([]byte(err), maxName)
	}
	t.group(key).add(r, err)
}

// group returns the group of that key.
func (t *tally) group(key groupKey) *group {
	g, ok := t.groups[key]
	if ok {
		return g
	}
	if len(t.groups) >= maxGroups {
		key = groupKey{target: other, message: other, outcome: key.outcome}
		if g, ok = t.groups[key]; ok {
			return g
		}
	}
	g = &group{}
	t.groups[key] = g
	return g
}

// add counts a record.
func (g *group) add(r *record, err string) {
	g.named(err)
	g.count++
	if r.hasTime {
		at := r.time()
		g.widen(at, at)
	}
}

// named takes an error type of the group.
func (g *group) named(err string) {
	if g.err == "" || err != "" && err < g.err {
		g.err = err
	}
}

// widen makes the group's span of time hold another.
func (g *group) widen(first, last time.Time) {
	if g.first.IsZero() || !first.IsZero() && first.Before(g.first) {
		g.first = first
	}
	if last.After(g.last) {
		g.last = last
	}
}

// skip counts a line that could not be read.
func (t *tally) skip(chunk, line uint64, text []byte, reason string) {
	t.skipped++
	t.samples = append(t.samples, sample{chunk, line, string(cut(text, maxSample)), reason})
	if len(t.samples) >= 2*maxSamples {
		t.samples = append(t.samples[:0], t.samples[len(t.samples)-maxSamples:]...)
	}
}

// merge adds what another tally counted.
func (t *tally) merge(o *tally) {
	t.lines += o.lines
	t.results += o.results
	t.errors += o.errors
	t.notSent += o.notSent
	t.skipped += o.skipped
	t.unfiled += o.unfiled
	t.filtered += o.filtered
	if o.timed {
		t.spread(o.first, o.last)
	}
	for i, n := range o.status {
		t.status[i] += n
	}
	for outcome, n := range o.outcomes {
		t.outcomes[outcome] += n
	}
	for name, c := range o.targets {
		bounded(t.targets, name, maxTargets).merge(c)
	}
	for name, c := range o.routes {
		if t.routes == nil {
			t.routes = map[string]*count{}
		}
		bounded(t.routes, name, maxRoutes).merge(c)
	}
	for hour, c := range o.hours {
		if t.hours[hour] == nil {
			t.hours[hour] = &count{}
		}
		t.hours[hour].merge(c)
	}
	for key, from := range o.groups {
		to := t.group(key)
		to.count += from.count
		to.named(from.err)
		to.widen(from.first, from.last)
	}
	t.latency.merge(&o.latency)
}

// merge adds another count.
func (c *count) merge(o *count) {
	c.requests += o.requests
	c.errors += o.errors
}
