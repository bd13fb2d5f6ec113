package tui

import (
	"strconv"
	"strings"
	"time"

	"errtop/internal/event"
	"errtop/internal/human"
	"errtop/tracker"
)

// headline answers the five questions for one target in trouble: what is broken, since when, why, what to do about it, and
// is it getting better. It starts with the worst and can be turned to the next.
type headline struct {
	snap    *tracker.Snapshot
	trouble []*tracker.Target // the worst first
	shown   string            // the target it was turned to; "" for the worst
	keys    *KeyMap           // for hints; nil where nobody can press one
}

// SetSnapshot takes a new picture.
func (h *headline) SetSnapshot(snap *tracker.Snapshot) {
	h.snap = snap
	h.trouble = h.trouble[:0]
	for i := range snap.Targets {
		if snap.Targets[i].State > tracker.StateOK {
			h.trouble = append(h.trouble, &snap.Targets[i])
		}
	}
}

// HandleKey turns to the next or the previous target in trouble.
func (h *headline) HandleKey(a Action) bool {
	var step int
	switch a {
	case WorseNext:
		step = 1
	case WorsePrevious:
		step = -1
	default:
		return false
	}
	if n := len(h.trouble); n > 0 {
		h.shown = h.trouble[(h.index()+step+n)%n].Name
	}
	return true
}

func (h *headline) index() int {
	for i, t := range h.trouble {
		if t.Name == h.shown {
			return i
		}
	}
	return 0
}

// target returns the target that the headline is about, nil where nothing is wrong.
func (h *headline) target() *tracker.Target {
	if len(h.trouble) == 0 {
		return nil
	}
	return h.trouble[h.index()]
}

// View draws one to three lines; what is first in importance is first to stay.
func (h *headline) View(a area) {
	if h.snap == nil {
		return
	}
	if t := h.target(); t != nil {
		h.wrong(a, t)
		return
	}
	h.calm(a)
}

func (h *headline) wrong(a area, t *tracker.Target) {
	p := a.row(0)
	p.space(1)
	p.text(a.styles.StateBadge(t.State), " "+a.glyphs.state(t.State)+" "+t.State.String()+" ")
	p.space(1)
	p.text(a.styles.Strong, t.Name)
	p.space(1)
	trend := trendOf(&t.Activity, h.snap.At)
	right := ""
	if t.Activity.Hour.Errors > 0 {
		right = strings.TrimSuffix(human.Rate(trend.now)+"/min "+trend.sign(a.glyphs), " ")
		if a.w >= 100 {
			right += " " + trend.words()
		}
	}
	end := a.w - width(right) - 2
	if a.h > 2 { // narrow: since and why have a line of their own
		p.to(end)
		p.text(a.styles.Strong, right)
		p = a.row(1)
		p.space(1)
		h.sinceAndWhy(&p, t)
	} else {
		body := p
		body.end = a.x + max(end-1, p.at())
		h.sinceAndWhy(&body, t)
		p.to(end)
		p.text(a.styles.Strong, right)
	}

	p = a.row(a.h - 1)
	if a.h < 2 {
		return
	}
	p.space(1)
	hint := h.hint(a.w)
	body := p
	body.end = a.x + a.w - width(hint) - 2
	h.todo(&body, t)
	p.to(a.w - width(hint) - 1)
	p.text(a.styles.Faint, hint)
}

func (h *headline) sinceAndWhy(p *pen, t *tracker.Target) {
	p.text(p.styles.Text, strings.TrimSpace(human.Since(t.Since, p.now, p.loc)))
	if why := h.why(t); why != "" {
		p.text(p.styles.Muted, ": ")
		p.text(p.styles.State(t.State), why)
	}
}

// hint says which target in trouble this is, and the keys for the others and for the evidence.
func (h *headline) hint(w int) string {
	hint := ""
	if h.keys != nil && w >= 100 {
		hint = h.keys.key(Evidence) + " evidence"
	}
	if n := len(h.trouble); n > 1 {
		if hint != "" {
			hint += "  "
		}
		hint += strconv.Itoa(h.index()+1) + " of " + strconv.Itoa(n)
		if h.keys != nil {
			hint += " " + h.keys.key(WorsePrevious) + " " + h.keys.key(WorseNext)
		}
	}
	return hint
}

// why says the status and the cause, and where it stands alone, the tracker's own reason.
func (h *headline) why(t *tracker.Target) string {
	if t.Disagreement != "" {
		return t.Disagreement
	}
	if t.State == tracker.StateStale || t.Cause == nil {
		return t.Reason
	}
	if newest := t.Cause.Example; newest != nil {
		return event.Title(newest.Outcome(), newest.Error, newest.Message)
	}
	return event.GroupTitle(t.Cause)
}

func (h *headline) todo(p *pen, t *tracker.Target) {
	p.text(p.styles.Accent, p.glyphs.arrow)
	p.space(1)
	if t.State == tracker.StateStale || t.Cause == nil {
		p.text(p.styles.Text, "Check whether the source still delivers, and whether anybody still asks.")
		return
	}
	p.text(p.styles.Text, p.advisor.ForGroup(t.Cause).Action)
	if left := t.NextTry.Sub(p.now); left > 0 {
		p.text(p.styles.Accent, "  "+nextTry(t)+" in "+human.Countdown(left))
	}
	if p.left() > 40 {
		p.text(p.styles.Muted, "  Usual causes: "+join(p.advisor.ForGroup(t.Cause).Causes))
	}
}

