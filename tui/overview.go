package tui

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"

	"errtop/internal/filter"
	"errtop/tracker"
)

// overview is the first view:
//
//	targets ─────────────────────────────        wide:  targets   │ by status
//	by status ───────  failures a minute ─              errors    │ failures a minute
//	errors ─────────────  hourly rate ────                        │ hourly rate
//
// Below 80 columns the panels stack, and only the essential ones stay.
type overview struct {
	targets *table[tracker.Target, string]
	errors  *table[happening, uint64]
	status  byStatus
	chart   minutesChart
	stack   stackPanel
	latency latencyPanel
	hours   hourly
	events  breakerEvents
	inError bool // the errors have the focus, not the targets

	headline *headline // whose incident's groups come first
}

func newOverview(h *headline) *overview {
	o := &overview{targets: newTargetsTable(), errors: newErrorsTable(), headline: h}
	// One row stands for a group here. The selection stays on it when a newer error takes the row over.
	o.errors.key = func(h *happening) uint64 { return h.Group }
	o.errors.natural = func(a, b *happening) int {
		switch {
		case a.first != b.first && a.first:
			return -1
		case a.first != b.first:
			return 1
		case a.first || a.coming && b.coming: // rows of groups that all still come must not change places all the time
			return cmp.Compare(bits.Len64(b.like), bits.Len64(a.like))
		default:
			return cmp.Compare(b.Time.Unix(), a.Time.Unix())
		}
	}
	o.errors.tie = func(a, b *happening) int {
		return cmp.Or(cmp.Compare(bits.Len64(b.like), bits.Len64(a.like)), strings.Compare(a.Target, b.Target), cmp.Compare(a.Group, b.Group))
	}
	o.errors.columns = slices.DeleteFunc(o.errors.columns, func(c column[happening]) bool { return c.title == "LATENCY" }) // of one of many it says little
	return o
}

func (o *overview) SetSnapshot(snap *tracker.Snapshot, f *filter.Filter) {
	o.targets.set(snap.Targets, f, snap)
	var in *tracker.Incident
	if s, wrong := o.headline.subject(); wrong {
		in = s.incident
	}
	o.errors.set(pointersTo(digest(snap, in)), f, snap)
	o.status.SetSnapshot(snap)
	o.chart.SetSnapshot(snap)
	o.stack.SetSnapshot(snap)
	o.latency.SetSnapshot(snap)
	o.hours.SetSnapshot(snap)
	o.events.SetSnapshot(snap)
}

func (o *overview) HandleKey(a Action) bool {
	if a == NextPane || a == PreviousPane {
		o.inError = !o.inError
		return true
	}
	if o.inError {
		return o.errors.handle(a)
	}
	return o.targets.handle(a)
}

func (o *overview) Selected() page {
	if o.inError {
		return errorPageOf(o.errors.selected())
	}
	return targetPageOf(o.targets.selected())
}

func (o *overview) Listed() listing {
	if o.inError {
		return o.errors.listing()
	}
	return o.targets.listing()
}

func (o *overview) View(a area) {
	switch {
	case a.w >= 150 && a.h >= 20:
		o.wide(a)
	case a.w >= 72 && a.h >= 15:
		o.normal(a)
	default:
		o.small(a)
	}
}

func (o *overview) wide(a area) {
	left, right := a.left(a.w - max(a.w*7/20, 60))
	left.w-- // air before the line
	targets := min(max(len(o.targets.items), 2)+2, left.h*3/5)
	top, errors := left.top(targets)
	o.targets.view(top.trim(1), !o.inError)
	if errors.h >= 30 && !o.latency.chart.empty() {
		var latency area
		latency, errors = errors.bottom(11)
		o.latency.View(latency)
	}
	o.errors.view(errors, o.inError)

	right = divide(right) // after what is left of it: rows are drawn from left to right
	top, right = right.top(min(max(len(o.status.counts), 1)+2, right.h/3))
	o.status.View(top.trim(1))
	top, right = right.top(min(right.h*2/3, 16))
	o.chart.View(top.trim(1))
	top, right = right.top(min(right.h, 9))
	o.hours.View(top.trim(1))
	if right.h >= 18 && o.stack.snap != nil {
		top, right = right.top(12)
		o.stack.View(top.trim(1))
	}
	if right.h > 2 {
		o.events.View(right)
	}
}

func (o *overview) normal(a area) {
	air := 0
	if a.h >= 30 {
		air = 1
	}
	middle := min(max(a.h/4, 6), 13) + air
	targets := min(max(len(o.targets.items), 2)+1+air, max((a.h-middle)*3/5, 4))
	top, rest := a.top(targets)
	o.targets.view(top.trim(air), !o.inError)
	top, rest = rest.top(middle)
	top = top.trim(air)
	status, chart := top.left(min(a.w*2/5, 50))
	o.status.View(status)
	o.chart.View(chart)
	if a.w >= 110 {
		errors, hours := rest.left(a.w - 30)
		o.errors.view(errors, o.inError)
		hours, _ = hours.top(12)
		o.hours.View(hours)
		return
	}
	o.errors.view(rest, o.inError)
}

func (o *overview) small(a area) {
	targets := min(max(len(o.targets.items), 1)+1, max(a.h/2, min(a.h, 3)))
	top, rest := a.top(targets)
	o.targets.view(top, !o.inError)
	if rest.h >= 10 {
		var status area
		status, rest = rest.top(min(len(o.status.counts)+1, rest.h/3))
		o.status.View(status)
	}
	o.errors.view(rest, o.inError)
}

// trim cuts n rows from the bottom, for blank lines.
func (a area) trim(n int) area {
	_, a = a.bottom(n)
	return a
}

// divide draws a line down the left edge and returns what is right of it.
func divide(a area) area {
	line, rest := a.left(1)
	for i := range line.h {
		p := line.row(i)
		p.text(a.styles.Faint, a.glyphs.divider)
	}
	return rest
}
