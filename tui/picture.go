package tui

import (
	"strconv"
	"strings"
	"time"

	"errtop/internal/human"
	"errtop/tracker"
)

// draw draws the whole screen:
//
//	errtop  name        1 overview 2 errors …        6 targets  1 failing      live 14:32:07
//	✖ name  what is broken                                             how much, is it getting better
//	  since when, usually how much, after which deploy, where
//	→ what to do about it
//	(a banner where the picture is frozen, past or filtered)
//	…the view…
//	? help  / filter  …
func (m *model) draw(a area) {
	if a.w < 1 || a.h < 1 {
		return
	}
	head, a := a.top(1)
	m.header(head)
	if m.form != nil {
		line, rest := a.bottom(min(m.form.height(), max(a.h-4, 3)))
		m.form.View(line, m.frame.alerts)
		a = rest
	} else if m.writing != nil {
		line, rest := a.bottom(min(2, a.h))
		m.writing.View(line)
		a = rest
	} else if m.prompt.open {
		line, rest := a.bottom(min(2, a.h))
		m.prompt.View(line)
		a = rest
	} else if a.h > 5 {
		line, rest := a.bottom(1)
		m.footer(line)
		a = rest
	}
	lines := 3
	switch {
	case a.h < 8:
		lines = 1
	case a.h < 10:
		lines = 2
	}
	line, a := a.top(lines)
	m.headline.View(line)
	if text := m.banner(); text != "" {
		line, a = a.top(1)
		p := line.row(0)
		p.text(a.styles.Banner, " "+text)
		p.base = a.styles.Banner
		p.fill()
	}
	if a.h > 20 {
		_, a = a.top(1) // air
	}
	if m.shown == nil {
		return
	}
	switch {
	case m.help != nil:
		m.help.View(a, m.shown)
	case len(m.open) > 0:
		m.open[len(m.open)-1].View(a, m.shown)
	default:
		m.view().View(a)
	}
}

func (m *model) header(a area) {
	p := a.row(0)
	s := a.styles
	right, st := m.when(a)
	state := m.withFleet(m.counts(), a.w >= 120)
	p.space(1)
	p.text(s.Accent, "errtop")
	if m.options.Title != "" && a.w >= 60 {
		p.space(2)
		p.text(s.Muted, m.options.Title)
	}
	p.text(s.Text, "  ")
	tail := runsWidth(state) + width(right) + 2
	if p.left()-tail < 14 { // a name of a view
		state = m.withFleet(m.brief(), false)
		tail = runsWidth(state) + width(right) + 2
	}
	tabs := 0
	for i := range viewNames {
		tabs += len(m.tab(i)) + 2
	}
	room := p.left()-tail >= tabs
	for i := range viewNames {
		m.tabs[i] = place{}
		if !room && i != m.current {
			continue
		}
		look := s.Muted
		if i == m.current {
			look = s.Title
		}
		name := m.tab(i)
		m.tabs[i] = place{a.x + p.at(), a.y, len(name), 1}
		p.text(look, name)
		p.space(2)
	}
	if p.left() < tail { // the clock stays, the counts go
		p.space(p.left() - width(right) - 1)
		p.moment(st, right)
		return
	}
	p.space(p.left() - tail)
	for _, c := range state {
		p.text(c.style, c.text)
		p.space(2)
	}
	p.moment(st, right)
}

// moment writes "live 14:32:07". Only the word has a style: the figures change every second, and a style costs more bytes
// than they do.
func (p *pen) moment(st Style, text string) {
	word, clock, _ := strings.Cut(text, " ")
	p.text(st, word)
	p.text(Style{}, " "+clock)
}

// tab is a view's name with its key; the one that is shown says how much it lists: "2 errors 100", "2 errors 4/100".
func (m *model) tab(i int) string {
	name := m.names[i]
	if i == 0 || i != m.current {
		return name
	}
	switch l := m.view().Listed(); {
	case l.total == 0:
		return name
	case l.shown == l.total:
		return name + " " + strconv.Itoa(l.total)
	default:
		return name + " " + strconv.Itoa(l.shown) + "/" + strconv.Itoa(l.total)
	}
}

func runsWidth(runs []run) int {
	n := 0
	for _, r := range runs {
		n += width(r.text) + 2
	}
	return n
}

// byState counts the targets; what fails as usual counts as ok. scanned are those whose only trouble is somebody's scan, acked those in
// trouble whose alerts have all been acknowledged.
func (m *model) byState() (by [6]int, scanned, acked int) {
	if m.shown == nil {
		return by, 0, 0
	}
	if m.ackedOf != m.turn {
		m.ackedOf, m.acked = m.turn, ackedTargets(m.shown, m.frame.alerts)
	}
	for i := range m.shown.Targets {
		t := m.shown.Targets[i]
		switch in := m.troubled[t.Name]; {
		case in != nil && in.Scan:
			scanned++
		case m.acked[t.Name] && (in != nil || t.State > tracker.StateOK):
			acked++
		case in != nil && t.State <= tracker.StateOK:
			by[incidentState(in, t)]++
		case in == nil && asUsual(t):
			by[tracker.StateOK]++
		default:
			by[min(int(t.State), len(by)-1)]++
		}
	}
	return by, scanned, acked
}

