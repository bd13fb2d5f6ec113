package tui

import (
	"math"
	"strconv"
	"time"

	"errtop/tracker"
)

// headline answers the five questions for one incident: what is broken, since when, why, what to do about it, and is it
// getting better. It starts with the worst incident; keys turn to the next. Targets in trouble without an incident come last.
type headline struct {
	snap     *tracker.Snapshot
	subjects []subject // the worst first
	shown    string    // the subject it was turned to; "" for the worst
	keys     *KeyMap   // for hints; nil where nobody can press one
	hour     shownHour
}

// shownHour is what came in the last hour, as shown where nothing is wrong. A few more requests are no news: while no other request fails
// and they are not a tenth more or less, it is exact once a minute.
type shownHour struct {
	requests, errors uint64
	taken            time.Time
}

// take takes the hour of a snapshot. That of a past moment or of a log is always exact.
func (s *shownHour) take(snap *tracker.Snapshot) {
	hour, age := &snap.Overall.Hour, snap.At.Sub(s.taken)
	same := hour.Errors == s.errors && hour.Requests < s.requests+s.requests/10 && hour.Requests > s.requests-s.requests/10
	if same && age >= 0 && age < figureStands && !snap.Past && !snap.LogTime {
		return
	}
	*s = shownHour{hour.Requests, hour.Errors, snap.At}
}

func (s *shownHour) ratio() float64 {
	if s.requests == 0 {
		return 0
	}
	return float64(s.errors) / float64(s.requests)
}

// subject is what a headline is about.
type subject struct {
	incident *tracker.Incident // nil: a target alone
	target   *tracker.Target   // the worst target; nil where the tracker has let it go
}

// name tells subjects apart from picture to picture: an incident may get another ID when its onset is known better.
func (s subject) name() string {
	if s.incident != nil {
		return s.incident.Lead().Name
	}
	return s.target.Name
}

// SetSnapshot takes a new picture.
func (h *headline) SetSnapshot(snap *tracker.Snapshot) {
	h.snap = snap
	h.hour.take(snap)
	h.subjects = subjectsOf(h.subjects[:0], snap)
}

// subjectsOf appends the open incidents, then the targets in trouble that belong to no incident and do not fail as usual.
func subjectsOf(list []subject, snap *tracker.Snapshot) []subject {
	told := map[string]bool{}
	for i := range snap.Incidents {
		in := &snap.Incidents[i]
		if !in.Ongoing() {
			continue
		}
		for t := range in.Targets {
			told[in.Targets[t].Name] = true
		}
		list = append(list, subject{in, targetOf(snap, in.Lead().Name)})
	}
	for i := range snap.Targets {
		if t := snap.Targets[i]; t.State > tracker.StateOK && !told[t.Name] && !asUsual(t) && !tooFew(t) {
			list = append(list, subject{target: t})
		}
	}
	return list
}

func targetOf(snap *tracker.Snapshot, name string) *tracker.Target {
	for i := range snap.Targets {
		if snap.Targets[i].Name == name {
			return snap.Targets[i]
		}
	}
	return nil
}

// asUsual reports whether a target fails no more than it usually does, which is not news: its failing share of the last five minutes
// is near the usual one, or so few requests say so that chance explains it.
func asUsual(t *tracker.Target) bool {
	if t.State < tracker.StateThrottled || !t.UsualKnown {
		return false
	}
	five := &t.Activity.FiveMinutes
	if five.ErrorRatio() <= max(t.Usual*1.25, t.Usual+0.02) {
		return true
	}
	return t.Usual > rarely && chanceOfMore(t.Usual, five.Errors, five.Requests) > byChance
}

// tooFew reports whether so few requests of users failed, of a target whose past says nothing, that they are no news yet: a job
// that runs once in hours may fail as it always does. A probe asks because somebody wants to know.
func tooFew(t *tracker.Target) bool {
	return t.State >= tracker.StateThrottled && !t.UsualKnown && !t.Probed && t.Activity.Day.Errors < newsFrom
}

