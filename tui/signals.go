package tui

import (
	"strconv"

	"errtop/internal/event"
	"errtop/internal/safetext"
	"errtop/internal/terminal"
	"errtop/tracker"
)

// title is the terminal window's title: what is wrong can be seen in the tab.
func (m *model) title() string {
	failing := 0
	if m.live != nil {
		for i := range m.live.Targets {
			if m.live.Targets[i].State == tracker.StateFailing {
				failing++
			}
		}
	}
	if m.paged != "" {
		return m.paged
	}
	if failing == 0 {
		return "errtop"
	}
	g := m.frame.glyphs
	if terminal.Variable(m.options.Environ, "STY") != "" {
		g = newGlyphs(true) // GNU screen passes a title on byte by byte, the low one of each character
	}
	return strconv.Itoa(failing) + g.state(tracker.StateFailing) + " errtop"
}

// loaded returns the percentage read of the files that are still being loaded, 0 if there are none.
func loaded(snap *tracker.Snapshot) int {
	var read, total int64
	unfinished := false
	for i := range snap.Sources {
		s := &snap.Sources[i]
		if s.BytesTotal > 0 {
			read, total = read+min(s.BytesRead, s.BytesTotal), total+s.BytesTotal
			unfinished = unfinished || s.State == tracker.SourceReading && s.BytesRead < s.BytesTotal
		}
	}
	if !unfinished {
		return 0
	}
	return max(int(100*read/total), 1)
}

// alarm rings the bell and sends a notification when targets begin to fail, or an incident begins in which none does.
func (m *model) alarm(list []event.Event) {
	if !m.options.Bell && !m.options.Notify {
		return
	}
	told := map[string]bool{}
	for i := range list {
		e := &list[i]
		switch {
		case e.BeganToFail():
			m.ring("errtop: " + e.Target + " is " + e.Text)
		case e.Kind == event.IncidentBegan && e.Incident.Ongoing() && !e.Incident.Scan && !told[e.Target]:
			m.ring("errtop: " + e.Target + ": " + e.Text)
		default:
			continue
		}
		told[e.Target] = true
	}
}

func (m *model) ring(text string) {
	if m.options.Bell {
		m.tell += "\a"
	}
	if m.options.Notify {
		m.tell += notification(m.options.Environ, safetext.Truncate(safetext.Line(text), longestAttention, m.frame.glyphs.ellipsis))
	}
}

// tellLost shows a notice of time that nobody lived through.
func (m *model) tellLost(list []event.Event) {
	for i := range list {
		if list[i].Kind == event.TimeLost {
			m.say(list[i].Text)
		}
	}
}
