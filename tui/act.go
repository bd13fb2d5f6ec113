package tui

import (
	"errors"
	"time"

	"errtop/internal/filter"
	"errtop/internal/human"
	"errtop/tracker"

	tea "charm.land/bubbletea/v2"
)

// key does what a key is bound to.
func (m *model) key(msg tea.KeyPressMsg) tea.Cmd {
	if m.prompt.open {
		m.edit(msg)
		return nil
	}
	a := m.keys.action(msg.String())
	if cmd, done := m.everywhere(a); done {
		return cmd
	}
	switch {
	case m.help != nil:
		m.help.HandleKey(a)
	case len(m.open) > 0:
		m.inDetail(a)
	case a == Open:
		m.push(m.view().Selected())
	default:
		m.view().HandleKey(a)
	}
	return nil
}

// everywhere does the actions that mean the same wherever one is.
func (m *model) everywhere(a Action) (tea.Cmd, bool) {
	switch a {
	case Quit:
		return tea.Quit, true
	case Suspend:
		return m.suspend(), true
	case Redraw:
		m.redraw = true
	case Reload:
		return m.reload(), true
	case Help:
		if m.help != nil {
			m.help = nil
		} else {
			m.help = &detail{page: helpPage{m.keys}}
		}
	case Back:
		m.back()
	case Filter:
		m.open, m.help = nil, nil
		m.prompt.start(m.filter)
	case Freeze:
		m.freeze()
	case MinuteBack, MinuteForward, HourBack, HourForward:
		return m.travel(map[Action]time.Duration{MinuteBack: -time.Minute, MinuteForward: time.Minute, HourBack: -time.Hour, HourForward: time.Hour}[a]), true
	case Now:
		m.toNow()
	case Evidence:
		m.evidence()
	case Copy:
		m.copyPage()
	case CopyRequest:
		m.copyRequest()
	case Acknowledge:
		m.acknowledge()
	case Export:
		return m.export(), true
	case View1, View2, View3, View4, View5, View6, View7:
		m.open, m.help = nil, nil
		m.current = int(a - View1)
	default:
		turned := m.headline.HandleKey(a)
		if turned {
			m.turn++ // the overview lists what belongs to the headline first
		}
		return nil, turned
	}
	return nil, true
}

// back closes what is on top: the help, a page, the filter, the past, the frozen picture; at last it goes to the overview.
func (m *model) back() {
	switch {
	case m.help != nil:
		m.help = nil
	case len(m.open) > 0:
		m.open = m.open[:len(m.open)-1]
	case m.filter != nil:
		m.setFilter(nil)
	case !m.past.IsZero():
		m.toNow()
	case !m.frozen.IsZero():
		m.freeze()
	default:
		m.current = 0
	}
}

func (m *model) push(p page) {
	if p != nil {
		m.open = append(m.open, &detail{page: p})
	}
}

// inDetail scrolls the open page, or turns to the page of the list's next item.
func (m *model) inDetail(a Action) {
	if a == Next || a == Previous {
		view := m.view()
		view.HandleKey(a)
		if p := view.Selected(); p != nil {
			m.open = append(m.open[:0], &detail{page: p})
		}
		return
	}
	m.open[len(m.open)-1].HandleKey(a)
}

// evidence opens the incident that the headline is about; of a target alone, its group of errors, or the target where there
// is none.
func (m *model) evidence() {
	s, wrong := m.headline.subject()
	if !wrong {
		return
	}
	m.help = nil
	switch {
	case s.incident != nil:
		m.push(incidentPageOf(s.incident))
	case s.target.Cause == nil:
		m.push(targetPageOf(s.target))
	default:
		m.push(groupPageOf(s.target.Cause))
	}
}

// edit edits the filter; it holds as soon as it can be understood, and esc brings back the one before.
func (m *model) edit(msg tea.KeyPressMsg) {
	switch msg.String() {
	case "esc", "ctrl+c":
		m.prompt.open = false
		m.setFilter(m.prompt.before)
	case "enter":
		if m.tryFilter(filter.Parse); m.prompt.problem == "" {
			m.prompt.keep()
		}
	default:
		m.prompt.edit(msg)
		m.tryFilter(filter.ParseTyped)
	}
}

