package tui

import (
	"errors"
	"time"

	"errtop/internal/filter"
	"errtop/internal/terminal"

	tea "charm.land/bubbletea/v2"
)

// key runs the action that a key is bound to.
func (m *model) key(msg tea.KeyPressMsg) tea.Cmd {
	switch {
	case m.form != nil:
		return m.editSilence(msg)
	case m.writing != nil:
		return m.write(msg)
	}
	if m.prompt.open {
		m.edit(msg)
		return nil
	}
	a := m.keys.action(msg.String())
	if m.playing(a) {
		return nil
	}
	if cmd, done := m.everywhere(a); done {
		return cmd
	}
	m.inView(a)
	return m.readPast()
}

// inView runs the actions that a view or a page gives their meaning.
func (m *model) inView(a Action) {
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
}

// everywhere runs the actions that mean the same in every view.
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
		m.toggleHelp()
	case Back:
		m.back()
	case Filter:
		m.open, m.help = nil, nil
		m.prompt.start(m.filter)
	case Freeze:
		m.freeze()
	case Evidence:
		m.evidence()
	case Copy:
		m.copyPage()
	case CopyRequest:
		m.copyRequest()
	case Export:
		return m.export(), true
	case View1, View2, View3, View4, View5, View6, View7:
		m.open, m.help = nil, nil
		m.current = int(a - View1)
		if a == View6 {
			return m.readHistory(""), true
		}
	default:
		if cmd, done := m.inTime(a); done {
			return cmd, true
		}
		if cmd, done := m.onTrouble(a); done {
			return cmd, true
		}
		turned := m.headline.HandleKey(a)
		if turned {
			m.turn++ // the overview lists what belongs to the headline first
		}
		return nil, turned
	}
	return nil, true
}

func (m *model) toggleHelp() {
	if m.help != nil {
		m.help = nil
	} else {
		m.help = &detail{page: helpPage{m.keys}}
	}
}

// back undoes one step: it closes the help or a page, clears the filter, returns from the past, unfreezes, and finally goes to
// the overview.
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

// evidence opens what the headline is about: the incident, or for a target without one its main group of errors, or the target.
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

// edit edits the filter, which applies while it is valid. Escape restores the filter from before.
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

// tryFilter applies what is typed if it is a valid filter; otherwise the last valid one stays.
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
	if m.whole != nil {
		m.show(m.whole)
	}
}

// freeze freezes or unfreezes the picture. Results are counted all the time.
func (m *model) freeze() {
	if !m.past.IsZero() {
		m.say("the past is frozen anyway")
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

// travel goes to another moment of the last 24 hours, or as far back as the history goes. It is the end of a minute, because counts are kept by the minute: at its
// beginning they would include the minute that follows.
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
	if oldest := m.oldestKnown(); at.Before(oldest) {
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

// copyReport copies a report of the snapshot that is shown: a viewer from elsewhere must not write to this machine's disk.
func (m *model) copyReport() {
	if m.options.ReportHint == "" {
		m.say("this viewer may not write reports")
		return
	}
	text := reportOf(&m.options, m.whole, m.alerts, m.clock).Markdown()
	if len(text) > clipboardLimit || terminal.IsSilent(m.options.Environ) {
		m.say("the report cannot be copied here; " + m.options.ReportHint)
		return
	}
	m.copyText("report", text)
	m.say("report copied; " + m.options.ReportHint)
}

// export writes a report of the snapshot that is shown.
func (m *model) export() tea.Cmd {
	if m.shown == nil {
		return nil
	}
	if !m.options.Rights.Export {
		m.copyReport()
		return nil
	}
	snap, alerts, now := m.whole, m.alerts, m.clock
	return func() tea.Msg {
		path, err := saveReport(reportOf(&m.options, snap, alerts, now), m.options.ExportDir)
		if err != nil {
			return saidMsg(err.Error())
		}
		return saidMsg("report written to " + path + ".html, .md and .json")
	}
}

// suspend stops the process until somebody continues it.
func (m *model) suspend() tea.Cmd {
	if !m.options.Rights.Suspend {
		m.say("this viewer may not suspend")
		return nil
	}
	return tea.Suspend
}

// reload reloads the settings.
func (m *model) reload() tea.Cmd {
	if m.options.Rights.Reload == nil {
		m.say("there are no settings to reload")
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
