package alert

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Wait says what a receiver has not been told of an alert yet, and why.
type Wait struct {
	Receiver string // "" where it is about all of them
	Why      string
	Until    time.Time // when it is told or tried again; zero: not known
}

// Waits returns what has not been told of an alert at a moment, for those who ask why nobody was paged: notifications in the outbox, and
// receivers that are told later or not at all. What a silence hides is not part of it. The options are those of the [Engine].
func (s *State) Waits(a *Alert, o *Options, now time.Time) (waits []Wait) {
	for i := range s.Outbox {
		n := &s.Outbox[i]
		if !slices.ContainsFunc(n.Alerts, func(other Alert) bool { return other.ID == a.ID }) {
			continue
		}
		w := Wait{Receiver: n.Receiver, Why: string(n.Reason) + " is sent next"}
		if n.Attempts > 0 {
			w.Why, w.Until = fmt.Sprintf("%s, not taken %d times, the last: %s", n.Reason, n.Attempts, n.Problem), n.NextTry
		}
		waits = append(waits, w)
	}
	if !a.Active() || s.SilencedBy(a, now) != nil {
		return waits
	}
	if len(o.Receivers) == 0 {
		return append(waits, Wait{Why: "no receivers are set up: it is only shown"})
	}
	wanted := false
	for i := range o.Receivers {
		if r := &o.Receivers[i]; r.wants(a) {
			wanted = true
			waits = s.waitsOf(waits, r, a, o, now)
		}
	}
	if !wanted {
		waits = append(waits, Wait{Why: "no receiver is told of it: of its severity or target"})
	}
	return waits
}

// waitsOf appends why one receiver, who wants the alert, has not been told of it.
func (s *State) waitsOf(waits []Wait, r *Receiver, a *Alert, o *Options, now time.Time) []Wait {
	if slices.ContainsFunc(waits, func(w Wait) bool { return w.Receiver == r.Name }) || s.knows(r.Name, a.ID) || a.Follows != 0 {
		return waits
	}
	if !r.open(now) {
		return append(waits, Wait{Receiver: r.Name, Why: "told from " + clockOf(r.From) + " to " + clockOf(r.To)})
	}
	group := "alert " + strconv.FormatUint(a.ID, 16)
	if incident := cmp.Or(a.Labels.Incident, a.PartOf); incident != 0 && s.told(r.Name, groupName(incident)) != nil {
		group = groupName(incident)
	}
	timing := o.Timing.withDefaults()
	if t := s.told(r.Name, group); t != nil && t.Last.IsZero() {
		return append(waits, Wait{Receiver: r.Name, Why: "told after the group wait", Until: t.First.Add(timing.GroupWait)})
	} else if t != nil {
		return append(waits, Wait{Receiver: r.Name, Why: "told after the group interval", Until: t.Last.Add(timing.GroupInterval)})
	}
	return waits
}

// clockOf is a minute of the day: "09:00".
func clockOf(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }
