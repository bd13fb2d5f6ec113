package tracker

import (
	"cmp"
	"slices"
)

const (
	fieldsKept  = 12 // beside others a target's results carry: method, route and so many less two labels
	valuesKept  = 32 // of a field; the others are counted together
	sampleEvery = 8  // one success in so many is looked at, and counts for all of them

	fieldMethod, fieldRoute = "method", "route"
)

// A trait is one value of a field, with what was counted of it by the hour.
type trait struct {
	value  string
	first  instant // the earliest result that had it
	latest int64   // the newest hour that it was counted in
	hours  [hourSlots]traitHour
	speeds speeds // of the successes that were sampled
}

// traitHour counts the failures that are the target's own, those that are the callers', and the successes that were sampled.
type traitHour struct{ own, callers, sampled uint32 }

// A traitField is one field with the values that were seen.
type traitField struct {
	name   string
	values []*trait
	other  *trait // of values beyond the bound; nil while there are none
}

// traits are what a target's requests are told apart by.
type traits struct {
	only   []string // fields that are compared; empty: all
	fields []traitField
	known  map[*Labels][]*trait // where the values of labels are counted
	route  string               // the last one, with its trait
	last   *trait
}

// sampled decides whether a success is looked at: by what it is and not by when it came, so that the order does not matter.
func sampled(at instant, r *Result) bool {
	h := (uint64(at)/1e3 ^ uint64(r.Latency)<<17 ^ uint64(len(r.Route))<<7 ^ uint64(len(r.RequestID))) * 0x9e3779b97f4a7c15 //nolint:gosec // meant to wrap around
	return h>>61 == 0
}

// success counts one that was sampled.
func (t *traits) success(at instant, r *Result, p *Fingerprinter) {
	if t.last == nil || t.route != r.Route {
		p.route = NormaliseRoute(p.route[:0], r.Route)
		t.route, t.last = r.Route, t.find(fieldRoute, p.route, at, true)
	}
	n := uint32(r.requests()) //nolint:gosec // a weight has 16 bits
	octave := -1
	if r.Latency > 0 {
		octave = octaveOf(BucketOf(r.Latency))
	}
	hour := at.minute() / 60
	t.each(at, r, t.last, func(v *trait, h *traitHour) {
		h.sampled += n
		if octave >= 0 {
			v.speeds.add(hour, octave, n)
		}
	}, true)
}

// failureOf counts one, whose group knows its route's template.
func (t *traits) failureOf(at instant, r *Result, g *group) {
	n := uint32(r.requests()) //nolint:gosec // a weight has 16 bits
	count, own := func(_ *trait, h *traitHour) { h.own += n }, true
	if r.Origin != OriginProbe && classOf(r.Outcome()).callers() {
		count, own = func(_ *trait, h *traitHour) { h.callers += n }, false
	}
	t.each(at, r, t.findText(fieldRoute, g.route, at, own), count, own)
}

func (t *traits) each(at instant, r *Result, route *trait, count func(*trait, *traitHour), worth bool) {
	route.count(at, count)
	t.findText(fieldMethod, r.Method, at, worth).count(at, count)
	if r.Labels == nil {
		return
	}
	places, ok := t.known[r.Labels]
	if !ok {
		places = t.resolve(r.Labels, at, worth)
	}
	for _, p := range places {
		p.count(at, count)
	}
}

// resolve finds where labels are counted.
func (t *traits) resolve(labels *Labels, at instant, worth bool) []*trait {
	places := make([]*trait, 0, len(*labels))
	for _, l := range *labels {
		if l.Name != "" && l.Value != "" {
			places = append(places, t.findText(l.Name, l.Value, at, worth))
		}
	}
	const manyLabels = 512
	if t.known == nil || len(t.known) >= manyLabels {
		t.known = map[*Labels][]*trait{}
	}
	t.known[labels] = places
	return places
}

func (t *traits) findText(field, value string, at instant, worth bool) *trait {
	return findTrait(t, field, value, at, worth)
}

func (t *traits) find(field string, value []byte, at instant, worth bool) *trait {
	return findTrait(t, field, value, at, worth)
}

// findTrait returns where a value is counted, made on first use; nil where there is no room, or nothing to tell apart. worth says
// that it is of a success, or of a failure that is not the caller's.
func findTrait[T string | []byte](t *traits, field string, value T, at instant, worth bool) *trait {
	if len(value) == 0 {
		return nil
	}
	f := t.field(field)
	if f == nil {
		return nil
	}
	for _, v := range f.values {
		if v.value == string(value) {
			return v
		}
	}
	if len(f.values) >= valuesKept && !t.makeRoom(f, at, worth) {
		return f.others()
	}
	v := &trait{value: string(value), first: at}
	f.values = append(f.values, v)
	return v
}

