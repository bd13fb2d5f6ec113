package event

import (
	"time"

	"errtop/tracker"
)

// toldIncident is what was told of an incident.
type toldIncident struct {
	lead     string
	class    tracker.CauseClass
	message  string
	targets  map[string]bool
	flapping bool
	over     bool
	onset    time.Time
}

// changesOfIncidents adds how incidents began, grew, changed and ended.
func (d *Detector) changesOfIncidents(list []Event, now *tracker.Snapshot) []Event {
	if len(now.Incidents) == 0 && len(d.incidents) == 0 {
		return list
	}
	current := make(map[uint64]toldIncident, len(now.Incidents))
	for i := range now.Incidents {
		in := &now.Incidents[i]
		told, known := d.incidents[in.ID]
		if !known {
			told, known = d.renamed(in, now)
		}
		list, told = d.tellIncident(list, now, in, told, known)
		current[in.ID] = told
	}
	d.incidents = current
	return list
}

// renamed finds what was told of an incident whose onset, and with it its ID, is now known better.
func (d *Detector) renamed(in *tracker.Incident, now *tracker.Snapshot) (toldIncident, bool) {
	for id, told := range d.incidents {
		if told.lead != in.Lead().Name || told.over && in.Ongoing() || told.onset.Sub(in.Onset.At).Abs() > time.Hour {
			continue
		}
		gone := true
		for i := range now.Incidents {
			gone = gone && now.Incidents[i].ID != id
		}
		if gone {
			return told, true
		}
	}
	return toldIncident{}, false
}

func (d *Detector) tellIncident(list []Event, now *tracker.Snapshot, in *tracker.Incident, told toldIncident, known bool) ([]Event, toldIncident) {
	add := func(kind Kind, at time.Time, target, text string) {
		list = append(list, Event{Kind: kind, At: at, Target: target, Text: text, Incident: in})
	}
	lead, title := in.Lead().Name, IncidentTitle(Worded(now, in))
	if !known {
		add(IncidentBegan, in.Onset.At, lead, "incident began: "+d.summary(now, in))
		told = toldIncident{class: in.Cause.Class, message: in.Cause.Message, targets: map[string]bool{}}
		for t := range in.Targets {
			told.targets[in.Targets[t].Name] = true
		}
	}
	told.lead, told.onset = lead, in.Onset.At
	for t := range in.Targets {
		part := &in.Targets[t]
		if !told.targets[part.Name] {
			told.targets[part.Name] = true
			add(IncidentSpread, part.Onset.At, part.Name, "joins the incident of "+lead+": "+title)
		}
	}
	if in.Cause.Class != told.class && in.Ongoing() {
		told.class, told.message = in.Cause.Class, in.Cause.Message
		add(IncidentCause, in.Onset.At, lead, "the cause is now known as: "+title+"; "+d.advisor.ForWorded(now, in).Action)
	}
	flapping := in.State == tracker.IncidentFlapping
	if flapping && !told.flapping {
		text := "the incident comes and goes"
		if in.TrendNote != "" {
			text += ": " + in.TrendNote
		}
		add(IncidentFlapping, in.Onset.At, lead, text)
	}
	told.flapping = told.flapping || flapping
	if !in.Ongoing() && !told.over {
		add(IncidentOver, in.End, lead, "incident over "+Cost(in)+": "+title)
	}
	told.over = !in.Ongoing()
	return list, told
}

// summary is an incident in one line: what, how much, usually how much, after which mark, and what to do.
func (d *Detector) summary(now *tracker.Snapshot, in *tracker.Incident) string {
	title := IncidentTitle(Worded(now, in))
	if !in.Ongoing() { // how it ended is told with its end
		return title + "; " + Usual(in)
	}
	text := title + "; " + Extent(in) + ", " + Usual(in)
	if mark := MarkBefore(in); mark != "" {
		text += "; " + mark
	}
	advice := d.advisor.ForWorded(now, in)
	text += "; " + advice.Action
	if advice.URL != "" {
		text += " " + advice.URL
	}
	return text
}
