package fleet

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"errtop/tracker"
)

// shown is the snapshot that was last given out, which those who look share while nothing has changed.
type shown struct {
	of     *tracker.Snapshot // that it was made of
	fleet  tracker.Fleet
	result *tracker.Snapshot
	frozen frozen
}

// frozen is how targets were when the last of their agents was heard.
type frozen struct {
	at      time.Time
	made    time.Time // of the sum that it is from
	targets map[string]*tracker.Target
}

// skewShown is how far a clock may be off before it is told.
const skewShown = 5 * time.Second

func (a *agent) placeName() string { return cmp.Or(a.place, noPlace) }

// silence returns for how long an agent that should be there was not heard; 0 where it was.
func (a *agent) silence(now time.Time) time.Duration {
	if d := now.Sub(a.heard); !a.left && d > silentAfter {
		return d
	}
	return 0
}

// Snapshot returns the sum as of now, with the places of each target and with who is missing. Without a connection it does
// not change. Its callers share what it returns and must not write to it.
func (v *Viewer) Snapshot(now time.Time) *tracker.Snapshot {
	v.mu.Lock()
	defer v.mu.Unlock()
	fleet := v.fleet(now)
	at := now
	if !v.down.IsZero() && now.Sub(v.down) > silentAfter {
		at = v.down
	}
	p := &v.picture
	s := p.total.Snapshot(at)
	if p.shown.result != nil && p.shown.of.Version == s.Version && sameFleet(&p.shown.fleet, &fleet) {
		same := *p.shown.result
		same.At = s.At
		p.shown.result = &same
		return &same
	}
	version := s.Version
	if last := p.shown.result; last != nil {
		version = max(version, last.Version)
		if !sameFleet(&p.shown.fleet, &fleet) {
			version++
		}
	}
	out := *s
	out.Version, out.Fleet = version, &fleet
	out.Sources = append(v.agentSources(now), s.Sources...)
	out.Targets = v.targets(s, now, at)
	out.Incidents = v.incidents(s, out.Targets, now)
	p.shown.of, p.shown.fleet, p.shown.result = s, fleet, &out
	return &out
}

// SnapshotAt returns the sum as it was at an earlier moment of the last 24 hours.
func (v *Viewer) SnapshotAt(now, at time.Time) *tracker.Snapshot {
	v.mu.Lock()
	total := v.picture.total
	v.mu.Unlock()
	return total.SnapshotAt(now, at)
}

func sameFleet(a, b *tracker.Fleet) bool {
	return a.Agents == b.Agents && a.Heard == b.Heard && a.Note == b.Note && slices.Equal(a.Places, b.Places) && slices.Equal(a.Notes, b.Notes)
}

// sorted returns the agents that should be there, by name. The lock is held.
func (v *Viewer) sorted(now time.Time) []*agent {
	var agents []*agent
	for _, ag := range v.agents {
		if !ag.left && now.Sub(ag.heard) < forgetAfter {
			agents = append(agents, ag)
		}
	}
	slices.SortFunc(agents, func(a, b *agent) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.id, b.id)) })
	return agents
}

