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
	case c.told:
		return "the application reports its breaker OPEN"
	case c.state == Unknown:
		return "nothing heard yet"
	case c.state == Stale:
		return tg.silent(at)
	case c.state == Healthy:
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
		return "no probe since it was announced " + span(at.sub(tg.announced)) + " ago"
	}
	what := "probe"
	if tg.origins[Traffic].last >= tg.origins[Probe].last {
		what = "request"
	}
	text := "no " + what + " for " + span(at.sub(tg.lastSeen))
	if last := tg.lastJudged(); last >= Throttled {
		text += ", was " + last.String()
	}
	return text
}

// lastJudged returns the state of the target's last news, however old.
func (tg *target) lastJudged() State {
	return max(tg.origins[Probe].judged.state, tg.origins[Traffic].judged.state)
}

func (tg *target) healthy(at instant) string {
	hour := tg.act.window(lastHour)
	if hour.Errors > 0 {
		return fmt.Sprintf("%s of %s requests failed in 60 min", percent(hour.Errors, hour.Requests), thousands(hour.Requests))
	}
	if age := at.sub(tg.firstSeen); age < time.Hour {
		return "no failures since it was first seen " + span(age) + " ago"
	}
	return "no failures in 60 min"
}

// words are what an origin's failures say.
func (v verdictOnOrigin) words(o Origin) string {
	noun := "requests"
	if o == Probe {
		noun = "probes"
	}
	did := "failed"
	if v.window > 0 {
		text := fmt.Sprintf("%s of %s %s failed in %s", percent(v.n, v.of), thousands(v.of), noun, span(v.window))
		if v.kind != 0 {
			text += ", most " + verb(v.kind)
		}
		return text
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
	case Timeout:
		return "timed out"
	case DNS:
		return "found no address"
	case Connect:
		return "could not connect"
	case TLS:
		return "failed the TLS handshake"
	case Protocol:
		return "got a broken answer"
	case Assertion:
		return "did not meet the expectations"
	case Validation:
		return "were not valid"
	case ShortCircuit:
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
	probe, traffic := tg.origins[Probe].judged, tg.origins[Traffic].judged
	if !tg.fresh(Probe, at) || !tg.fresh(Traffic, at) {
		return ""
	}
	switch {
	case probe.state == Healthy && traffic.state >= Throttled:
		return "probes are ok, but " + traffic.words(Traffic)
	case traffic.state == Healthy && probe.state >= Throttled:
		return "requests are ok, but " + probe.words(Probe)
	}
	return ""
}

// percent writes a share: "12 %", "0.4 %", "under 0.1 %".
func percent(n, of uint64) string {
	p := 100 * rate(of, n)
	switch {
	case p >= 10 || p == 0:
		// 99.6 % is not all of them.
		if whole := int(p + 0.5); whole < 100 || n == of {
			return strconv.Itoa(whole) + " %"
		}
		return "99 %"
	case p < 0.1:
		return "under 0.1 %"
	}
	return strconv.FormatFloat(p, 'f', 1, 64) + " %"
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

// thousands writes a count with commas.
func thousands(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
