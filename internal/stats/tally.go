package stats

import (
	"strings"

	"errtop/internal/logline"
	"errtop/internal/safetext"
	"errtop/tracker"
)

const (
	maxTargets = 1000  // targets counted apart; the rest is counted under "(other)"
	maxRoutes  = 10000 // routes counted apart
	maxHours   = 20000 // hours counted apart: two years
	other      = "(other)"
)

// count is how many requests there were, and how many of them failed.
type count struct{ requests, errors uint64 }

// tally counts what records say. Tallies of parts of a log merge to the tally of the whole. A tally serves one goroutine.
type tally struct {
	lines, results, errors, notSent, skipped, filtered, reasons uint64

	period   period
	status   [1000]uint64               // results by status, where the kind says no more than it
	outcomes map[tracker.Outcome]uint64 // all others
	targets  map[string]*count
	routes   map[string]*count // by method and template; nil if they are not counted
	hours    map[int64]*count  // by hours since 1970
	unfiled  uint64            // results in no hour: without a time that can be right, or beyond maxHours
	groups   groups
	latency  histogram
	samples  []sample
	why      sample // the first line of an error log

	recent   recentTargets
	hour     *count // of the record before, with its bounds
	hourFrom int64
	name     logline.Interner
	route    logline.Interner // templates of paths
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
		outcomes: map[tracker.Outcome]uint64{}, targets: map[string]*count{}, hours: map[int64]*count{}, groups: newGroups(),
		route: logline.NewInterner(tracker.NormaliseRoute),
	}
}

// add counts d's record.
func (t *tally) add(d *logline.Decoder) {
	r := &d.Rec
	t.results++
	if r.HasTime && (r.Sec < earliest || r.Sec >= latest) {
		r.HasTime = false // no request was made then: it would stretch the span to nonsense
	}
	if outcome := r.Outcome(); outcome.Kind == tracker.KindOf(outcome.Status) {
		t.status[outcome.Status]++
	} else {
		t.outcomes[outcome]++
	}
	failed := r.Kind.Failed() && r.Kind.Sent()
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
	if r.Kind.Failed() {
		if !failed {
			t.notSent++
		}
		t.groups.add(d, target)
	}
	if t.routes != nil {
		t.addRoute(d, failed)
	}
	if r.Latency > 0 {
		t.latency.add(r.Latency)
	}
}

// target returns the record's target.
func (t *tally) target(d *logline.Decoder) *recentTarget {
	key, kind := d.Rec.Raw(logline.FieldPath), logline.KeyPath
	if !d.TargetByPath() {
		key, kind = d.TargetName(t.buffer[:0]), logline.KeyTarget
	}
	return t.targetOf(d, key, kind)
}

// targetOf returns the record's target, which follows from that key.
func (t *tally) targetOf(d *logline.Decoder, key []byte, kind logline.Key) *recentTarget {
	known, ok := t.recent.find(key, kind)
	if !ok {
		name := t.name.Line(d.TargetName(t.buffer[:0]), logline.MaxName)
		known.put(key, kind, name, bounded(t.targets, name, maxTargets))
	}
	return known
}

// addRoute counts a record by its method and route template.
func (t *tally) addRoute(d *logline.Decoder, failed bool) {
	path, _ := d.Location()
	key := strings.TrimSpace(t.groups.method.Line(d.Rec.Text(logline.FieldMethod), logline.MaxName) + " " + t.route.Line(path, logline.MaxRoute))
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

// Stamps outside of these are taken for mistakes, as the tracker takes them.
const (
	earliest = 631152000  // 1990-01-01, in Unix seconds
	latest   = 7258118400 // 2200-01-01
)

// hourOf returns the counts of the record's hour and widens the span of time seen.
func (t *tally) hourOf(r *logline.Record) *count {
	if !r.HasTime {
		t.unfiled++
		return &count{}
	}
	t.period.widen(logline.Moment{Sec: r.Sec, Nsec: r.Nsec})
	return t.hourAt(r.Sec)
}

// hourAt returns the counts of the hour of a moment.
func (t *tally) hourAt(sec int64) *count {
	if t.hour != nil && uint64(sec-t.hourFrom) < 3600 { //nolint:gosec // wraps below, as meant
		return t.hour
	}
	return t.otherHour(sec)
}

// otherHour is hourAt for another hour than the last.
func (t *tally) otherHour(sec int64) *count {
	number := sec / 3600
	if sec%3600 < 0 {
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

// skip counts a line that could not be read.
func (t *tally) skip(chunk, line uint64, text []byte, reason string) {
	t.skipped++
	t.samples = append(t.samples, sample{chunk, line, string(safetext.Cut(text, logline.MaxSample+safetext.Lookahead)), reason})
	if len(t.samples) >= 2*logline.MaxSamples {
		t.samples = append(t.samples[:0], t.samples[len(t.samples)-logline.MaxSamples:]...)
	}
}

// reason counts a line that says why a request failed.
func (t *tally) reason(chunk, line uint64, text []byte, reason string) {
	if t.reasons++; t.reasons == 1 {
		t.why = sample{chunk, line, string(safetext.Cut(text, logline.MaxSample+safetext.Lookahead)), reason}
	}
}

// merge adds what another tally counted.
func (t *tally) merge(o *tally) {
	t.reasons += o.reasons
	if t.why.text == "" {
		t.why = o.why
	}
	t.lines += o.lines
	t.results += o.results
	t.errors += o.errors
	t.notSent += o.notSent
	t.skipped += o.skipped
	t.unfiled += o.unfiled
	t.filtered += o.filtered
	t.period.merge(o.period)
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
	t.groups.merge(&o.groups)
	t.latency.merge(&o.latency)
}

// merge adds another count.
func (c *count) merge(o *count) {
	c.requests += o.requests
	c.errors += o.errors
}
