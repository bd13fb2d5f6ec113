package tracker

import "slices"

// A scanner asks for routes that never existed. What else fails meanwhile, of routes that are there, is trouble of its own.

const (
	scanRoutes = 12   // so many routes that never succeeded are a scan
	scanBeside = 60   // minutes before an episode that say how often routes that are there usually fail
	alphaApart = 1e-6 // chance that their failures are as usual
)

// scanned reports whether somebody tries routes that never existed: many, none with most of the failures, and none that
// succeeded.
func (p *part) scanned(list []said, all float64) bool {
	if len(list) == 0 || !p.ep.class.scannable() {
		return false
	}
	unknown, scan := p.scanners(max(p.from, p.to-causeSpan))
	return scan && unknown >= 0.7*all
}

// scannable reports whether failures of a class are what a scanner gets.
func (k class) scannable() bool { return k == classNotFound || k == classCaller || k == classAuth }

// scanners counts the failures since a minute of routes that never succeeded, and reports whether they look like a scanner's.
func (p *part) scanners(from int64) (unknown float64, scan bool) {
	routes := map[string]float64{}
	for _, g := range p.tg.groups {
		if g.classes()&(1<<p.ep.class) == 0 {
			continue
		}
		n := float64(g.day.sum(from, p.to))
		switch {
		case n == 0:
		case g.route == "":
			unknown += n
		case !p.tg.traits.succeeded(g.route):
			routes[g.route] += n
		}
	}
	largest := 0.0
	for _, n := range routes {
		largest = max(largest, n)
		unknown += n
	}
	return unknown, len(routes) >= scanRoutes && largest <= 0.4*unknown
}

// succeeded reports whether a route, as its template, ever had a success that was sampled.
func (t *traits) succeeded(route string) bool {
	for i := range t.fields {
		if t.fields[i].name != fieldRoute {
			continue
		}
		for _, v := range t.fields[i].values {
			if v.value == route {
				for h := range v.hours {
					if v.hours[h].sampled > 0 {
						return true
					}
				}
			}
		}
	}
	return false
}

// scanSide says which failures of an episode a part is of.
type scanSide uint8

const (
	wholeEpisode scanSide = iota
	scanAlone             // of routes that never succeeded
	besideScan            // of the others
)

// apartFromScan returns the part, or where failures of routes that succeeded once rose while somebody tries routes that never
// existed: a part of each, and of the scan only where that is new.
func (p *part) apartFromScan(buffer *[]sums) []*part {
	e := p.ep
	if !e.class.scannable() || !e.known {
		return []*part{p}
	}
	if unknown, scan := p.scanners(p.from); !scan || unknown < leastFailures {
		return []*part{p}
	}
	c := p.tg.counts(min(p.from-scanBeside, p.minute-30), p.minute+1, buffer)
	allBefore, of := c.of(e.class, 0, p.from-scanBeside, p.from)
	all, n := c.of(e.class, 0, p.from, p.to)
	known := c
	known.cum = slices.Clone(c.cum)
	known.onlyKnown(p.tg, e.class)
	before, _ := known.of(e.class, 0, p.from-scanBeside, p.from)
	failed, _ := known.of(e.class, 0, p.from, p.to)
	if !rose(before, of, failed, n) {
		return []*part{p}
	}
	beside := p.besideScan(&known, (before+0.5)/(of+1), (failed+0.5)/(n+1))
	if !rose(allBefore-before, of, all-failed, n) {
		return []*part{beside}
	}
	p.side, p.scan = scanAlone, true
	p.explain(&c)
	p.cause.Class = CauseScanner
	p.weigh()
	return []*part{p, beside}
}

// rose reports whether a share of failures is significantly above that of the time before.
func rose(before, of, failed, n float64) bool {
	return failed >= leastFailures && oddsRise((before+0.5)/(of+1), failed/n) && predictiveTail(failed, n, before, of) < alphaApart
}

// besideScan returns the part of the failures of an episode that are counted, with an onset of its own: the share of them before it and
// in it are known.
func (p *part) besideScan(known *counts, before, level float64) *part {
	own := *p.ep
	for range 2 {
		own.onset = changePoint(known, own.class, 0, p.from-refineFor, p.to, before, level)
		if y, n := known.of(own.class, 0, own.onset.at.minute(), p.to); n > 0 {
			level = max((y+0.5)/(n+1), before)
		}
	}
	own.usual, own.level, own.started = before, level, max(own.onset.at.minute(), p.from)
	if y, n := known.of(own.class, 0, max(p.to-holdOver-1, own.started), p.to); own.bad && n > 0 && !oddsRise(before, y/n) { // the scan alone goes on
		own.calm(changePoint(known, own.class, 0, own.started, p.to, level, before).at, p.minute)
	}
	first := &own.phases[(own.phaseCount-1)%phasesKept]
	first.from = max(first.from, own.started)
	out := &part{tg: p.tg, ep: &own, minute: p.minute, side: besideScan}
	out.lookAt(known)
	out.contrasts = slices.DeleteFunc(out.contrasts, func(c Contrast) bool { return c.Field != fieldRoute || !p.tg.traits.succeeded(c.Value) })
	out.cause.Class = out.classify("")
	return out
}

// onlyKnown leaves, of the failures of a class, those of routes that succeeded once.
func (c *counts) onlyKnown(tg *target, k class) {
	failed := make([]uint32, len(c.cum))
	for _, g := range tg.groups {
		if g.classes()&(1<<k) != 0 && tg.traits.succeeded(g.route) {
			g.day.each(max(c.from, firstMinute(g.edge)), min(c.end(), g.edge+1), func(m int64, n uint32) { failed[m-c.from+1] += n })
		}
	}
	for i := range c.cum {
		if i > 0 {
			failed[i] += failed[i-1]
		}
		c.cum[i].failed[k] = failed[i]
	}
}
