package tui

import (
	"slices"
	"time"

	"errtop/internal/event"
	"errtop/tracker"

	tea "charm.land/bubbletea/v2"
)

// History is where a viewer reads what is older than a day. Its methods may wait for a disk: they are called beside the event loop.
type History interface {
	// Oldest returns the earliest moment that Engine.SnapshotAt knows something of.
	Oldest(now time.Time) time.Time
	// Hours returns the hours from one moment to before another in which anything happened, of a target, or with "" of all together. The
	// running hour is not among them.
	Hours(target string, from, to time.Time) ([]HourBar, error)
	// Incidents returns the incidents that began from one moment to before another, the newest first, at most so many.
	Incidents(from, to time.Time, most int) ([]PastIncident, error)
}

// HourBar is what happened in an hour.
type HourBar struct {
	Start            time.Time
	Requests, Errors uint64
}

// PastIncident is an incident that the tracker may have forgotten, with its groups.
type PastIncident struct {
	Incident tracker.Incident
	Groups   []*tracker.Group
}

const (
	historyDays      = 31 // that are shown by the hour
	historyIncidents = 500
	historyAge       = time.Minute // after which it is read again when somebody looks
)

// older is what was read of the history.
type older struct {
	source    History
	asked     time.Time // when it was read last
	oldest    time.Time
	incidents []PastIncident
	hours     map[string][]HourBar // by target; "" is all together
	problem   string
}

// historyMsg is what was read of the history.
type historyMsg struct {
	oldest    time.Time
	incidents []PastIncident
	target    string
	hours     []HourBar
	err       error
}

// readHistory returns a command that reads the history, and the hours of a target; nil where there is none, or it was read just now.
func (m *model) readHistory(target string) tea.Cmd {
	h := m.frame.older
	if h == nil {
		return nil
	}
	if _, known := h.hours[target]; known && m.clock.Sub(h.asked).Abs() < historyAge {
		return nil
	}
	h.asked = m.clock
	source, now := h.source, m.clock
	return func() tea.Msg {
		msg := historyMsg{target: target, oldest: source.Oldest(now)}
		from := now.AddDate(0, 0, -historyDays)
		if msg.incidents, msg.err = source.Incidents(from, now, historyIncidents); msg.err == nil {
			msg.hours, msg.err = source.Hours(target, from, now)
		}
		return msg
	}
}

// tookHistory takes what was read.
func (m *model) tookHistory(msg historyMsg) {
	h := m.frame.older
	if msg.err != nil {
		h.problem = "the history cannot be read: " + msg.err.Error()
		m.say(h.problem)
		return
	}
	h.problem, h.oldest, h.incidents, h.hours[msg.target] = "", msg.oldest, msg.incidents, msg.hours
	m.turn++ // the incidents' view lists them
}

// oldestKnown returns the earliest moment that can be shown.
func (m *model) oldestKnown() time.Time {
	oldest := m.live.At.Add(-24 * time.Hour)
	if h := m.frame.older; h != nil && !h.oldest.IsZero() && h.oldest.Before(oldest) {
		return h.oldest
	}
	return oldest
}

// troubles lists the incidents of the history that a snapshot does not have, the newest first.
func (h *older) troubles(snap *tracker.Snapshot) []*trouble {
	if h == nil || snap.Past {
		return nil
	}
	var list []*trouble
	for i := range h.incidents {
		past := &h.incidents[i]
		known := slices.ContainsFunc(snap.Incidents, func(in tracker.Incident) bool {
			return in.ID == past.Incident.ID || in.Lead().Name == past.Incident.Lead().Name && in.Onset.At.Sub(past.Incident.Onset.At).Abs() < time.Minute
		})
		if !known && len(past.Incident.Targets) > 0 {
			list = append(list, &trouble{incident: &past.Incident, title: event.IncidentTitle(&past.Incident), older: past})
		}
	}
	return list
}

// showHistory opens the page of hours: of the target at hand, else of all.
func (m *model) showHistory() tea.Cmd {
	if m.frame.older == nil {
		m.say("nothing is kept: history needs a store")
		return nil
	}
	target := ""
	if p, ok := m.topPage().(*targetPage); ok && (len(m.open) > 0 || m.current == int(View4-View1)) {
		target = p.target.Name
	}
	m.help = nil
	m.push(&historyPage{target: target})
	return m.readHistory(target)
}

// pastPageMsg is the state in which an incident of the history was.
type pastPageMsg struct {
	page *pastIncidentPage
	snap *tracker.Snapshot
}

// readPast returns a command that reads how it was when an incident of the history went on whose page is open, unless that was read.
func (m *model) readPast() tea.Cmd {
	p, ok := m.topPage().(*pastIncidentPage)
	if !ok || p.asked {
		return nil
	}
	p.asked = true
	engine, now, at := m.feed.engine, m.clock, p.moment()
	return func() tea.Msg { return pastPageMsg{p, engine.SnapshotAt(now, at)} }
}
