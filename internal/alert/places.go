package alert

import (
	"slices"

	"errtop/tracker"
)

// placed says in which places of a fleet something is wrong.
type placed struct {
	targets map[string][]string // target → the places that have their share in what is wrong with it
	sources map[string][]string // source → its agent's place
}

// index notes the places of a snapshot; without a fleet there are none.
func (p *placed) index(s *tracker.Snapshot) {
	p.targets, p.sources = nil, nil
	for _, target := range s.Targets {
		if wrong := wrongPlaces(target); len(wrong) > 0 {
			if p.targets == nil {
				p.targets = map[string][]string{}
			}
			p.targets[target.Name] = wrong
		}
	}
	for i := range s.Sources {
		if place := s.Sources[i].Place; place != "" {
			if p.sources == nil {
				p.sources = map[string][]string{}
			}
			p.sources[s.Sources[i].Name] = []string{place}
		}
	}
}

// wrongPlaces returns the places that a target's trouble is in, or where that is not known those that have errors.
func wrongPlaces(t *tracker.Target) (names []string) {
	for i := range t.Places {
		if t.Places[i].Affected {
			names = append(names, t.Places[i].Name)
		}
	}
	if len(names) > 0 {
		return names
	}
	for i := range t.Places {
		if t.Places[i].Errors > 0 {
			names = append(names, t.Places[i].Name)
		}
	}
	return names
}

// of returns where an incident's targets are in trouble, by name.
func (p *placed) of(i *tracker.Incident) (names []string) {
	if p.targets == nil {
		return nil
	}
	for j := range i.Targets {
		names = append(names, p.targets[i.Targets[j].Name]...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// placesOf returns where what an alert is of is in trouble.
func (e *Engine) placesOf(labels *Labels, incident *tracker.Incident) (names []string) {
	switch {
	case incident != nil:
		names = e.places.of(incident)
	case labels.Source != "":
		names = e.places.sources[labels.Source]
	default:
		names = e.places.targets[labels.Target]
	}
	if len(names) == 0 && e.options.Place != "" {
		return []string{e.options.Place}
	}
	return names
}

// locate notes where an alert is: which targets of an incident, and which places of a fleet.
func (e *Engine) locate(a *Alert, labels *Labels, incident *tracker.Incident) (changed bool) {
	if places := e.placesOf(labels, incident); !slices.Equal(places, a.Places) {
		a.Places, changed = places, true
	}
	if incident == nil || len(incident.Targets) < 2 {
		return changed
	}
	same := len(a.Targets) == len(incident.Targets) // their order, the worst first, may change: the alert's list has that of the names
	for i := 0; same && i < len(incident.Targets); i++ {
		_, same = slices.BinarySearch(a.Targets, incident.Targets[i].Name)
	}
	if same {
		return changed
	}
	a.Targets = make([]string, len(incident.Targets)) // a new list: notifications hold the one before
	for i := range incident.Targets {
		a.Targets[i] = incident.Targets[i].Name
	}
	slices.Sort(a.Targets)
	return true
}