const (
	newsFrom = 4     // failures of a target without a past that are news
	byChance = 0.001 // a rarer accident is news
	rarely   = 0.02  // a target that usually fails less often than this is well, and a failure of it is news
)

// chanceOfMore returns how likely at least so many of n requests fail by chance where a share of them usually does.
func chanceOfMore(share float64, failed, n uint64) float64 {
	if n > 500 { // so many say enough: the normal approximation
		mean, spread := share*float64(n), math.Sqrt(share*(1-share)*float64(n))
		return math.Erfc((float64(failed)-0.5-mean)/spread/math.Sqrt2) / 2
	}
	term, sum := math.Pow(1-share, float64(n)), 0.0
	for k := range n + 1 {
		if k >= failed {
			sum += term
		}
		term *= float64(n-k) / float64(k+1) * share / (1 - share)
	}
	return sum
}

// HandleKey turns to the next or the previous subject.
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
	if n := len(h.subjects); n > 0 {
		h.shown = h.subjects[(h.index()+step+n)%n].name()
	}
	return true
}

func (h *headline) index() int {
	for i := range h.subjects {
		if h.subjects[i].name() == h.shown {
			return i
		}
	}
	return 0
}

// subject returns what the headline is about, and whether anything is wrong.
func (h *headline) subject() (subject, bool) {
	if len(h.subjects) == 0 {
		return subject{}, false
	}
	return h.subjects[h.index()], true
}

// View draws one to three lines, the most important first.
func (h *headline) View(a area) {
	if h.snap == nil {
		return
	}
	s, wrong := h.subject()
	switch {
	case !wrong:
		h.calm(a)
	case s.incident != nil:
		h.draw(a, h.ofIncident(a.frame, s))
	default:
		h.draw(a, h.ofTarget(a.frame, s.target))
	}
}

// draw draws:
//
//	✖ name  what is broken                          how much, the trend
//	  since when, usually; after what; where; until when
//	→ what to do                                              1 of 2 [ ]
func (h *headline) draw(a area, t told) {
	p := a.row(0)
	p.space(1)
	p.text(a.styles.StateBadge(t.state), " "+t.sign+" "+t.name+" ")
	p.space(1)
	right := t.right
	if a.w-width(right)-p.at() < 12 {
		right = t.trend
	}
	end := a.w - width(right) - 1
	body := p
	body.end = a.x + max(end-1, p.at())
	if a.h < 3 { // since when has no line of its own
		body.text(a.styles.Text, t.pieces[0].text)
		body.text(a.styles.Muted, ": ")
	}
	body.text(a.styles.State(t.state), t.what)
	p.to(end)
	p.text(a.styles.Strong, right)
	if a.h > 2 {
		p := a.row(1)
		p.space(3)
		drawPieces(&p, t.pieces)
	}
	if a.h > 1 {
		h.drawAdvice(a.row(a.h-1), t)
	}
}

// drawAdvice draws what to do, and which of several subjects this is.
func (h *headline) drawAdvice(p pen, t told) {
	p.space(1)
	hint := h.hint(p.end - p.start)
	body := p
	body.end -= width(hint) + 2
	body.text(p.styles.Accent, p.glyphs.arrow)
	body.space(1)
	body.text(p.styles.Text, t.advice.Action)
	if t.advice.URL != "" {
		body.text(p.styles.Accent, "  "+t.advice.URL)
	}
	const causes = "  Usual causes: "
	for n := len(t.advice.Causes); n > 0; n-- {
		if text := causes + join(t.advice.Causes[:n]); width(text) <= body.left() {
			body.text(p.styles.Muted, text)
			break
		}
	}
	p.to(p.end - p.start - width(hint) - 1)
	p.text(p.styles.Faint, hint)
}

// hint says which subject this is, and the keys for the others and for the evidence.
func (h *headline) hint(w int) string {
	hint := ""
	if h.keys != nil && w >= 100 {
		hint = h.keys.key(Evidence) + " evidence"
	}
	if n := len(h.subjects); n > 1 {
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
