package tracker

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

const (
	linkNear    = 90 * time.Second // parts that began so close together, with one sort of failure, have one cause
	linkSame    = 5 * time.Minute  // the same where they say the same, or the same thing fails behind them
	linkInside  = 5 * time.Minute  // parts of one target
	linkFollows = 20 * time.Minute // of one target: slow before it fails, silent after it failed
)

// incidentsOf puts the parts together that have one cause. The order of the parts does not matter. probedHosts is how many hosts are
// probed.
func incidentsOf(parts []*part, probedHosts int) [][]*part {
	slices.SortFunc(parts, func(a, b *part) int {
		return cmp.Or(cmp.Compare(a.ep.onset.at, b.ep.onset.at), cmp.Compare(a.tg.name, b.tg.name), cmp.Compare(a.ep.class, b.ep.class), cmp.Compare(a.ep.detected, b.ep.detected))
	})
	root := make([]int, len(parts))
	for i := range root {
		root[i] = i
	}
	find := func(i int) int {
		for root[i] != i {
			i = root[i]
		}
		return i
	}
	unreached := unreachedTogether(parts, probedHosts)
	for i := 1; i < len(unreached); i++ {
		root[find(unreached[i])] = find(unreached[0])
	}
	for i := range parts {
		for j := i + 1; j < len(parts); j++ {
			if parts[j].ep.onset.at.sub(parts[i].ep.onset.at) > linkFollows+time.Hour {
				break
			}
			if a, b := find(i), find(j); a != b && parts[i].linked(parts[j]) {
				root[max(a, b)] = min(a, b)
			}
		}
	}
	at := map[int]int{}
	var out [][]*part
	for i, p := range parts {
		r := find(i)
		if _, ok := at[r]; !ok {
			at[r] = len(out)
			out = append(out, nil)
		}
		out[at[r]] = append(out[at[r]], p)
	}
	return out
}

// apart is how far two onsets are apart beyond what their uncertainty allows, each taken within a few minutes.
func (p *part) apart(o *part) time.Duration {
	const most = 5 * time.Minute
	a, b := p.ep.onset, o.ep.onset
	if a.at > b.at {
		a, b = b, a
	}
	late, early := min(a.latest, a.at.add(most)), max(b.earliest, b.at.add(-most))
	return max(early.sub(late), 0)
}

// linked reports whether two parts, the first of which began first, have one cause.
func (p *part) linked(o *part) bool {
	if p.scan != o.scan {
		return false
	}
	apart := p.apart(o)
	if p.tg == o.tg {
		return p.linkedInside(o, apart)
	}
	between := o.ep.onset.at.sub(p.ep.onset.at)
	if apart > linkSame || between > 2*linkSame || p.ep.before != o.ep.before {
		return false
	}
	switch a, b := p.ep.class, o.ep.class; {
	case p.scan:
		return true
	case a.own() && b.own():
		return p.linkedByCause(o, between)
	case a != b: // what stands behind is slow or down: those in front of it fail
		return p.samePlace(o) || a.signal() != b.signal() && a != classSilence && b != classSilence && between <= linkNear
	case a == classSilence, a == classSlow:
		return apart == 0 && between <= 2*linkNear
	default:
		return p.sameWords(o) && between <= linkSame || p.sameContrast(o)
	}
}

// linkedByCause is linked for failures that are the targets' own: what they name, or say, is the same; or they are alike and
// began at once. That they began before anything was seen says nothing of when they did.
func (p *part) linkedByCause(o *part, between time.Duration) bool {
	near := !p.ep.before && between <= linkNear
	certificate := p.cause.Class == o.cause.Class && p.cause.Class == CauseTLSExpired
	switch {
	case p.samePlace(o), p.sameContrast(o):
		return true
	case certificate && near: // one certificate of many names, or those that one job renews
		return true
	case p.endpoint != "" && o.endpoint != "" && (!p.own || !o.own || !near && !certificate):
		return false
	case p.sameWords(o):
		return between <= linkSame
	}
	alike := p.cause.Class == o.cause.Class || transport(p.cause.Class) && transport(o.cause.Class)
	return alike && near
}