// nextTry says what happens at Target.NextTry: the breaker's trial, or the reset that the API named.
func nextTry(t *tracker.Target) string {
	for _, b := range t.Breakers {
		if b.State == tracker.BreakerOpen && b.RetryAt.Equal(t.NextTry) {
			return "next trial"
		}
	}
	return "resets"
}

func join(items []string) string { return strings.Join(items, ", ") + "." }

// calm says that nothing is wrong, and since when.
func (h *headline) calm(a area) {
	p := a.row(0)
	p.space(1)
	known, latest := 0, time.Time{}
	for i := range h.snap.Targets {
		if t := &h.snap.Targets[i]; t.State == tracker.StateOK {
			known++
			if t.Since.After(latest) {
				latest = t.Since
			}
		}
	}
	if h.lost(a, p, known) {
		return
	}
	if known == 0 {
		p.text(a.styles.StateBadge(tracker.StateUnknown), " "+a.glyphs.state(tracker.StateUnknown)+" waiting ")
		p.text(a.styles.Text, " Nothing was heard yet.")
		p = a.row(1)
		p.space(1)
		p.text(a.styles.Muted, "Probes and sources report here as soon as the first result is in.")
		return
	}
	well := " all ok "
	if h.snap.LogTime && loaded(h.snap) > 0 { // what is not read yet may be the outage
		well = " ok so far "
	}
	p.text(a.styles.StateBadge(tracker.StateOK), " "+a.glyphs.state(tracker.StateOK)+well)
	p.text(a.styles.Text, " "+human.Plural(known, "target")+", for "+human.Span(a.now.Sub(latest)))
	if rest := len(h.snap.Targets) - known; rest > 0 {
		p.text(a.styles.Muted, "; "+strconv.Itoa(rest)+" not heard of yet")
	}
	p = a.row(1)
	p.space(1)
	hour := &h.snap.Overall.Hour
	p.text(a.styles.Muted, human.Count(hour.Errors)+" of "+human.Count(hour.Requests)+" requests failed in the last hour ("+string(human.AppendPercent(nil, hour.ErrorRatio()))+" %).")
}

// lost says which source can't be read, and reports whether there is one: what nobody reads is not ok.
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

// trend holds the errors a minute of the last five minutes against those of five minutes, ten minutes ago; or, of what was
// not watched for so long, those of the last minute against the average of five.
type trend struct {
	now, before float64
	share       float64 // of the requests, that fails now
	over        bool    // the last minute had requests, and none failed
	idle        bool    // it had no requests, which says nothing
	fewer       bool    // fewer fail only because fewer are sent, as where a breaker holds them back: that is not better
	young       bool    // nothing is known of ten minutes ago: before is the average of five minutes
	fresh       bool    // and too little for that
}

func trendOf(act *tracker.Activity, at time.Time) trend {
	var t trend
	var before tracker.Window
	for _, bar := range act.Minutes[45:50] {
		before.Requests += uint64(bar.Requests)
		before.Errors += uint64(bar.Errors)
	}
	_, t.now = act.PerMinute(at)
	t.before, t.share = float64(before.Errors)/5, act.FiveMinutes.ErrorRatio()
	t.over = act.Minute.Errors == 0 && act.Minute.Requests > 0 && t.now > 0
	t.idle = act.Minute.Requests == 0 && t.now > 0
	age := at.Sub(act.Since)
	t.young, t.fresh = age < 15*time.Minute, age < 2*time.Minute
	if t.young && !t.fresh {
		t.now, t.before, t.share, before = float64(act.Minute.Errors), t.now, act.Minute.ErrorRatio(), act.FiveMinutes
	}
	t.fewer = t.share > before.ErrorRatio()*0.8
	return t
}

func (t trend) worse() bool {
	return !t.over && !t.idle && !t.fresh && t.now > t.before*1.25 && t.now-t.before > 0.2
}

func (t trend) less() bool { return !t.idle && !t.fresh && t.now < t.before*0.8 }

func (t trend) better() bool { return t.over || t.less() && !t.fewer }

func (t trend) sign(g *glyphs) string {
	switch {
	case t.idle, t.fresh && !t.over:
		return ""
	case t.worse():
		return g.up
	case t.better():
		return g.down
	default:
		return g.level
	}
}

func (t trend) words() string {
	than := " ten minutes ago"
	if t.young {
		than = " over five minutes"
	}
	switch {
	case t.over:
		return "none in the last minute"
	case t.idle:
		return "nothing sent in the last minute"
	case t.fresh:
		return "watched for less than two minutes"
	case t.worse():
		return "worse, was " + human.Rate(t.before) + than
	case t.better():
		return "better, was " + human.Rate(t.before) + than
	case t.less():
		return "fewer sent, still " + string(human.AppendPercent(nil, t.share)) + " % fail"
	default:
		return "as" + than
	}
}
