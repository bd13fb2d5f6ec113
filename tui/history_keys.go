package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// inTime runs the actions that go to another time, and reports whether it was one.
func (m *model) inTime(a Action) (tea.Cmd, bool) {
	steps := map[Action]time.Duration{
		MinuteBack: -time.Minute, MinuteForward: time.Minute, HourBack: -time.Hour, HourForward: time.Hour,
		DayBack: -24 * time.Hour, DayForward: 24 * time.Hour,
	}
	switch a {
	case MinuteBack, MinuteForward, HourBack, HourForward, DayBack, DayForward:
		return m.travel(steps[a]), true
	case Now:
		m.toNow()
		return nil, true
	case ShowHistory:
		return m.showHistory(), true
	default:
		return nil, false
	}
}

// onTrouble runs the actions on the incident at hand, and reports whether it was one.
func (m *model) onTrouble(a Action) (tea.Cmd, bool) {
	switch a {
	case Acknowledge:
		return m.acknowledge(), true
	case WriteNote:
		m.startNote()
		return nil, true
	case SetMark:
		m.startMark()
		return nil, true
	case SilenceAlerts:
		m.startSilence()
		return nil, true
	default:
		return nil, false
	}
}
