package tui

import (
	"cmp"
	"slices"
	"strings"

	"errtop/internal/filter"
	"errtop/internal/human"
	"errtop/tracker"
)

// Of a fleet, a target is shown place by place.

// placeColumns says where a target is wrong; it is there only in a fleet with several places.
func placeColumns() []column[tracker.Target] {
	return []column[tracker.Target]{{
		title: "WHERE", min: 10, max: 34, least: 10, keep: 77, fit: func(t *tracker.Target) int { return width(t.Where) },
		has:   func(t *tracker.Target) bool { return len(t.Places) > 1 },
		order: func(a, b *tracker.Target) int { return cmp.Compare(a.Where, b.Where) },
		draw: func(p *pen, t *tracker.Target, w int) {
			if t.Where == "" {
				p.cell(p.styles.Faint, p.glyphs.dash, w)
				return
			}
			p.cell(p.styles.Text, t.Where, w)
		},
	}}
}

// placesOf returns the places that a filter finds a target by: those where it is wrong, or else all that have it.
func placesOf(t *tracker.Target) string {
	var wrong, all []string
	for i := range t.Places {
		all = append(all, t.Places[i].Name)
		if t.Where != "" && t.Places[i].Affected {
			wrong = append(wrong, t.Places[i].Name)
		}
	}
	if len(wrong) > 0 {
		all = wrong
	}
	return strings.Join(all, " ")
}

// placeLabel returns the place that a result came from; "" where nobody said.
func placeLabel(r *tracker.Result) string {
	if r.Labels != nil {
		for _, l := range *r.Labels {
			if l.Name == "place" {
				return l.Value
			}
		}
	}
	return ""
}

// placesOfGroup returns the places of the errors that a group keeps.
func placesOfGroup(g *tracker.Group) string {
	var names []string
	for i := range g.Exemplars {
		if name := placeLabel(&g.Exemplars[i].Result); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

// pictureOf returns what a filter asks to see of a snapshot: the picture of one place of a fleet alone, where it names one.
func pictureOf(snap *tracker.Snapshot, f *filter.Filter) *tracker.Snapshot {
	if snap.Fleet == nil || snap.Fleet.Picture == nil {
		return snap
	}
	if alone := snap.Fleet.Picture(placeNamed(snap.Fleet.Places, f.Place())); alone != nil {
		return alone
	}
	return snap
}

// placeNamed returns the place that a filter means: the one of that name, or the only one whose name has it as a part; "" without.
func placeNamed(places []string, asked string) (name string) {
	if asked == "" {
		return ""
	}
	found := 0
	for _, place := range places {
		switch lower := strings.ToLower(place); {
		case lower == asked:
			return place
		case strings.Contains(lower, asked):
			name = place
			found++
		}
	}
	if found > 1 {
		return ""
	}
	return name
}

// alone reports whether the picture is of one place of a fleet.
func (m *model) alone() bool {
	if m.shown == nil || m.shown.Fleet == nil {
		return false
	}
	fleet := m.shown.Fleet
	return fleet.Alone != "" || len(fleet.Places) == 1 && placeNamed(fleet.Places, m.filter.Place()) != ""
}

// placeFigures says of which places the figures are that are shown under a filter; "" where it does not ask for places.
func (m *model) placeFigures() string {
	switch {
	case m.shown == nil || m.shown.Fleet == nil || !m.filter.AsksPlaces():
		return ""
	case m.shown.Fleet.Alone != "":
		return "figures of " + m.shown.Fleet.Alone + " alone; "
	case len(m.shown.Fleet.Places) > 1:
		return "figures of all " + human.Plural(len(m.shown.Fleet.Places), "place") + "; "
	default:
		return ""
	}
}

// writeAlone says that the figures of a page are those of one place.
func writeAlone(d *doc, snap *tracker.Snapshot) {
	if snap.Fleet != nil && snap.Fleet.Alone != "" {
		d.field("figures", d.styles.Strong, "of "+snap.Fleet.Alone+" alone, as the filter asks; below, places side by side")
	}
}

// writePlaces compares places side by side.
func writePlaces(d *doc, places []tracker.Place) {
	if len(places) < 2 {
		return
	}
	d.heading("PLACES")
	d.picture(len(places)+1, func(a area) {
		each := min((a.w-labels-12)/4, 10)
		p := a.row(0)
		p.to(labels)
		p.cell(a.styles.Muted, "NOW", 12)
		for _, title := range []string{"REQ/MIN", "ERR%", "P95", "ERRORS/H"} {
			p.cellRight(a.styles.Muted, append(p.scratch[:0], title...), each)
		}
		for i := range places {
			drawPlace(a.row(i+1), &places[i], each)
		}
	})
}

func drawPlace(p pen, place *tracker.Place, each int) {
	name := p.styles.Text
	if place.Affected {
		name = p.styles.Strong
	}
	p.cell(name, place.Name, labels)
	word := place.State.String()
	if place.Silent != "" {
		word = "silent " + place.Silent
	}
	p.cell(p.styles.State(place.State), word, 12)
	p.cellRight(p.styles.Text, human.AppendRate(p.scratch[:0], place.Requests), each)
	if place.Requests == 0 {
		p.cellRight(p.styles.Faint, append(p.scratch[:0], p.glyphs.dash...), each)
	} else {
		p.cellRight(p.styles.Text, human.AppendPercent(p.scratch[:0], place.ErrorRatio()), each)
	}
	if place.P95 == 0 {
		p.cellRight(p.styles.Faint, append(p.scratch[:0], p.glyphs.dash...), each)
	} else {
		p.cellRight(p.styles.Text, human.AppendLatency(p.scratch[:0], place.P95), each)
	}
	p.cellRight(p.styles.Text, human.AppendCount(p.scratch[:0], uint64(place.Hour.Errors)), each)
}

// writePlacesOf compares the places of the target that an incident is worst for.
func writePlacesOf(d *doc, snap *tracker.Snapshot, in *tracker.Incident) {
	if t := targetOf(snap, in.Lead().Name); t != nil {
		writePlaces(d, t.Places)
	}
}

// fleetNote says who is missing, and what else should be known of a fleet.
func fleetNote(snap *tracker.Snapshot) string {
	if snap.Fleet == nil {
		return ""
	}
	notes := slices.Clone(snap.Fleet.Notes)
	if snap.Fleet.Note != "" {
		notes = slices.Insert(notes, 0, snap.Fleet.Note)
	}
	return strings.Join(notes, "; ")
}

// withFleet puts in front of the counts how many agents are there.
func (m *model) withFleet(counts []run, wide bool) []run {
	if m.shown == nil || m.shown.Fleet == nil {
		return counts
	}
	if m.shown.Fleet.Agents == 0 && m.shown.Past {
		return counts // who was there then is not known
	}
	if alone := m.shown.Fleet.Alone; wide && alone != "" {
		counts = slices.Insert(counts, 0, run{m.frame.styles.Strong, alone + " alone"})
	}
	return slices.Insert(counts, 0, agentsRun(m.frame.styles, m.shown.Fleet, wide))
}

// agentsRun says in the header how many agents are there; the whole note where there is room.
func agentsRun(s *Styles, fleet *tracker.Fleet, wide bool) run {
	switch {
	case fleet.Note == "":
		return run{s.Muted, human.Plural(fleet.Agents, "agent")}
	case wide || fleet.Agents == 0:
		return run{s.Degraded, fleet.Note}
	default:
		return run{s.Degraded, human.Count(uint64(fleet.Heard)) + "/" + human.Count(uint64(fleet.Agents)) + " agents"} //nolint:gosec // counts
	}
}
