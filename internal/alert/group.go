package alert

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// Told is what a receiver was told of a group: of one incident, or of one alert that belongs to none.
type Told struct {
	Receiver string    `json:"receiver"`
	Group    string    `json:"group"`
	First    time.Time `json:"first"`         // when its first alert was there
	Last     time.Time `json:"last,omitzero"` // when it was told last; zero: never
	Firing   []uint64  `json:"firing,omitempty"`
	Flapping []uint64  `json:"flapping,omitempty"`
	Quiet    []uint64  `json:"quiet,omitempty"` // began along with an incident that was told as more urgent: no message is sent for them

	Refreshed time.Time `json:"refreshed,omitzero"` // when it was told or refreshed last
}

// groupName names the group of an incident.
func groupName(incident uint64) string { return "incident " + strconv.FormatUint(incident, 16) }

// groupOf names the group that an alert is told in: its incident's, or that which its target is part of until that recovers. What began
// along with an incident and outlasts it is one group afterwards, so that its end is one message.
func (e *Engine) groupOf(a *Alert) string {
	if incident := cmp.Or(a.Follows, a.Labels.Incident); incident != 0 {
		return groupName(incident)
	}
	if in := e.members[a.Labels.Target]; in.incident != 0 && !in.calm {
		return groupName(in.incident)
	}
	if a.PartOf != 0 && a.Along {
		return afterName(a.PartOf)
	}
	return "alert " + strconv.FormatUint(a.ID, 16)
}

// afterName names the group of what outlasts an incident.
func afterName(incident uint64) string { return "after " + groupName(incident) }

// regroup follows alerts to the group that they are in now: one that was told by itself before its target became part of an incident,
// one that goes on after the incident, and one of an incident that became part of another. What receivers were told goes along, so that a change of
// group tells nobody anything.
func (e *Engine) regroup(s *State) (changed bool) {
	for i := 0; i < len(s.Groups); i++ {
		t := s.Groups[i]
		for _, id := range slices.Clone(t.Firing) {
			a, _ := s.find(id)
			if a == nil || !a.Active() {
				continue
			}
			group := e.groupOf(a)
			if group == t.Group {
				continue
			}
			changed = true
			if s.told(t.Receiver, group) == nil {
				s.Groups = append(s.Groups, Told{Receiver: t.Receiver, Group: group, First: t.First, Last: t.Last})
			}
			to, from := s.told(t.Receiver, group), &s.Groups[i]
			if to.Last.Before(t.Last) {
				to.Last = t.Last
			}
			take := func(from, to *[]uint64) {
				if slices.Contains(*from, id) {
					*from = slices.DeleteFunc(slices.Clone(*from), func(other uint64) bool { return other == id })
					if !slices.Contains(*to, id) {
						*to = append(slices.Clone(*to), id)
					}
				}
			}
			take(&from.Firing, &to.Firing)
			take(&from.Flapping, &to.Flapping)
		}
	}
	return changed
}

// quieten notes which alerts outlast an incident that a receiver was told of, less urgent than it and untold themselves. Nobody is paged
// for them now that the incident recovers.
func (e *Engine) quieten(s *State) (changed bool) {
	for i := range s.Alerts {
		a := &s.Alerts[i]
		if !a.Active() || !a.Along || a.PartOf == 0 || e.groupOf(a) != afterName(a.PartOf) {
			continue
		}
		for j := range e.options.Receivers {
			receiver := e.options.Receivers[j].Name
			t := s.told(receiver, groupName(a.PartOf))
			if t == nil || t.Last.IsZero() || slices.Contains(t.Firing, a.ID) || a.Severity >= s.worst(t) {
				continue
			}
			last, first := t.Last, t.First
			after := s.told(receiver, afterName(a.PartOf))
			if after == nil {
				s.Groups = append(s.Groups, Told{Receiver: receiver, Group: afterName(a.PartOf), First: first, Last: last})
				after = &s.Groups[len(s.Groups)-1]
			}
			if !slices.Contains(after.Quiet, a.ID) && !slices.Contains(after.Firing, a.ID) {
				after.Quiet, changed = append(slices.Clone(after.Quiet), a.ID), true
			}
		}
	}
	return changed
}

// worst returns the severity of the most urgent alert that a receiver was told of in a group.
func (s *State) worst(t *Told) Severity {
	worst := Info
	for _, id := range t.Firing {
		if a, _ := s.find(id); a != nil {
			worst = max(worst, a.Severity)
		}
	}
	return worst
}

// told returns what a receiver was told of a group, nil where nothing.
func (s *State) told(receiver, group string) *Told {
	for i := range s.Groups {
		if s.Groups[i].Receiver == receiver && s.Groups[i].Group == group {
			return &s.Groups[i]
		}
	}
	return nil
}

// knows reports whether a receiver was told of an alert.
func (s *State) knows(receiver string, alert uint64) bool {
	return slices.ContainsFunc(s.Groups, func(t Told) bool { return t.Receiver == receiver && slices.Contains(t.Firing, alert) })
}

// knownAs reports whether a receiver knows an incident's alert by the name of one that follows it.
func (s *State) knownAs(t *Told, a *Alert) bool {
	return a.Labels.Incident != 0 && slices.ContainsFunc(t.Firing, func(id uint64) bool {
		other, _ := s.find(id)
		return other != nil && other.Follows == a.Labels.Incident && other.Rule == a.Rule
	})
}
