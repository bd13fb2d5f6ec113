package tui

import (
	"time"

	"errtop/tracker"
)

// lost says which steps before a moment nobody lived through: nothing is known of them, and they are drawn as gaps rather than as none.
type lost struct {
	minutes [60]bool
	hours   [24]bool
}

// all reports whether all minutes from and before to are lost, counted from the end of the newest one: -1 is the newest.
func (l *lost) all(from, to int) bool {
	n := len(l.minutes)
	for i := n + from; i < n+to; i++ {
		if i < 0 || i >= n || !l.minutes[i] {
			return false
		}
	}
	return from < to
}

// lostOf finds the lost steps of a snapshot.
func lostOf(snap *tracker.Snapshot) (l lost) {
	if len(snap.Gaps) == 0 {
		return l
	}
	setLost(l.minutes[:], snap.Gaps, snap.At, time.Minute)
	setLost(l.hours[:], snap.Gaps, snap.At, time.Hour)
	return l
}

// lostSteps returns which of the newest n steps before a snapshot were lost; nil where none was.
func lostSteps(snap *tracker.Snapshot, step time.Duration, n int) []bool {
	if len(snap.Gaps) == 0 {
		return nil
	}
	steps := make([]bool, n)
	setLost(steps, snap.Gaps, snap.At, step)
	return steps
}

// setLost marks the steps, of which the last holds a moment, that gaps cover for the most part.
func setLost(steps []bool, gaps []tracker.Gap, at time.Time, step time.Duration) {
	for i := range steps {
		from := at.Truncate(step).Add(time.Duration(i-len(steps)+1) * step)
		to := from.Add(step)
		if to.After(at) {
			to = at
		}
		var covered time.Duration
		for _, g := range gaps {
			if begin, end := later(g.From, from), earlier(g.To, to); end.After(begin) {
				covered += end.Sub(begin)
			}
		}
		steps[i] = covered > 0 && 2*covered >= to.Sub(from)
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// lostWithin reports whether any time of the last span before a snapshot was lost, so that what came before cannot be compared.
func lostWithin(snap *tracker.Snapshot, span time.Duration) bool {
	for _, g := range snap.Gaps {
		if g.To.After(g.From) && g.To.After(snap.At.Add(-span)) {
			return true
		}
	}
	return false
}