// tryFilter filters by what is typed, where it can be understood; until then the last that could be holds.
func (m *model) tryFilter(parse func(string) (*filter.Filter, error)) {
	f, err := parse(m.prompt.text())
	m.prompt.problem, m.prompt.lacking = "", false
	if err != nil {
		m.prompt.problem = err.Error()
		m.prompt.lacking = errors.As(err, new(filter.UnfinishedError))
		return
	}
	m.setFilter(f)
}

func (m *model) setFilter(f *filter.Filter) {
	m.filter = f
	if m.shown != nil {
		m.show(m.shown)
	}
}

// freeze stops the picture, or lets it go on. Results are counted all the while.
func (m *model) freeze() {
	if !m.past.IsZero() {
		m.say("the past stands still anyway")
		return
	}
	if m.frozen.IsZero() {
		m.frozen = m.clock
		return
	}
	m.frozen = time.Time{}
	if m.live != nil {
		m.show(m.live)
	}
}

// travel goes to another moment of the last 24 hours: to the end of a minute, since counts are remembered by the minute. At
// its beginning they would hold what came in the minute after it.
func (m *model) travel(by time.Duration) tea.Cmd {
	if m.live == nil {
		return nil
	}
	end := m.live.At
	at := m.past
	if at.IsZero() {
		at = end.Truncate(time.Minute).Add(time.Minute - 1)
		if by > 0 {
			return nil
		}
	}
	at = at.Add(by)
	if !at.Before(end) {
		m.toNow()
		return nil
	}
	if oldest := end.Add(-24 * time.Hour); at.Before(oldest) {
		at = oldest
	}
	m.past, m.frozen = at, time.Time{}
	return m.feed.at(at)
}

func (m *model) toNow() {
	m.past = time.Time{}
	if m.live != nil && m.frozen.IsZero() {
		m.show(m.live)
	}
}

// export writes an incident report of what is shown.
func (m *model) export() tea.Cmd {
	if !m.options.Rights.Export {
		m.say("this viewer may not write reports")
		return nil
	}
	if m.shown == nil {
		return nil
	}
	snap, now := m.shown, m.clock
	return func() tea.Msg {
		path, err := newReport(&m.options, snap, now).save(m.options.ExportDir)
		if err != nil {
			return saidMsg(err.Error())
		}
		return saidMsg("report written to " + path + " and .json")
	}
}

// acknowledge acknowledges the alerts of the incident that is open or selected, else of the headline's.
func (m *model) acknowledge() {
	in := m.incident()
	switch {
	case m.options.Rights.Acknowledge == nil:
		m.say("this viewer may not acknowledge")
	case in == nil:
		m.say("no incident is selected")
	default:
		switch n := m.options.Rights.Acknowledge(in.ID); n {
		case 0:
			m.say("no alert of " + in.Lead().Name + " fires")
		default:
			m.say(human.Plural(n, "alert") + " of " + in.Lead().Name + " acknowledged")
		}
	}
}

// incident returns the incident that is open or selected, else the headline's; nil without one.
func (m *model) incident() *tracker.Incident {
	if p, ok := m.topPage().(*incidentPage); ok {
		return &p.incident
	}
	if s, wrong := m.headline.subject(); wrong {
		return s.incident
	}
	return nil
}

// suspend stops the process until somebody continues it.
func (m *model) suspend() tea.Cmd {
	if !m.options.Rights.Suspend {
		m.say("this viewer may not suspend")
		return nil
	}
	return tea.Suspend
}

// reload reads the settings again.
func (m *model) reload() tea.Cmd {
	if m.options.Rights.Reload == nil {
		m.say("there are no settings to read again")
		return nil
	}
	return func() tea.Msg {
		err := m.options.Rights.Reload()
		if err == nil {
			return saidMsg("settings read again")
		}
		var lines interface{ Unwrap() []error }
		if errors.As(err, &lines) {
			err = lines.Unwrap()[0]
		}
		return saidMsg("the old settings stay: " + err.Error())
	}
}