// fleet says who is there and who is missing. The lock is held.
func (v *Viewer) fleet(now time.Time) tracker.Fleet {
	agents := v.sorted(now)
	f := tracker.Fleet{Agents: len(agents), Heard: len(agents)}
	places := map[string]bool{}
	var missing, skewed, behind []string
	for _, ag := range agents {
		places[ag.placeName()] = true
		if silent := ag.silence(now); silent > 0 {
			f.Heard--
			missing = append(missing, ag.name+" silent for "+roughly(silent))
		}
		if ag.skewed && ag.skew.Abs() > skewShown {
			skewed = append(skewed, ag.name+" "+direction(ag.skew))
		}
		if ag.waiting > 1 {
			behind = append(behind, fmt.Sprintf("%s has %d hours to send", ag.name, ag.waiting))
		}
	}
	f.Places = slices.Sorted(maps.Keys(places))
	switch {
	case !v.down.IsZero() && now.Sub(v.down) > 2*time.Second:
		f.Note = "no connection to the fleet's servers for " + roughly(now.Sub(v.down)) + ": the picture stands still"
	case len(agents) == 0:
		f.Note = "no agent was heard of yet"
	case len(missing) > 0:
		f.Note = fmt.Sprintf("%d of %d agents, %s", f.Heard, f.Agents, several(missing, 2))
	}
	add := func(what string, list []string) {
		if len(list) > 0 {
			f.Notes = append(f.Notes, what+several(list, 4))
		}
	}
	if !v.complete {
		f.Notes = append(f.Notes, "still reading the older hours")
	}
	add("clocks differ: ", skewed)
	add("", behind)
	if v.late > 0 {
		f.Notes = append(f.Notes, "late results were added to older hours "+times(v.late))
	}
	var refused []string
	for _, id := range slices.Sorted(maps.Keys(v.refused)) {
		refused = append(refused, id+": "+v.refused[id])
	}
	add("not counted: ", refused)
	return f
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// several joins the first of a list, and says how many more there are.
func several(list []string, most int) string {
	text := strings.Join(list[:min(len(list), most)], ", ")
	if more := len(list) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// roughly returns a duration as people say it, which does not change every second.
func roughly(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Truncate(10*time.Second).Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	default:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
}

func direction(skew time.Duration) string {
	if skew > 0 {
		return skew.Round(time.Second).String() + " ahead"
	}
	return (-skew).Round(time.Second).String() + " behind"
}

// agentSources shows every agent as a source. The lock is held.
func (v *Viewer) agentSources(now time.Time) []tracker.Source {
	var list []tracker.Source
	for _, ag := range v.sorted(now) {
		source := tracker.Source{
			Name: "agent " + ag.name, Place: ag.placeName(), Format: "agent in " + ag.placeName(), State: tracker.SourceReading, Live: true, LastSeen: ag.heard,
		}
		if silent := ag.silence(now); silent > 0 {
			source.State, source.Problem = tracker.SourceStale, "silent for "+roughly(silent)+": its numbers stand still"
		}
		list = append(list, source)
	}
	return list
}

// targets returns the targets with their places. A target of which all agents are silent is shown as it was when the last of them was
// heard: no news is not zero. The lock is held.
func (v *Viewer) targets(s *tracker.Snapshot, now, at time.Time) []*tracker.Target {
	p := &v.picture
	places := map[string]map[string]*tracker.Target{}
	for name, of := range p.places {
		places[name] = map[string]*tracker.Target{}
		for _, t := range of.Snapshot(at).Targets {
			places[name][t.Name] = t
		}
	}
	out := make([]*tracker.Target, len(s.Targets))
	for i, t := range s.Targets {
		shown := *t
		silent, last := v.silentAgents(t.Name, now)
		if silent != "" {
			if old := v.frozenTarget(t.Name, now, last); old != nil {
				shown = *old
			}
			shown.State, shown.Since, shown.Reason = tracker.StateStale, last, "no news from "+silent+" for "+roughly(now.Sub(last))
		}
		shown.Places = v.placesOf(t.Name, places, s.At, now)
		if shown.State > tracker.StateStale {
			shown.Where = where(shown.Places, shown.UsualKnown, shown.Usual)
		}
		out[i] = &shown
	}
	return out
}

// silentAgents returns the names of a target's agents if all of them are silent, and when the last was heard.
func (v *Viewer) silentAgents(target string, now time.Time) (names string, last time.Time) {
	var silent []string
	for _, id := range v.picture.serves[target] {
		ag := v.agents[id]
		if ag == nil || ag.left {
			continue
		}
		if ag.silence(now) == 0 {
			return "", time.Time{}
		}
		if ag.heard.After(last) {
			last = ag.heard
		}
		silent = append(silent, ag.name)
	}
	slices.Sort(silent)
	return several(silent, 2), last
}

// frozenTarget returns a target as it was at a moment.
func (v *Viewer) frozenTarget(name string, now, at time.Time) *tracker.Target {
	f := &v.picture.shown.frozen
	at = at.Truncate(time.Minute)
	if !f.at.Equal(at) || !f.made.Equal(v.picture.made) {
		*f = frozen{at: at, made: v.picture.made, targets: map[string]*tracker.Target{}}
		for _, t := range v.picture.total.SnapshotAt(now, at).Targets {
			f.targets[t.Name] = t
		}
	}
	return f.targets[name]
}

// placesOf returns how a target is in each place that has it; nil where that is one.
func (v *Viewer) placesOf(target string, places map[string]map[string]*tracker.Target, at, now time.Time) []tracker.Place {
	var out []tracker.Place
	for _, name := range slices.Sorted(maps.Keys(places)) {
		t := places[name][target]
		if t == nil {
			continue
		}
		requests, errors := t.Activity.PerMinute(at)
		place := tracker.Place{
			Name: name, State: t.State, Requests: requests, Errors: errors, P95: t.Activity.FiveMinutes.Latency.P95,
			Hour: tracker.Bar{Requests: uint32(t.Activity.Hour.Requests), Errors: uint32(t.Activity.Hour.Errors)}, //nolint:gosec // of one hour
		}
		if silent := v.silentPlace(target, name, now); silent > 0 {
			place.State, place.Silent = tracker.StateStale, roughly(silent)
		}
		out = append(out, place)
	}
	if len(out) < 2 {
		return nil
	}
	affected(out)
	return out
}

// silentPlace returns for how long no agent of a place that has a target was heard; 0 where one was.
func (v *Viewer) silentPlace(target, place string, now time.Time) (least time.Duration) {
	for _, id := range v.picture.serves[target] {
		ag := v.agents[id]
		if ag == nil || ag.left || ag.placeName() != place {
			continue
		}
		d := ag.silence(now)
		if d == 0 {
			return 0
		}
		if least == 0 || d < least {
			least = d
		}
	}
	return least
}
