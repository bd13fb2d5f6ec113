package tracker

import (
	"cmp"
	"slices"
	"strings"
)

const (
	causeSpan = 3 * 60 // minutes of an episode that are looked at for its cause: the newest
	causeMost = 0.6    // share of the failures that have to agree on something for it to be said of all
)

// A said is what groups of one outcome and message count together: one cause often fails on many routes.
type said struct {
	outcome Outcome
	message string
	excess  float64 // failures beyond what was usual
	top     *group  // that with the most of them
	topOf   float64
}

// explain finds what most failures of the part have in common.
func (p *part) explain(c *counts) {
	switch p.ep.class {
	case classSilence:
		p.cause = Cause{Class: CauseSilence}
		return
	case classSlow:
		p.cause = Cause{Class: CauseSlow}
		return
	default:
	}
	said, all := p.said(c)
	if p.side == wholeEpisode {
		p.scan = p.scanned(said, all)
	}
	if len(said) == 0 || all <= 0 {
		p.cause = Cause{Outcome: p.commonOutcome(), Class: CauseUnknown}
		p.cause.Class = p.classify("")
		return
	}
	most := &said[0]
	g := most.top
	if most.outcome == (Outcome{}) { // the others, which have nothing in common
		most.outcome, most.message = p.commonOutcome(), ""
	}
	p.cause = Cause{
		Outcome: most.outcome, Error: g.error, Message: most.message, Group: g.id, Share: min(most.excess/all, 1),
	}
	if most.topOf >= causeMost*all {
		p.cause.Method, p.cause.Route = g.method, g.route
	}
	text := g.error + " " + most.message
	if n := g.newestKept(); n != nil {
		p.raw = n.Message
		text = g.error + " " + n.Error + " " + n.Message
		if e := n.Evidence; e != nil {
			text += " " + e.Details
			if e.Stack != "" {
				text += " traceback"
			}
		}
	}
	p.endpoint, p.cause.Upstream = g.endpoint(), p.upstream(g)
	if p.endpoint == "" {
		p.endpoint = p.cause.Upstream
	}
	p.own = p.tg.isItself(p.endpoint)
	p.cause.Class = p.classify(text)
	p.generic = generic(most.message, g.error)
}

// said adds up the groups of the part's class by outcome and message, the largest first, and all of their failures.
func (p *part) said(c *counts) (list []said, all float64) {
	from := max(p.from, p.to-causeSpan)
	ratio := 0.0 // requests in the span for each of the hour before
	if _, before := c.before(p.ep.class, p.ep.slow, p.from-60, p.from); before > 0 {
		_, now := c.of(p.ep.class, p.ep.slow, from, p.to)
		ratio = now / before
	}
	for _, g := range p.tg.groups {
		if g.classes()&(1<<p.ep.class) == 0 || g.last < minuteStart(from) || g.first >= minuteStart(p.to) || p.side != wholeEpisode && p.tg.traits.succeeded(g.route) != (p.side == besideScan) {
			continue
		}
		n := float64(g.day.sum(from, p.to)) - ratio*float64(g.day.sum(max(p.from-60, (g.edge/60-hourSlots+1)*60, 0), p.from))
		if n <= 0 {
			continue
		}
		all += n
		i := slices.IndexFunc(list, func(s said) bool { return s.outcome == g.outcome && s.message == g.message })
		if i < 0 {
			i = len(list)
			list = append(list, said{outcome: g.outcome, message: g.message})
		}
		s := &list[i]
		s.excess += n
		if s.top == nil || n > s.topOf || n == s.topOf && g.id < s.top.id {
			s.top, s.topOf = g, n
		}
	}
	slices.SortFunc(list, func(a, b said) int {
		return cmp.Or(cmp.Compare(b.excess, a.excess), cmp.Compare(a.message, b.message), cmp.Compare(a.outcome.Status, b.outcome.Status), cmp.Compare(a.outcome.Kind, b.outcome.Kind))
	})
	return list, all
}

// classes are the classes that a group's errors count in, as bits: as those of traffic, or of probes.
func (g *group) classes() uint32 {
	if g.message == otherName && g.outcome == (Outcome{}) {
		return 1<<classNotFound | 1<<classCaller
	}
	return 1<<classOf(g.outcome) | 1<<classProbe
}

func (g *group) newestKept() *Failure {
	kept := g.kept()
	if len(kept) == 0 {
		return nil
	}
	return slices.MaxFunc(kept, byContent)
}

// commonOutcome is the outcome of most failures of the class by what is counted, where no group says more.
func (p *part) commonOutcome() (out Outcome) {
	best := uint64(0)
	for _, s := range p.tg.act.columns {
		if s.key == inconclusive || !s.key.kind().Failed() || !s.key.kind().Sent() || s.key.class() != p.ep.class {
			continue
		}
		n := uint64(0)
		s.hours.each(max(p.from, p.to-causeSpan), p.to, func(_ int64, count uint32) { n += uint64(count) })
		if n > best {
			best, out = n, s.key.outcome()
		}
	}
	return out
}

// endpoint returns the address or host that all kept errors of a group name, "" where they do not agree.
func (g *group) endpoint() (endpoint string) {
	for i, f := range g.kept() {
		e := endpointOf(f.Message)
		if i > 0 && e != endpoint {
			return ""
		}
		endpoint = e
	}
	return endpoint
}

