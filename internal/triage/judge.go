package triage

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"errtop/tracker"
)

// Verdict is how the answers of a headline stand against the truth. An answer that is not given is not right, but only one
// that is given and false is wrong.
type Verdict struct {
	What, Since, Why, Trend bool // right
	Wrong                   bool // something is said with confidence that is false

	Said  *tracker.Incident // what was judged; nil where nothing is said
	Error time.Duration     // of since, where the target is right
}

// Right reports whether all is.
func (v Verdict) Right() bool { return v.What && v.Since && v.Why && v.Trend }

// Headline returns the incident that a headline speaks of: the first that goes on, else one that was over within the last
// hour; nil for a calm screen.
func Headline(s *tracker.Snapshot) *tracker.Incident {
	if len(s.Incidents) == 0 {
		return nil
	}
	in := &s.Incidents[0]
	if !in.Ongoing() && s.At.Sub(in.End) > time.Hour {
		return nil
	}
	return in
}

// Judge holds the headline of a snapshot against a truth.
func Judge(truth *Truth, s *tracker.Snapshot) Verdict {
	in := Headline(s)
	v := Verdict{Said: in}
	if truth.Quiet {
		calm := in == nil || !in.Ongoing()
		return Verdict{What: calm, Since: calm, Why: calm, Trend: calm, Wrong: !calm, Said: in}
	}
	if in == nil {
		return v
	}
	named := slices.Contains(truth.Targets, in.Lead().Name)
	class := slices.Contains(truth.Classes, in.Cause.Class)
	v.What = named && in.Scan == truth.Scan && truth.Over != in.Ongoing() && truth.listedBy(in) && in.Now >= truth.Least
	v.Error = truth.off(in)
	v.Since = truth.since(in, v.Error)
	v.Why = class && truth.valueIn(in) && truth.markOf(in)
	v.Trend = truth.trendOf(in)
	unsure := in.Trend == tracker.TrendUnknown || in.Trend == tracker.TrendSteady
	v.Wrong = !named || !v.Since && v.Error > 2*truth.Within || !class && in.Cause.Class != tracker.CauseUnknown || !v.Trend && !unsure
	return v
}

// off is how far the onset of an incident is from the true one, or from the moment at which trouble began again.
func (t *Truth) off(in *tracker.Incident) time.Duration {
	off := in.Onset.At.Sub(t.Onset).Abs()
	if !t.Again.IsZero() {
		off = min(off, in.Onset.At.Sub(t.Again).Abs())
	}
	return off
}

// since reports whether an incident says when it began: near enough, or within an interval that it states and that is no wider
// than a person would take for an answer.
func (t *Truth) since(in *tracker.Incident, off time.Duration) bool {
	if t.Before {
		return in.Onset.Before
	}
	const widest = 15 * time.Minute
	stated := !in.Onset.Earliest.After(t.Onset) && !in.Onset.Latest.Before(t.Onset)
	return off <= t.Within || stated && in.Onset.Latest.Sub(in.Onset.Earliest) <= widest
}

// listedBy reports whether an incident lists every target that belongs to it, and none that has trouble of its own.
func (t *Truth) listedBy(in *tracker.Incident) bool {
	if t.Alone && len(in.Targets) > 1 {
		return false
	}
	for _, name := range t.Apart {
		if slices.ContainsFunc(in.Targets, func(t tracker.IncidentTarget) bool { return t.Name == name }) {
			return false
		}
	}
	for _, name := range t.Spread {
		if !slices.ContainsFunc(in.Targets, func(t tracker.IncidentTarget) bool { return t.Name == name }) {
			return false
		}
	}
	return true
}

// markOf reports whether an incident names the mark that it has to do with, and no other.
func (t *Truth) markOf(in *tracker.Incident) bool {
	if t.Unmarked {
		return in.Mark == nil
	}
	return t.Mark == "" || in.Mark != nil && in.Mark.Text == t.Mark
}

// valueIn reports whether an incident names what the failures have in common.
func (t *Truth) valueIn(in *tracker.Incident) bool {
	if t.Value == "" || in.Cause.Route == t.Value || in.Cause.Upstream == t.Value {
		return true
	}
	return slices.ContainsFunc(in.Contrasts, func(c tracker.Contrast) bool { return c.Value == t.Value })
}

// trendOf reports whether an incident says how it goes, and of one that is over when it ended.
func (t *Truth) trendOf(in *tracker.Incident) bool {
	return slices.Contains(t.Trends, in.Trend) && t.rhythmIn(in) && (!t.Over || in.End.Sub(t.End).Abs() <= t.Within+time.Minute)
}

// rhythmIn reports whether an incident that comes and goes says how often, within a minute or a fifth.
func (t *Truth) rhythmIn(in *tracker.Incident) bool {
	if t.Down == 0 {
		return true
	}
	var down, cycle int
	if _, err := fmt.Sscanf(in.TrendNote, "down %d min of every %d", &down, &cycle); err != nil {
		return false
	}
	near := func(minutes int, truth time.Duration) bool {
		return (time.Duration(minutes)*time.Minute - truth).Abs() <= max(time.Minute, truth/5)
	}
	return near(down, t.Down) && near(cycle, t.Cycle)
}

// Describe says in a line what an incident says, for failed tests.
func Describe(in *tracker.Incident) string {
	if in == nil {
		return "nothing"
	}
	clock := func(t time.Time) string { return t.Format("15:04:05") }
	text := fmt.Sprintf("%s (%d) %s %s since %s [%s %s]", in.Lead().Name, len(in.Targets), in.State, in.Signals,
		clock(in.Onset.At), clock(in.Onset.Earliest), clock(in.Onset.Latest))
	if in.Onset.Before {
		text += " or before"
	}
	if !in.End.IsZero() {
		text += " until " + clock(in.End)
	}
	text += fmt.Sprintf(" %s %q %s %s", in.Cause.Class, in.Cause.Message, in.Trend, in.TrendNote)
	var common []string
	for _, c := range in.Contrasts {
		common = append(common, c.Field+"="+c.Value)
	}
	if in.Mark != nil {
		common = append(common, "mark "+in.Mark.Text)
	}
	return strings.Join(append([]string{text}, common...), ", ")
}
