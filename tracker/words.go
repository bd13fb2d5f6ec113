package tracker

import (
	"fmt"
	"strconv"
	"time"
)

// reason says in words why the target is in its state.
func (tg *target) reason(at instant) string {
	c := tg.cond
	switch {
	case c.byApp:
		return "the application reports its breaker OPEN"
	case c.state == StateUnknown && tg.lastSeen > 0:
		return "nothing was sent yet"
	case c.state == StateUnknown:
		return "nothing heard yet"
	case c.state == StateStale:
		return tg.silent(at)
	case c.state == StateOK:
		return tg.healthy(at)
	default:
		return c.by.words(c.origin)
	}
}

func (tg *target) silent(at instant) string {
	for _, c := range tg.act.columns {
		if c.key == inconclusive && c.total[lastFive] > 0 {
			return "nothing conclusive: our own network looked down"
		}
	}
	if !tg.heard() {
		return "no probe since it was announced " + span(at.sub(tg.announced)-tg.unlived) + " ago"
	}
	what, by := "probe", OriginProbe
	if tg.origins[OriginTraffic].last >= tg.origins[OriginProbe].last {
		what, by = "request", OriginTraffic
	}
	text := "no " + what + " for " + span(at.sub(tg.lastSeen)-tg.origins[by].unlived)
	if last := tg.lastJudged(); last >= StateThrottled {
		text += ", was " + last.String()
	}
	return text
}

// lastJudged returns the state of the target's last news, however old.
func (tg *target) lastJudged() TargetState {
	return max(tg.origins[OriginProbe].judged.state, tg.origins[OriginTraffic].judged.state)
}

// healthy says what was judged first, the last five minutes or the last outcomes: after an outage the hour is still full of
// it, and alone would read as if the target were not well at all.
func (tg *target) healthy(at instant) string {
	five, hour := tg.together(lastFive), tg.together(lastHour)
	if hour.errors == 0 {
		if age := at.sub(tg.firstSeen); age < time.Hour {
			return "no failures since it was first seen " + span(age) + " ago"
		}
		return "no failures in 60 min"
	}
	noun, o := " requests", OriginTraffic
	if tg.shares[OriginTraffic][lastHour].requests == 0 {
		noun, o = " probes", OriginProbe
	}
	switch recent := tg.origins[o].judgeRecent(); {
	case five == hour && o == OriginTraffic:
		return five.words(noun) + " failed in 5 min"
	case tg.shares[OriginTraffic][lastFive].requests < fewRequests && recent.n == 0:
		return fmt.Sprintf("the last %d%s succeeded; ", recent.of, noun) + hour.words("") + " failed in 60 min"
	case tg.shares[OriginTraffic][lastFive].requests < fewRequests:
		return recent.words(o) + "; " + hour.words("") + " failed in 60 min"
	case five.errors == 0:
		return "no failures in 5 min; " + hour.words(noun) + " failed in 60 min"
	default:
		return five.words(noun) + " failed in 5 min; " + hour.words("") + " in 60 min"
	}
}

// together returns the share of failures of both origins in a window.
func (tg *target) together(w int) share {
	p, t := tg.shares[OriginProbe][w], tg.shares[OriginTraffic][w]
	return share{requests: p.requests + t.requests, errors: p.errors + t.errors, limited: p.limited + t.limited}
}

// words are the share and what it is one of: "0.3 % of 300 requests".
func (s share) words(noun string) string {
	text := appendPercent(make([]byte, 0, 64), s.errors, s.requests)
	return string(append(appendThousands(append(text, " of "...), s.requests), noun...))
}

// words are what an origin's failures say.
func (v verdictOnOrigin) words(o Origin) string {
	noun := "requests"
	if o == OriginProbe {
		noun = "probes"
	}
	did := "failed"
	if v.window > 0 {
		text := appendPercent(make([]byte, 0, 96), v.n, v.of)
		text = appendThousands(append(text, " of "...), v.of)
		text = append(append(append(append(text, ' '), noun...), " failed in "...), span(v.window)...)
		switch {
		case v.kind != 0 && v.all:
			text = append(append(text, ", all "...), verb(v.kind)...)
		case v.kind != 0:
			text = append(append(text, ", most "...), verb(v.kind)...)
		}
		return string(text)
	}
	if v.kind != 0 {
		did = verb(v.kind)
	}
	if v.of == 1 {
		return "the only " + noun[:len(noun)-1] + " so far " + did
	}
	return fmt.Sprintf("%d of the last %d %s %s", v.n, v.of, noun, did)
}

// verb says what an outcome did: "timed out", "answered 503".
func verb(k outcomeKey) string {
	o := k.outcome()
	switch o.Kind {
	case KindTimeout:
		return "timed out"
	case KindDNS:
		return "found no address"
	case KindConnect:
		return "could not connect"
	case KindTLS:
		return "failed the TLS handshake"
	case KindProtocol:
		return "got a broken answer"
	case KindAssertion:
		return "did not meet the expectations"
	case KindValidation:
		return "were not valid"
	case KindShortCircuit:
		return "were held back by a breaker"
	default:
		if o.Status != 0 {
			return "answered " + strconv.Itoa(o.Status)
		}
		return "failed with " + o.Kind.String()
	}
}

// disagreement says where one origin is well and the other is not.
func (tg *target) disagreement(at instant) string {
	probe, traffic := tg.origins[OriginProbe].judged, tg.origins[OriginTraffic].judged
	if !tg.fresh(OriginProbe, at) || !tg.fresh(OriginTraffic, at) {
		return ""
	}
	switch {
	case probe.state == StateOK && traffic.state >= StateThrottled:
		return "probes are ok, but " + traffic.words(OriginTraffic)
	case traffic.state == StateOK && probe.state >= StateThrottled:
		return "requests are ok, but " + probe.words(OriginProbe)
	}
	return ""
}

// appendPercent writes a share: "12 %", "0.4 %", "under 0.1 %".
func appendPercent(b []byte, n, of uint64) []byte {
	p := 100 * ratio(n, of)
	switch whole := int64(p + 0.5); {
	case p > 0 && p < 0.1:
		b = append(b, "under 0.1"...)
	case p > 0 && p < 10:
		b = strconv.AppendFloat(b, p, 'f', 1, 64)
	case whole == 100 && n < of: // 99.6 % is not all of them
		b = append(b, "99"...)
	default:
		b = strconv.AppendInt(b, whole, 10)
	}
	return append(b, " %"...)
}

// appendThousands writes a count with commas.
func appendThousands(b []byte, n uint64) []byte {
	if n < 1000 {
		return strconv.AppendUint(b, n, 10)
	}
	b = appendThousands(b, n/1000)
	rest := n % 1000
	return append(b, ',', byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
}

// span writes a duration in one unit: "45 s", "12 min", "3 h", "2 d".
func span(d time.Duration) string {
	switch {
	case d < 2*time.Minute && d%time.Minute != 0:
		return fmt.Sprintf("%d s", max(d, 0)/time.Second)
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	default:
		return fmt.Sprintf("%d d", d/(24*time.Hour))
	}
}
