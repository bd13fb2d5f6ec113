package tracker

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	incidentsKept = 200              // shown: those that go on, then the newest of those that are over
	markBefore    = 30 * time.Minute // a mark so long before an onset may have to do with it
	markAfter     = 90 * time.Second // and one that is told a little late
)

// showIncidents returns the incidents as of the moment shown, and notes in each target which one it is part of.
func (t *ErrorTracker) showIncidents() []Incident {
	minute := t.clock.shown().minute()
	var parts []*part
	for _, tg := range t.view.targets {
		tg.incident = 0
		list := tg.parts(minute)
		for i := range list {
			list[i].look(&t.sums)
			parts = append(parts, list[i].apartFromScan(&t.sums)...)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	var out []Incident
	probedHosts := t.probedHosts()
	for _, together := range incidentsOf(parts, probedHosts) {
		out = append(out, t.incident(together, minute, probedHosts))
	}
	slices.SortFunc(out, func(a, b Incident) int {
		if a.Ongoing() != b.Ongoing() {
			if a.Ongoing() {
				return -1
			}
			return 1
		}
		if a.Ongoing() {
			return cmp.Or(cmp.Compare(b.Harm, a.Harm), a.Onset.At.Compare(b.Onset.At), cmp.Compare(a.ID, b.ID))
		}
		return cmp.Or(b.End.Compare(a.End), cmp.Compare(b.Harm, a.Harm), cmp.Compare(a.ID, b.ID))
	})
	out = out[:min(len(out), incidentsKept)]
	for i := len(out) - 1; i >= 0; i-- { // the first that a target is part of is the one that matters
		if !out[i].Ongoing() {
			continue
		}
		for _, part := range out[i].Targets {
			if tg := t.targets[part.Name]; tg != nil && part.State != IncidentOver {
				tg.incident = out[i].ID
			}
		}
	}
	return out
}

// incident puts one together from its parts, the first of which began first.
func (t *ErrorTracker) incident(parts []*part, minute int64, probedHosts int) Incident {
	found := slices.MinFunc(parts, func(a, b *part) int {
		return cmp.Or(cmp.Compare(a.ep.detected, b.ep.detected), cmp.Compare(a.tg.name, b.tg.name), cmp.Compare(a.ep.class, b.ep.class))
	})
	id := newFNV().text(found.tg.name).number(int(found.ep.class)).number(int(found.ep.detected))
	if found.side == besideScan { // the scan beside it has the same episode
		id = id.number(int(CauseScanner))
	}
	in := Incident{
		ID:    uint64(id),
		State: IncidentOver, Onset: t.shownOnset(parts[0].ep), BaselineKnown: true, Scan: true,
	}
	var lead *part
	var harm float64
	byTarget := map[*target][]*part{}
	var order []*target
	for _, p := range parts {
		in.Signals |= p.ep.class.signal()
		in.State = worstState(in.State, p.state)
		in.Scan = in.Scan && p.scan
		in.BaselineKnown = in.BaselineKnown && p.ep.known
		in.BaselineThin = in.BaselineThin || p.ep.thin
		if lead == nil || p.leads(lead) {
			lead = p
		}
		if byTarget[p.tg] == nil {
			order = append(order, p.tg)
		}
		byTarget[p.tg] = append(byTarget[p.tg], p)
	}
	most := map[string]float64{}
	for _, tg := range order {
		in.Targets = append(in.Targets, t.shownTarget(byTarget[tg], minute))
		for _, p := range byTarget[tg] {
			most[tg.name] = max(most[tg.name], p.harm)
		}
		harm += most[tg.name]
	}
	slices.SortStableFunc(in.Targets, func(a, b IncidentTarget) int {
		return cmp.Or(cmp.Compare(rankOf(b.State), rankOf(a.State)), cmp.Compare(most[b.Name], most[a.Name]), cmp.Compare(a.Name, b.Name))
	})
	in.Harm = harm
	in.Cause, in.Contrasts = lead.cause, lead.contrasts
	in.Trend, in.TrendNote = lead.trend, lead.note
	if in.State == IncidentOver {
		in.Trend, in.TrendNote = TrendOver, ""
	}
	t.total(&in, parts, lead)
	if len(unreachedTogether(parts, probedHosts)) > 0 {
		in.Cause.Class = CauseOwnNetwork
	}
	in.Common = common(&in, parts)
	in.Mark = t.markBefore(&in)
	in.Timeline = t.timeline(&in)
	return in
}

func rankOf(s IncidentState) int {
	if s == IncidentOver || s == IncidentRecovering {
		return 0
	}
	return 1
}

// leads reports whether a part says more about an incident than another: it goes on, and does more harm. That answers are
// slow says little beside failures, which have messages.
func (p *part) leads(o *part) bool {
	tells := func(p *part) float64 {
		if p.ep.class == classSlow {
			return 0.2 * p.harm
		}
		return p.harm
	}
	return cmp.Or(cmp.Compare(rankOf(p.state), rankOf(o.state)), cmp.Compare(tells(p), tells(o)), -p.ep.compare(o.ep), cmp.Compare(o.tg.name, p.tg.name)) > 0
}

// total adds up what an incident cost.
func (t *ErrorTracker) total(in *Incident, parts []*part, lead *part) {
	var now, usual float64
	for i := range in.Targets {
		tg := &in.Targets[i]
		in.Requests += tg.Requests
		in.Failed += tg.Failed
		weight := max(tg.RateNow, 0.01)
		now += tg.Now * weight
		usual += tg.Usual * weight
		if in.State == IncidentOver && tg.End.After(in.End) {
			in.End = tg.End
		}
		if info := t.targets[tg.Name]; info != nil && info.info.Objective > 0 && info.info.Objective < 1 {
			day := info.shown.Activity.Day.Requests
			if day > 0 {
				in.BudgetSpent = max(in.BudgetSpent, float64(tg.Failed)/(float64(day)*(1-info.info.Objective)))
			}
		}
	}
	weights := 0.0
	for i := range in.Targets {
		weights += max(in.Targets[i].RateNow, 0.01)
	}
	in.Now, in.Usual = now/weights, usual/weights
	for _, p := range parts {
		if e := p.ep; e.class.signal() == SignalFailures && e.peak.failed > 0 && (p == lead || in.Peak.PerMinute == 0) {
			in.Peak = Peak{At: t.clock.time(minuteStart(e.peak.minute)), Share: e.peak.share, PerMinute: uint64(e.peak.failed)}
		}
	}
}

// probedHosts counts the hosts that are probed.
func (t *ErrorTracker) probedHosts() int {
	hosts := map[string]bool{}
	for _, tg := range t.view.targets {
		if tg.probed {
			hosts[tg.host()] = true
		}
	}
	return len(hosts)
}

// common says what an incident's targets have in common.
func common(in *Incident, parts []*part) string {
	if len(in.Targets) < 2 {
		return ""
	}
	if in.Cause.Class == CauseOwnNetwork {
		return "our own network looks down"
	}
	lead := slices.MaxFunc(parts, func(a, b *part) int {
		if a.leads(b) {
			return 1
		}
		return -1
	})
	all := func(same func(*part) bool) bool {
		n := 0
		for _, p := range parts {
			if p.ep.class == lead.ep.class && same(p) {
				n++
			}
		}
		return 10*n >= 8*len(in.Targets)
	}
	switch {
	case lead.endpoint != "" && all(lead.samePlace):
		if lead.endpoint == lead.cause.Upstream {
			return "upstream " + lead.endpoint
		}
		return lead.endpoint
	case len(lead.contrasts) > 0 && all(lead.sameContrast):
		for _, c := range lead.contrasts {
			if c.Field != fieldRoute && c.Field != fieldMethod {
				return c.Field + " " + c.Value
			}
		}
	case in.Signals == SignalSilence:
		return "all fell silent together"
	case all(lead.sameWords):
		return lead.cause.Message
	}
	return "began together"
}

// markBefore returns the last mark before an incident began that may have to do with it.
func (t *ErrorTracker) markBefore(in *Incident) *Mark {
	if in.Onset.Before {
		return nil
	}
	var found *Mark
	for i := range t.view.marks {
		m := &t.view.marks[i]
		if m.At.Before(in.Onset.Earliest.Add(-markBefore)) || m.At.After(in.Onset.At.Add(markAfter)) || !in.concerns(m) {
			continue
		}
		if found == nil || !m.At.Before(found.At) {
			found = m
		}
	}
	return found
}

func (i *Incident) concerns(m *Mark) bool {
	if m.Target == "" {
		return true
	}
	return slices.ContainsFunc(i.Targets, func(tg IncidentTarget) bool { return strings.EqualFold(tg.Name, m.Target) })
}

// timeline tells an incident in order.
func (t *ErrorTracker) timeline(in *Incident) []IncidentEvent {
	var out []IncidentEvent
	for i := range in.Targets {
		tg := &in.Targets[i]
		kind, text := EventSpread, "joined: "+tg.Signals.String()
		if tg.Onset.At.Equal(in.Onset.At) {
			kind, text = EventOnset, "began: "+tg.Signals.String()
		}
		out = append(out, IncidentEvent{At: tg.Onset.At, Kind: kind, Target: tg.Name, Text: text})
		if !tg.End.IsZero() {
			out = append(out, IncidentEvent{At: tg.End, Kind: EventRecovery, Target: tg.Name, Text: "back at what is usual"})
		}
	}
	if in.Mark != nil {
		out = append(out, IncidentEvent{At: in.Mark.At, Kind: EventMark, Target: in.Mark.Target, Text: in.Mark.Text})
	}
	end := t.clock.time(t.clock.shown())
	if in.State == IncidentOver {
		end = in.End.Add(reopenFor * time.Minute)
	}
	for i := range t.view.marks {
		if m := &t.view.marks[i]; m != in.Mark && in.concerns(m) && m.At.After(in.Onset.At) && m.At.Before(end) {
			out = append(out, IncidentEvent{At: m.At, Kind: EventMark, Target: m.Target, Text: m.Text})
		}
	}
	if in.Peak.PerMinute > 0 {
		out = append(out, IncidentEvent{At: in.Peak.At, Kind: EventPeak, Text: fmt.Sprintf("worst minute: %d failed", in.Peak.PerMinute)})
	}
	if in.State == IncidentOver {
		out = append(out, IncidentEvent{At: in.End, Kind: EventEnd, Text: "over"})
	}
	slices.SortStableFunc(out, func(a, b IncidentEvent) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Kind, b.Kind)) })
	const kept = 100
	return out[:min(len(out), kept)]
}