// own reports whether failures of a class are what is broken behind the target's name, as users or as probes see it.
func (k class) own() bool { return k == classServer || k == classProbe }

// linkedInside is linked for two parts of one target.
func (p *part) linkedInside(o *part, apart time.Duration) bool {
	overlap := o.from <= p.to+5
	between := o.ep.onset.at.sub(p.ep.onset.at)
	if !overlap {
		return false
	}
	if p.ep.class == o.ep.class {
		return false
	}
	if apart <= linkInside && between <= 2*linkInside {
		return true
	}
	follows := p.ep.class == classSlow && (o.ep.class == classServer || o.ep.class == classGaveUp) || o.ep.class == classSilence ||
		p.ep.class == classServer && o.ep.class == classProbe || p.ep.class == classProbe && o.ep.class == classServer
	return follows && between <= linkFollows
}

// unreachedTogether returns the indexes of parts, which are by their onsets, that say that our own network is down: most of the hosts
// that are probed stopped being reached at once, three of them or more.
func unreachedTogether(parts []*part, probedHosts int) (most []int) {
	const least = 3
	hosts := map[string]int{}
	var run []int
	for i, p := range parts {
		if !p.unreached() {
			continue
		}
		for len(run) > 0 && p.ep.onset.at.sub(parts[run[0]].ep.onset.at) > linkNear {
			first := parts[run[0]].tg.host()
			if hosts[first]--; hosts[first] == 0 {
				delete(hosts, first)
			}
			run = run[1:]
		}
		run = append(run, i)
		hosts[p.tg.host()]++
		if len(hosts) >= least && float64(len(hosts)) >= ownNetworkShare*float64(probedHosts) && len(run) > len(most) {
			most = slices.Clone(run)
		}
	}
	return most
}

// ownNetworkShare is the share of the hosts that are probed whose failing at once speaks of our own network.
const ownNetworkShare = 0.7

// unreached reports whether the part is of probes that do not get through.
func (p *part) unreached() bool {
	return p.ep.class == classProbe && p.ep.bad && transport(p.cause.Class) && p.cause.Class != CauseUpstream
}

// host is what a target's probes ask: the host of its URL, or its name where none is known.
func (tg *target) host() string {
	_, rest, ok := strings.Cut(tg.info.URL, "://")
	if !ok {
		return tg.name
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	if port := strings.LastIndexByte(rest, ':'); port > strings.LastIndexByte(rest, ']') { // behind the brackets of IPv6
		rest = rest[:port]
	}
	return cmp.Or(rest, tg.name)
}

// isItself reports whether an address or host is the target itself: the host of its URL, one of those that its results name, or one that
// is called like it.
func (tg *target) isItself(endpoint string) bool {
	host, _, _ := strings.Cut(endpoint, ":")
	if host == "" {
		return false
	}
	label, _, _ := strings.Cut(host, ".")
	if host == tg.host() || strings.EqualFold(label, tg.name) {
		return true
	}
	for _, f := range tg.traits.fields {
		if f.name == "host" && slices.ContainsFunc(f.values, func(v *trait) bool { return v.value == host }) {
			return true
		}
	}
	return false
}

func (p *part) samePlace(o *part) bool { return p.endpoint != "" && p.endpoint == o.endpoint }

func (p *part) sameWords(o *part) bool {
	return !p.generic && !o.generic && p.cause.Message == o.cause.Message && p.cause.Message != "" && p.cause.Outcome.Kind == o.cause.Outcome.Kind
}

// sameContrast reports whether both fail for one value of one field, other than a route or method.
func (p *part) sameContrast(o *part) bool {
	for _, a := range p.contrasts {
		if a.Field == fieldRoute || a.Field == fieldMethod || a.OfFailures < 0.8 {
			continue
		}
		for _, b := range o.contrasts {
			if a.Field == b.Field && a.Value == b.Value && b.OfFailures >= 0.8 {
				return true
			}
		}
	}
	return false
}

// transport reports whether a class is one of not getting through to something.
func transport(c CauseClass) bool {
	switch c {
	case CauseRefused, CauseUnreachable, CauseReset, CauseTimeout, CauseDNS, CauseUpstream, CauseOwnNetwork:
		return true
	default:
		return false
	}
}
