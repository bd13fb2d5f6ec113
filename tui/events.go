package tui

import (
	"errtop/internal/human"
	"errtop/tracker"
)

// breakerEvents lists the newest transitions of breakers.
type breakerEvents struct{ list []tracker.BreakerEvent } // oldest first

// SetSnapshot takes a snapshot.
func (e *breakerEvents) SetSnapshot(snap *tracker.Snapshot) { e.list = snap.Breakers }

// View draws the newest first.
func (e *breakerEvents) View(a area) {
	section(a, "BREAKERS", "newest changes")
	if len(e.list) == 0 {
		p := a.row(1)
		p.space(2)
		p.text(a.styles.Muted, "none has changed")
	}
	names, times := 0, human.TimeWidth
	for i := range min(len(e.list), a.h-1) {
		if !human.SameDay(e.list[len(e.list)-1-i].At, a.now, a.loc) {
			times = human.DatedWidth
		}
		names = min(max(names, width(e.list[len(e.list)-1-i].Target)), 20)
	}
	for i := range min(len(e.list), a.h-1) {
		event := &e.list[len(e.list)-1-i]
		p := a.row(i + 1)
		p.space(2)
		from := p.at()
		p.bytes(a.styles.Muted, human.AppendStamp(p.scratch[:0], event.At, a.now, a.loc, times))
		p.to(from + times + 2)
		p.cell(a.styles.Text, event.Target, names)
		p.space(2)
		p.cell(a.styles.Breaker(event.To), event.To.String(), 10)
		p.text(a.styles.Muted, event.Why)
	}
}