// others counts values beyond the bound, made on first use.
func (f *traitField) others() *trait {
	if f.other == nil {
		f.other = &trait{}
	}
	return f.other
}

// all returns everything that is counted of a field.
func (f *traitField) all() []*trait {
	if f.other == nil {
		return f.values
	}
	return append(slices.Clip(f.values), f.other)
}

// makeRoom drops the value that was counted least, if that is next to nothing or of hours ago; for one of worth the one of those
// that only ever failed by their callers' mistakes, so that a scanner's routes do not keep real ones out. Its counts go to the others.
func (t *traits) makeRoom(f *traitField, at instant, worth bool) bool {
	const few, hoursAgo = 3, 3
	drop, n := f.least(func(*trait) bool { return true })
	if n > few && f.values[drop].latest > at.minute()/60-hoursAgo {
		if !worth {
			return false
		}
		if drop, _ = f.least(func(v *trait) bool { return !v.worth() }); drop < 0 {
			return false
		}
	}
	f.others().absorb(f.values[drop])
	f.values = slices.Delete(f.values, drop, drop+1)
	t.known, t.last = nil, nil
	return true
}

// least returns the value that was counted least of those that one holds for, and how often; -1 where there is none.
func (f *traitField) least(of func(*trait) bool) (least int, fewest uint64) {
	least = -1
	for i, v := range f.values {
		if n := v.total(); (least < 0 || n < fewest) && of(v) {
			least, fewest = i, n
		}
	}
	return least, fewest
}

// worth reports whether the value had a success, or a failure that was not the caller's.
func (v *trait) worth() bool {
	for i := range v.hours {
		if v.hours[i].own > 0 || v.hours[i].sampled > 0 {
			return true
		}
	}
	return false
}

// isRelease reports whether a field tells of a release, whose change is noted as a mark even where it is not compared.
func isRelease(name string) bool { return name == "version" || name == "release" }

// compares reports whether a field is one that requests are compared by.
func (t *traits) compares(name string) bool { return len(t.only) == 0 || slices.Contains(t.only, name) }

func (t *traits) field(name string) *traitField {
	for i := range t.fields {
		if t.fields[i].name == name {
			return &t.fields[i]
		}
	}
	if len(t.fields) >= fieldsKept || !t.compares(name) && !isRelease(name) {
		return nil
	}
	t.fields = append(t.fields, traitField{name: name})
	t.known = nil // it may point into the array that was left
	return &t.fields[len(t.fields)-1]
}

func (v *trait) count(at instant, count func(*trait, *traitHour)) {
	if v == nil {
		return
	}
	if v.first == 0 || at < v.first {
		v.first = at
	}
	hour := at.minute() / 60
	v.advance(hour)
	if v.latest-hour < hourSlots {
		count(v, &v.hours[hour%hourSlots])
	}
}

func (v *trait) advance(hour int64) {
	for h := max(v.latest+1, hour-hourSlots+1); h <= hour; h++ {
		v.hours[h%hourSlots] = traitHour{}
		v.speeds.forget(h)
	}
	v.latest = max(v.latest, hour)
}

func (v *trait) total() (n uint64) {
	for _, h := range v.hours {
		n += uint64(h.own) + uint64(h.callers) + uint64(h.sampled)*sampleEvery
	}
	return n
}

// sum counts hours from one to another: failures of one sort, and all requests.
func (v *trait) sum(callers bool, from, to int64) (failures, requests float64) {
	for h := max(from, v.latest-hourSlots+1); h <= min(to, v.latest); h++ {
		at := &v.hours[h%hourSlots]
		requests += float64(at.own) + float64(at.callers) + float64(at.sampled)*sampleEvery
		if callers {
			failures += float64(at.callers)
		} else {
			failures += float64(at.own)
		}
	}
	return failures, requests
}

func (v *trait) absorb(b *trait) {
	if v == nil {
		return // of a value that is nothing to tell apart
	}
	v.first = earlier(v.first, b.first)
	v.advance(b.latest)
	for h := max(b.latest, v.latest) - hourSlots + 1; h <= b.latest; h++ {
		if h < 0 || h <= b.latest-hourSlots {
			continue
		}
		into, from := &v.hours[h%hourSlots], &b.hours[h%hourSlots]
		into.own += from.own
		into.callers += from.callers
		into.sampled += from.sampled
	}
	for _, s := range b.speeds {
		if h := s.hour(b.latest); h > v.latest-hourSlots {
			v.speeds.add(h, int(s.octave), s.n)
		}
	}
}

