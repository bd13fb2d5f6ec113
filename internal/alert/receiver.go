package alert

import (
	"slices"
	"time"

	"errtop/internal/filter"
)

// Receiver is who can be told, as far as it decides what is told: how is internal/notify's.
type Receiver struct {
	Name     string
	Severity Severity // at least
	Targets  []string // patterns of target names, see [filter.Like]; empty: all
	Places   []string // patterns of a fleet's places; empty: all
	From, To int      // minutes of the day between which it is told; equal: always
	Location *time.Location
	Resolved bool // recoveries too
	// Refresh is after how long what fires is told again to a receiver that forgets otherwise, as Alertmanager does: acknowledged or not,
	// at any hour, and whatever Timing.Repeat says. 0 for receivers that are people.
	Refresh time.Duration
}

func (e *Engine) receiver(name string) *Receiver {
	for i := range e.options.Receivers {
		if e.options.Receivers[i].Name == name {
			return &e.options.Receivers[i]
		}
	}
	return nil
}

// wants reports whether an alert is for the receiver. An incident's is where any of its targets is; an alert of which nobody knows the
// place is for all places.
func (r *Receiver) wants(a *Alert) bool {
	if a.Severity < r.Severity {
		return false
	}
	if len(r.Places) > 0 && len(a.Places) > 0 && !slices.ContainsFunc(a.Places, func(place string) bool { return anyLike(r.Places, place) }) {
		return false
	}
	return len(r.Targets) == 0 || anyLike(r.Targets, a.Labels.Target) ||
		slices.ContainsFunc(a.Targets, func(target string) bool { return anyLike(r.Targets, target) })
}

// anyLike reports whether a name matches any of the patterns.
func anyLike(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return filter.Like(pattern, name) })
}

// open reports whether the receiver is told anything at a moment.
func (r *Receiver) open(now time.Time) bool {
	if r.From == r.To {
		return true
	}
	if r.Location != nil {
		now = now.In(r.Location)
	}
	minute := now.Hour()*60 + now.Minute()
	if r.From < r.To {
		return minute >= r.From && minute < r.To
	}
	return minute >= r.From || minute < r.To // over midnight
}
