package tui

import (
	"math"
	"time"

	"errtop/internal/human"
	"errtop/tracker"
)

// hourly draws the errors of the last 24 hours as bars, one column or more an hour, with the hours of the day below.
type hourly struct {
	activity *tracker.Activity
	at       time.Time
}

// SetSnapshot takes new figures.
func (h *hourly) SetSnapshot(snap *tracker.Snapshot) { h.activity, h.at = &snap.Overall, snap.At }

// View draws the bars.
func (h *hourly) View(a area) {
	section(a, "HOURLY RATE", "errors, 24 h")
	if h.activity != nil {
		hourBars(a.below(), h.activity, h.at)
	}
}

// hourBars draws 24 bars over the rows of the area but the last two, which name the hours and hold this hour against
// the same hour yesterday.
func hourBars(a area, act *tracker.Activity, at time.Time) {
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
			case r == rows-1:
				p.repeat(a.styles.Faint, levels[0], n)
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
		now := act.Hours[23]
		p := a.row(rows + 1)
		p.space(2)
		hour, before := at.Truncate(time.Hour), ""
		if !act.Since.IsZero() && act.Since.Before(hour.Add(-24*time.Hour)) { // else nothing is known of that hour, or not all
			before = ", a day ago " + human.Count(uint64(act.Yesterday.Errors))
		}
		label, errors := "since "+hour.In(a.loc).Format("15:04")+": ", human.Count(uint64(now.Errors))
		if p.left() < len(label)+len(errors)+len(before) {
			label = "this hour "
		}
		p.text(a.styles.Muted, label)
		p.text(a.styles.Strong, errors)
		p.text(a.styles.Muted, before)
	}
}
