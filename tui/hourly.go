package tui

import (
	"math"
	"slices"
	"time"

	"errtop/internal/human"
	"errtop/tracker"
)

// hourly draws the errors of the last 24 hours as bars, one column or more an hour, with the hours of the day below.
type hourly struct {
	activity *tracker.Activity
	at       time.Time
	done     []tracker.Mark
}

// SetSnapshot takes new figures.
func (h *hourly) SetSnapshot(snap *tracker.Snapshot) {
	h.activity, h.at, h.done = &snap.Overall, snap.At, snap.Marks
}

// View draws the bars.
func (h *hourly) View(a area) {
	section(a, "HOURLY RATE", "errors, 24 h")
	if h.activity != nil {
		hourBars(a.below(), h.activity, h.at, h.done)
	}
}

// hourBars draws 24 bars. The last two rows name the hours and compare this hour with the same hour yesterday. A mark stands above
// an hour with a deploy if the bar leaves room.
func hourBars(a area, act *tracker.Activity, at time.Time, done []tracker.Mark) {
	each := 1
	if a.w >= 2+24*3 {
		each = 3
	} else if a.w >= 2+24*2 {
		each = 2
	}
	foot := 0
	switch {
	case a.h >= 4:
		foot = 2
	case a.h >= 2:
		foot = 1
	}
	rows := a.h - foot
	highest := 1.0
	for _, bar := range act.Hours {
		highest = max(highest, float64(bar.Errors))
	}
	levels := a.glyphs.spark
	for r := range rows {
		p := a.row(r)
		p.space(2)
		for i, bar := range act.Hours {
			steps := int(math.Ceil(float64(bar.Errors) / highest * float64(rows*len(levels))))
			part := steps - (rows-1-r)*len(levels)
			st := a.styles.Muted
			if i == 23 {
				st = a.styles.Failing
			}
			switch n := each - min(each-1, 1); {
			case part > 0:
				p.repeat(st, levels[min(part, len(levels))-1], n)
			case r == 0 && rows > 1 && doneIn(done, at, i):
				p.repeat(a.styles.markStyle(markDone), a.glyphs.marks[markDone], n)
			case r == rows-1:
				p.noErrors(act, at, i, n)
			default:
				p.space(n)
			}
			p.space(min(each-1, 1))
		}
	}
	if foot > 0 {
		p := a.row(rows)
		for i := range 24 {
			hour := at.In(a.loc).Add(time.Duration(i-23) * time.Hour).Hour()
			if hour%6 == 0 {
				p.to(2 + i*each)
				p.bytes(a.styles.Faint, human.AppendTwo(a.scratch[:0], int64(hour)))
			}
		}
	}
	if foot > 1 {
		thisHour(a.row(rows+1), act, at)
	}
}

// noErrors draws the foot of a bar of an hour without errors: a gap where nobody was there to see them, and nothing before anything was seen.
func (p *pen) noErrors(act *tracker.Activity, at time.Time, bar, n int) {
	switch {
	case p.lost.hours[bar]:
		p.repeat(p.styles.markStyle(markLost), p.glyphs.marks[markLost], n)
	case beforeAll(act, at, bar):
		p.space(n)
	default:
		p.repeat(p.styles.Faint, p.glyphs.spark[0], n)
	}
}

// beforeAll reports whether the hour of a bar, of which the 24th holds a moment, was over before anything was seen: nothing is not known
// to have failed in it.
func beforeAll(act *tracker.Activity, at time.Time, bar int) bool {
	return act.Since.IsZero() || !act.Since.After(at) && !at.Truncate(time.Hour).Add(time.Duration(bar-22)*time.Hour).After(act.Since)
}

// thisHour holds the running hour against the same one a day ago.
func thisHour(p pen, act *tracker.Activity, at time.Time) {
	now := act.Hours[23]
	p.space(2)
	hour, before := at.Truncate(time.Hour), ""
	if !act.Since.IsZero() && act.Since.Before(hour.Add(-24*time.Hour)) { // else nothing is known of that hour, or not all
		before = ", a day ago " + human.Count(uint64(act.Yesterday.Errors))
	}
	label, errors := "since "+hour.In(p.loc).Format("15:04")+": ", human.Count(uint64(now.Errors))
	if p.left() < len(label)+len(errors)+len(before) {
		label = "this hour "
	}
	p.text(p.styles.Muted, label)
	p.text(p.styles.Strong, errors)
	p.text(p.styles.Muted, before)
}

// doneIn reports whether something was done in the hour of a bar, of which the 24th holds a moment.
func doneIn(done []tracker.Mark, at time.Time, bar int) bool {
	hour := at.Truncate(time.Hour).Add(time.Duration(bar-23) * time.Hour)
	return slices.ContainsFunc(done, func(m tracker.Mark) bool { return m.At.Truncate(time.Hour).Equal(hour) })
}
