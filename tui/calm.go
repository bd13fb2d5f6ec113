package tui

import (
	"strconv"
	"time"

	"errtop/internal/event"
	"errtop/internal/human"
	"errtop/tracker"
)

// calm draws that nothing is wrong, and since when.
func (h *headline) calm(a area) {
	p := a.row(0)
	p.space(1)
	known, usual, few, latest := h.count()
	if h.lost(a, p, known) {
		return
	}
	if known+usual+few == 0 {
		p.text(a.styles.StateBadge(tracker.StateUnknown), " "+a.glyphs.state(tracker.StateUnknown)+" waiting ")
		p.text(a.styles.Text, " Nothing was heard yet.")
		p = a.row(1)
		p.space(1)
		p.text(a.styles.Muted, "Probes and sources report here as soon as the first result is in.")
		return
	}
	p.text(a.styles.StateBadge(tracker.StateOK), " "+a.glyphs.state(tracker.StateOK)+h.well(known, usual))
	fails := "fail"
	if usual == 1 {
		fails = "fails"
	}
	switch {
	case known+usual == 0:
		p.text(a.styles.Text, " "+human.Plural(few, "target")+" failed a few times only")
	case known == 0:
		p.text(a.styles.Text, " "+human.Plural(usual, "target")+" "+fails+" no more than usual")
	default:
		p.text(a.styles.Text, " "+human.Plural(known, "target"))
		if lasts := a.now.Sub(latest); lasts >= time.Second { // of a log of one moment there is nothing to say
			p.text(a.styles.Text, ", for "+human.Span(lasts))
		}
		if usual > 0 {
			p.text(a.styles.Muted, "; "+strconv.Itoa(usual)+" "+fails+" as usual")
		}
	}
	if few > 0 && known+usual > 0 {
		p.text(a.styles.Muted, "; "+strconv.Itoa(few)+" too rare to judge")
	}
	if rest := len(h.snap.Targets) - known - usual - few; rest > 0 {
		p.text(a.styles.Muted, "; "+strconv.Itoa(rest)+" not heard of yet")
	}
	text := human.Count(h.hour.errors) + " of " + human.Count(h.hour.requests) + " requests failed in the last hour (" + human.Percent(h.hour.ratio()) + ")."
	if over := h.lately(a); over != "" {
		if a.h == 2 {
			text = over
		} else {
			p = a.row(2)
			p.space(1)
			p.text(a.styles.Text, over)
		}
	}
	p = a.row(1)
	p.space(1)
	p.text(a.styles.Muted, text)
}

// count counts the targets that are ok, those that fail as usual, and those that failed too few times to judge; latest is when the last
// of the first became ok.
func (h *headline) count() (known, usual, few int, latest time.Time) {
	for i := range h.snap.Targets {
		switch t := h.snap.Targets[i]; {
		case t.State == tracker.StateOK:
			known++
			if t.Since.After(latest) {
				latest = t.Since
			}
		case asUsual(t):
			usual++
		case tooFew(t):
			few++
		}
	}
	return known, usual, few, latest
}

// lately says which incident ended last, within the last day: "over 10m ago: inventory connection refused, after 18m, …".
func (h *headline) lately(a area) string {
	var newest *tracker.Incident
	others := 0
	for i := range h.snap.Incidents {
		switch in := &h.snap.Incidents[i]; {
		case in.Ongoing() || h.snap.At.Sub(in.End) > 24*time.Hour:
		case newest == nil || in.End.After(newest.End):
			newest = in
			others++
		default:
			others++
		}
	}
	if newest == nil {
		return ""
	}
	text := "over " + age(newest.End, h.snap.At) + ": " + newest.Lead().Name + " " + event.Cost(newest) + ": " + event.IncidentTitleIn(h.snap, newest)
	if others > 1 && h.keys != nil {
		more := "; " + human.Plural(others-1, "more incident") + " today: " + h.keys.key(View6)
		if width(text)+width(more) < a.w {
			text += more
		}
	}
	return text
}

// lost draws which source cannot be read, and reports whether there is one: targets whose results are not read are not ok.
func (h *headline) lost(a area, p pen, known int) bool {
	failed, first := 0, -1
	for i := range h.snap.Sources {
		if h.snap.Sources[i].State == tracker.SourceFailed {
			if failed++; first < 0 {
				first = i
			}
		}
	}
	if first < 0 || h.snap.Past { // a source's health is always that of now
		return false
	}
	s := &h.snap.Sources[first]
	p.text(a.styles.StateBadge(tracker.StateFailing), " "+a.glyphs.state(tracker.StateFailing)+" source failed ")
	p.space(1)
	p.text(a.styles.Strong, s.Name)
	p.text(a.styles.Failing, " "+s.Problem)
	p = a.row(1)
	p.space(1)
	rest := human.Plural(known, "target") + " ok of what is read."
	if failed > 1 {
		rest = human.Plural(failed, "source") + " failed; " + rest
	}
	p.text(a.styles.Muted, rest)
	return true
}

// well says in a word or two how calm it is, and in which place of a fleet, where the picture is of one alone.
func (h *headline) well(known, usual int) (text string) {
	switch {
	case known+usual == 0:
		text = " too few to tell "
	case known == 0:
		text = " as usual "
	case h.snap.LogTime && loaded(h.snap) > 0: // what is not read yet may be the outage
		text = " ok so far "
	default:
		text = " all ok "
	}
	if fleet := h.snap.Fleet; fleet != nil && fleet.Alone != "" {
		text += "in " + fleet.Alone + " "
	}
	return text
}