// counts says how many targets are in which state, the worst first.
func (m *model) counts() []run {
	var runs []run
	if m.looking > 1 {
		runs = append(runs, run{m.frame.styles.Muted, strconv.Itoa(m.looking) + " looking"})
	}
	if m.shown == nil || len(m.shown.Targets) == 0 {
		return runs
	}
	runs = append(runs, run{m.frame.styles.Muted, human.Plural(len(m.shown.Targets), "target")})
	return append(runs, m.stateRuns(func(sign string, n int, word string) string { return sign + " " + strconv.Itoa(n) + " " + word })...)
}

// brief is counts for a narrow screen.
func (m *model) brief() []run {
	return m.stateRuns(func(sign string, n int, _ string) string { return sign + strconv.Itoa(n) })
}

func (m *model) stateRuns(text func(sign string, n int, word string) string) []run {
	by, scanned, acked := m.byState()
	s, g := m.frame.styles, m.frame.glyphs
	var runs []run
	for state := tracker.StateFailing; state > tracker.StateUnknown; state-- {
		if state == tracker.StateOK && scanned > 0 {
			runs = append(runs, run{s.State(tracker.StateThrottled), text(g.scan, scanned, "scanned")})
		}
		if state == tracker.StateOK && acked > 0 {
			runs = append(runs, run{s.Muted, text(g.acked, acked, "acked")})
		}
		if by[state] > 0 {
			runs = append(runs, run{s.State(state), text(g.state(state), by[state], state.String())})
		}
	}
	return runs
}

// when says which moment the picture is of.
func (m *model) when(a area) (string, Style) {
	clock := human.Clock(a.now, m.clock, a.loc)
	switch {
	case m.options.Player != nil:
		course := m.options.Player.Course()
		return course.played(clock), a.styles.Accent
	case m.shown != nil && m.shown.Past:
		return "past " + clock, a.styles.Degraded
	case !m.frozen.IsZero():
		return "frozen " + clock, a.styles.Degraded
	case m.shown != nil && m.shown.Timeless():
		return "no times in this log", a.styles.Degraded
	case m.shown != nil && m.shown.LogTime:
		return "log time " + clock + m.behind(a), a.styles.Accent
	default:
		return "live " + clock, a.styles.Healthy
	}
}

// behind says why the picture of a log is not current: it is still being read, or it ended a while ago.
func (m *model) behind(a area) string {
	age := m.clock.Sub(a.now)
	switch read := loaded(m.shown); {
	case a.w < 80:
		return ""
	case read > 0:
		return ", " + strconv.Itoa(read) + " % read"
	case age >= time.Minute && age < 24*time.Hour: // else the clock has the date
		return ", " + human.Span(age) + " ago"
	default:
		return ""
	}
}

// banner says why the screen does not show everything as it is now.
func (m *model) banner() string {
	var parts []string
	switch {
	case !m.past.IsZero():
		text := "PAST " + human.Clock(m.past, m.clock, m.frame.loc) + ", " + human.Span(m.live.At.Sub(m.past)) + " ago; " + m.keys.key(Now) + " goes back to now"
		if m.shown != nil && m.shown.Past && len(m.shown.Missing) > 0 {
			text += "; not known any more: " + strings.Join(m.shown.Missing, ", ")
		}
		parts = append(parts, text)
	case !m.frozen.IsZero():
		parts = append(parts, "FROZEN "+human.Span(m.clock.Sub(m.frozen))+" ago, "+human.Count(m.waiting())+" newer errors wait; "+m.keys.key(Freeze)+" goes on")
	}
	if m.filter != nil {
		l := m.view().Listed()
		parts = append(parts, "FILTER "+m.filter.String()+"  "+m.placeFigures()+strconv.Itoa(l.total-l.shown)+" of "+strconv.Itoa(l.total)+" hidden; "+m.keys.key(Back)+" clears it")
	}
	if m.clock.Before(m.notice.until) {
		parts = append(parts, m.notice.text)
	}
	return strings.Join(parts, "  "+m.frame.glyphs.divider+"  ")
}

// footer is the short help, made from the key map; what does not fit is left out whole.
func (m *model) footer(a area) {
	p := a.row(0)
	hint := func(keys, short string) {
		if keys != "" && p.left() >= width(keys)+len(short)+3 {
			p.space(1)
			p.text(a.styles.Accent, keys)
			p.space(1)
			p.text(a.styles.Muted, short)
			p.space(1)
		}
	}
	for _, b := range m.keys.bindings {
		if b.Short != "" && len(b.Keys) > 0 {
			hint(b.Keys[0], b.Short)
		}
	}
	if m.frame.alerts != nil && m.options.Rights.Silence != nil {
		hint(m.keys.key(SilenceAlerts), "silence")
	}
	hint(m.keys.key(View1)+"-"+m.keys.key(View7), "views")
}
