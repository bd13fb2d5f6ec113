package event

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"errtop/tracker"
)

// burst is a target in a span of time.
type burst struct {
	target string
	span   time.Time
}

// At most burstLimit new groups of a target are told in a burstSpan: a message that is new every time must not drown the rest.
const (
	burstLimit = 10
	burstSpan  = 10 * time.Minute
)

// newGroups adds the groups of errors that are new, or back after silence.
func (d *Detector) newGroups(list []Event, now *tracker.Snapshot) []Event {
	var fresh []Event
	current := make(map[uint64]time.Time, len(now.Groups)) // what the tracker has forgotten may be told anew
	for i := range now.Groups {
		g := now.Groups[i]
		told, known := d.groups[g.ID]
		current[g.ID] = told
		if !known {
			fresh = append(fresh, Event{Kind: GroupNew, At: g.First, Target: g.Target, Group: g, Text: "new error: " + GroupTitle(g)})
		}
		if known && g.Badge != tracker.BadgeRegressed {
			continue
		}
		if back := g.RegressedAt; back.After(told) {
			fresh = append(fresh, Event{Kind: GroupReturned, At: back, Target: g.Target, Group: g, Text: "back after silence: " + GroupTitle(g)})
			current[g.ID] = back
		}
	}
	d.groups = current
	slices.SortStableFunc(fresh, func(a, b Event) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Target, b.Target)) })
	for _, e := range fresh {
		of := burst{e.Target, e.At.Truncate(burstSpan)}
		d.bursts[of]++
		switch n := d.bursts[of]; {
		case n <= burstLimit:
			list = append(list, e)
		case n&(n-1) == 0: // 16, 32, 64 …
			e.Text = fmt.Sprintf("many new errors: %d within %d minutes, of which the first %d are told", n, int(burstSpan.Minutes()), burstLimit)
			list = append(list, e)
		}
	}
	for of := range d.bursts {
		if now.At.Sub(of.span) > time.Hour { // nothing of then is new any more
			delete(d.bursts, of)
		}
	}
	return list
}