// upstream returns what stands behind the target's name where most failures have it in common.
func (p *part) upstream(g *group) string {
	for _, f := range p.tg.traits.fields {
		if f.name != "upstream" {
			continue
		}
		best, most, all := "", 0.0, 0.0
		for _, v := range f.values {
			y, _ := v.sum(p.ep.class.callers(), p.from/60, (p.to-1)/60)
			if all += y; y > most {
				best, most = v.value, y
			}
		}
		if most >= 0.8*all && all > 0 {
			return best
		}
		return ""
	}
	upstream := ""
	for i, f := range g.kept() {
		if f.Evidence == nil || i > 0 && f.Evidence.Upstream != upstream {
			return ""
		}
		upstream = f.Evidence.Upstream
	}
	return upstream
}

// generic reports whether a message says no more than its status.
func generic(message, err string) bool {
	text := strings.ToLower(strings.TrimSpace(message))
	if text == "" {
		text = strings.ToLower(err)
	}
	switch text {
	case "", "error", "internal server error", "bad gateway", "service unavailable", "gateway timeout", "gateway time-out", "internal error", "unauthorized",
		"forbidden", "not found", "bad request", "too many requests", "server error", "unknown error", "failed", "timeout", "request failed", "{n}", "http {n}":
		return true
	}
	return len(text) < 4
}

// classify says what class of cause the part has, by its class, the text of its errors, and what they have in common.
func (p *part) classify(text string) CauseClass {
	switch p.cause.Outcome.Kind {
	case KindRateLimited:
		if containsAny(text, quotaWords) {
			return CauseQuota
		}
		return CauseRateLimit
	case KindAuth, KindForbidden:
		return p.refused(text)
	case KindNotFound:
		return p.missing()
	case KindInvalid, KindClient:
		return p.malformed(text)
	default:
		return classifyOwn(p.cause.Outcome, causeOfWords(text))
	}
}

// classifyOwn is classify for failures that are not the callers': words is the class that the text speaks of. Where the kind
// says what failed, the words only say it more exactly.
func classifyOwn(o Outcome, words CauseClass) CauseClass {
	exactly := func(byDefault CauseClass, by ...CauseClass) CauseClass {
		if slices.Contains(by, words) {
			return words
		}
		return byDefault
	}
	switch o.Kind {
	case KindTLS:
		return exactly(CauseTLS, CauseTLSExpired, CauseTLSAuthority, CauseTLSHost)
	case KindDNS:
		return CauseDNS
	case KindConnect:
		return exactly(CauseRefused, CauseUnreachable, CauseReset)
	case KindTimeout:
		return exactly(CauseTimeout, CausePoolExhausted, CauseDeadlock, CauseDNS)
	case KindAssertion:
		return CauseAssertion
	default:
	}
	if words != CauseUnknown {
		return words
	}
	if o.Kind == KindProtocol {
		return CauseProtocol
	}
	switch o.Status {
	case 502, 520, 521, 522, 523: // 520 to 526 are Cloudflare's
		return CauseUpstream
	case 504, 524:
		return CauseTimeout
	case 503, 529:
		return CauseOverload
	case 525, 526:
		return CauseTLS
	case 507:
		return CauseDiskFull
	}
	return CauseServer
}

// callersField reports whether a contrast tells who asks.
func callersField(name string) bool {
	switch name {
	case "client", "tenant", "account", "customer", "user", "org", "organisation", "organization", "workspace", "project", "team", "api_key", "key_id", "consumer":
		return true
	}
	return false
}

func releaseField(name string) bool {
	switch name {
	case "release", "agent", "version", "app_version", "client_version", "sdk", "platform", "os", "user_agent":
		return true
	}
	return false
}

// ofOne returns whether most failures are of one value of some fields that has a smaller part of the requests.
func (p *part) ofOne(field func(string) bool) bool {
	return slices.ContainsFunc(p.contrasts, func(c Contrast) bool { return field(c.Field) && c.OfFailures >= 0.7 })
}

func (p *part) refused(text string) CauseClass {
	if p.scan {
		return CauseScanner
	}
	if containsAny(text, planWords) && !containsAny(text, keyWords) {
		return CausePlan
	}
	switch {
	case p.cause.Outcome.Kind == KindAuth && p.ofOne(callersField):
		return CauseTenantKey
	case p.cause.Outcome.Kind == KindAuth:
		return CauseKey
	case p.ofOne(callersField) && containsAny(text, keyWords):
		return CauseTenantKey
	}
	return CauseForbidden
}

func (p *part) missing() CauseClass {
	switch {
	case p.scan:
		return CauseScanner
	case p.ofOne(releaseField) && !p.ofOne(func(f string) bool { return f == fieldRoute }):
		return CauseClientRelease
	case p.cause.Route != "", p.ofOne(func(f string) bool { return f == fieldRoute }):
		return CauseRouteRemoved
	}
	return CauseBadRequests
}

func (p *part) malformed(text string) CauseClass {
	switch {
	case p.scan:
		return CauseScanner
	case p.cause.Outcome.Status == 402:
		return CausePlan
	case gaveUp(p.cause.Outcome):
		return CauseSlow
	case p.cause.Outcome.Status == 408:
		return CauseTimeout
	case p.ofOne(releaseField):
		return CauseClientRelease
	case p.cause.Outcome.Status >= 402 && p.cause.Outcome.Status != 422 && containsAny(text, planWords):
		return CausePlan
	}
	return CauseBadRequests
}
