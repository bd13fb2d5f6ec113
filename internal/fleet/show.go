package fleet

import (
	"cmp"
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
	frozen map[string]*frozen // by place; "" for all
}

// frozen is how targets were when the last of their agents was heard.
type frozen struct {
	at      time.Time
	targets map[string]*tracker.Target
}

func (a *agent) placeName() string { return cmp.Or(a.place, noPlace) }

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
	v.version++
	out := *s
	out.Version, out.Fleet = v.version, &fleet
	out.Sources = append(v.agentSources(now), s.Sources...)
	places := map[string]*tracker.Snapshot{}
	for name, of := range p.places {
		places[name] = of.Snapshot(at)
	}
	out.Targets = v.targets(s, places, now)
	out.Incidents = v.incidents(s.Incidents, out.Targets, "", now)
	p.shown.of, p.shown.fleet, p.shown.result = s, fleet, &out
	v.givePictures(&fleet, &out, places, now)
	return &out
}

// SnapshotAt returns the sum as it was at an earlier moment of the last 24 hours, and the places of then.
func (v *Viewer) SnapshotAt(now, at time.Time) *tracker.Snapshot {
	v.mu.Lock()
	p := v.picture
	v.mu.Unlock()
	out := *p.total.SnapshotAt(now, at)
	out.Fleet = &tracker.Fleet{Places: slices.Sorted(maps.Keys(p.places))}
	if len(p.places) > 0 {
		out.Fleet.Picture = func(place string) *tracker.Snapshot {
			of := p.places[place]
			if of == nil {
				return nil
			}
			alone := *of.SnapshotAt(now, at)
			alone.Fleet = &tracker.Fleet{Places: out.Fleet.Places, Alone: place}
			return &alone
		}
	}
	return &out
}

func sameFleet(a, b *tracker.Fleet) bool {
	return a.Agents == b.Agents && a.Heard == b.Heard && a.Note == b.Note && slices.Equal(a.Places, b.Places) && slices.Equal(a.Notes, b.Notes)
}

// targets returns the targets with their places. A target of which all agents are silent is shown as it was when the last of them was
// heard: no news is not zero. The lock is held.
func (v *Viewer) targets(s *tracker.Snapshot, places map[string]*tracker.Snapshot, now time.Time) []*tracker.Target {
	byPlace := map[string]map[string]*tracker.Target{}
	for name, of := range places {
		byPlace[name] = byName(of.Targets)
	}
	out := make([]*tracker.Target, len(s.Targets))
	for i, t := range s.Targets {
		shown := v.orFrozen(t, "", now)
		shown.Places = v.placesOf(t.Name, byPlace, s.At, now)
		if shown.State > tracker.StateStale {
			shown.Where = where(shown.Places, shown.UsualKnown, shown.Usual)
		}
		out[i] = &shown
	}
	return out
}

func byName(targets []*tracker.Target) map[string]*tracker.Target {
	named := make(map[string]*tracker.Target, len(targets))
	for _, t := range targets {
		named[t.Name] = t
	}
	return named
}

// orFrozen returns a target of a place, "" for all, or as it was when the last of its agents was heard. The lock is held.
func (v *Viewer) orFrozen(t *tracker.Target, place string, now time.Time) tracker.Target {
	silent, last := v.silentAgents(t.Name, place, now)
	if silent == "" {
		return *t
	}
	shown := *t
	if old := v.frozenTarget(t.Name, place, now, last); old != nil {
		shown = *old
	}
	shown.State, shown.Since, shown.Reason = tracker.StateStale, last, "no news from "+silent+" for "+roughly(now.Sub(last))
	return shown
}

// silentAgents returns the names of a target's agents in a place, "" for any, if all of them are silent, and when the last was heard.
func (v *Viewer) silentAgents(target, place string, now time.Time) (names string, last time.Time) {
	var silent []string
	for _, id := range v.picture.serves[target] {
		ag := v.agents[id]
		if ag == nil || ag.left || place != "" && ag.placeName() != place {
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

// frozenTarget returns a target of a place, "" for all, as it was at a moment.
func (v *Viewer) frozenTarget(name, place string, now, at time.Time) *tracker.Target {
	p := &v.picture
	at = at.Truncate(time.Minute)
	f := p.shown.frozen[place]
	if f == nil || !f.at.Equal(at) {
		of := p.total
		if place != "" {
			of = p.places[place]
		}
		if p.shown.frozen == nil {
			p.shown.frozen = map[string]*frozen{}
		}
		f = &frozen{at, byName(of.SnapshotAt(now, at).Targets)}
		p.shown.frozen[place] = f
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
		if silent, last := v.silentAgents(target, name, now); silent != "" {
			place.State, place.Silent = tracker.StateStale, roughly(now.Sub(last))
		}
		out = append(out, place)
	}
	if len(out) < 2 {
		return nil
	}
	affected(out)
	return out
}

// givePictures has a snapshot give out those of its places, which are made when somebody asks. The lock is held.
func (v *Viewer) givePictures(fleet *tracker.Fleet, all *tracker.Snapshot, places map[string]*tracker.Snapshot, now time.Time) {
	if len(places) == 0 {
		return
	}
	made := map[string]*tracker.Snapshot{}
	fleet.Picture = func(place string) *tracker.Snapshot {
		v.mu.Lock()
		defer v.mu.Unlock()
		s := places[place]
		if s != nil && made[place] == nil {
			made[place] = v.pictureOf(place, s, all, now)
		}
		return made[place]
	}
}

// pictureOf returns what a place alone counts, with how its targets are elsewhere. The lock is held.
func (v *Viewer) pictureOf(place string, s, all *tracker.Snapshot, now time.Time) *tracker.Snapshot {
	out, fleet := *s, *all.Fleet
	fleet.Alone, fleet.Picture = place, nil
	out.Version, out.Fleet = all.Version, &fleet
	out.Sources = nil
	for i := range all.Sources {
		if source := &all.Sources[i]; source.Place == place && strings.HasPrefix(source.Name, agentSource) {
			out.Sources = append(out.Sources, *source)
		}
	}
	out.Sources = append(out.Sources, s.Sources...)
	everywhere := byName(all.Targets)
	out.Targets = make([]*tracker.Target, len(s.Targets))
	for i, t := range s.Targets {
		shown := v.orFrozen(t, place, now)
		if of := everywhere[t.Name]; of != nil {
			shown.Places, shown.Where = of.Places, of.Where
		}
		out.Targets[i] = &shown
	}
	out.Incidents = v.incidents(s.Incidents, out.Targets, place, now)
	return &out
}