func (v *trait) rewind(hour int64) {
	for h := max(hour+1, v.latest-hourSlots+1); h <= v.latest; h++ {
		v.hours[h%hourSlots] = traitHour{}
		v.speeds.forget(h)
	}
	v.latest = min(v.latest, hour)
}

func (t *traits) rewind(to instant) {
	for i := range t.fields {
		f := &t.fields[i]
		if f.other != nil {
			f.other.rewind(to.minute() / 60)
		}
		for _, v := range f.values {
			v.first = min(v.first, to)
			v.rewind(to.minute() / 60)
		}
	}
}

// absorb adds what another target of the same name counts.
func (t *traits) absorb(b *traits, at instant) {
	for i := range b.fields {
		from := &b.fields[i]
		into := t.field(from.name)
		if into == nil {
			continue
		}
		if from.other != nil {
			into.others().absorb(from.other)
		}
		for _, v := range from.values {
			t.findText(from.name, v.value, at, v.worth()).absorb(v)
		}
	}
}

// callers reports whether failures of a class are the callers' own mistakes.
func (k class) callers() bool {
	return k == classAuth || k == classCaller || k == classNotFound || k == classGaveUp
}

// contrasts returns the values that the failures of a class have more often than the requests, in the hours of the minutes
// from one to another; the most telling first. usual is the share of failures that needs no explanation. A failure of classSlow is
// an answer of an octave from slow on.
func (t *traits) contrasts(k class, slow int, usual float64, from, to int64) (out []Contrast) {
	of := func(v *trait, from, to int64) (failures, requests float64) { return v.sum(k.callers(), from, to) }
	if k == classSlow {
		of = func(v *trait, from, to int64) (failures, requests float64) { return v.slower(slow, from, to) }
	}
	for i := range t.fields {
		if !t.compares(t.fields[i].name) {
			continue
		}
		out = append(out, t.fields[i].contrasts(of, usual, from/60, to/60)...)
	}
	slices.SortStableFunc(out, func(a, b Contrast) int {
		return cmp.Or(cmp.Compare(b.telling(), a.telling()), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Value, b.Value))
	})
	const shown = 6
	return out[:min(len(out), shown)]
}

// contrasts returns the values of a field that the failures have more often, counted by of, in the hours from one to another.
func (f *traitField) contrasts(of func(v *trait, from, to int64) (failures, requests float64), usual float64, from, to int64) (out []Contrast) {
	var failures, requests float64
	each := func(do func(value string, failures, requests float64)) {
		for _, v := range f.all() {
			y, _ := of(v, from, to)
			_, n := of(v, from-1, to) // one hour more, for the comparison
			if n > 0 {
				do(v.value, max(y-max(usual, v.always(of, from))*n, 0), n)
			}
		}
	}
	each(func(_ string, y, n float64) { failures, requests = failures+y, requests+n })
	if failures < leastFailures {
		return nil
	}
	each(func(value string, y, n float64) {
		c := Contrast{
			Field: f.name, Value: value, OfFailures: y / failures, OfRequests: n / requests,
			Failures: uint64(y + 0.5), Requests: uint64(n + 0.5), Sampled: true,
		}
		if value != "" && c.OfFailures >= 0.3 && c.OfFailures >= c.OfRequests+0.15 && y >= 4 {
			out = append(out, c)
		}
	})
	return out
}

const (
	alwaysHours = 6  // before an incident in which what a value always fails is looked for
	alwaysOf    = 20 // requests of an hour that tell
	alwaysIn    = 2  // hours that tell at least: in a single one there may have been an incident
)

// always is the share of a value's requests that fail in any hour, as of a client that has asked for what never was: the least of
// the hours before one. Where too few hours are known it is 0.
func (v *trait) always(of func(v *trait, from, to int64) (failures, requests float64), before int64) float64 {
	least, known := 1.0, 0
	for h := before - alwaysHours; h < before; h++ {
		if y, n := of(v, h, h); n >= alwaysOf {
			least = min(least, y/n)
			known++
		}
	}
	if known < alwaysIn {
		return 0
	}
	return least
}

// telling orders contrasts: how much the value tells failures and requests apart, as a relative entropy.
func (c *Contrast) telling() float64 {
	a, b := min(c.OfFailures, 0.999), min(max(c.OfRequests, 0.001), 0.999)
	return relativeEntropy(a, b)
}
