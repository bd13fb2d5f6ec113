package tui

import (
	"slices"
	"strings"
	"time"

	"errtop/internal/event"
	"errtop/internal/filter"
	"errtop/internal/safetext"
	"errtop/internal/terminal"
	"errtop/tracker"

	tea "charm.land/bubbletea/v2"
)

// model is the root model: it holds the state of the screen and routes messages to the panels. picture.go draws the frame around
// the view, act.go runs actions.
type model struct {
	options Options
	feed    *feed
	keys    *KeyMap
	frame   frame

	live    *tracker.Snapshot // the newest
	alerts  *Alerts           // the newest
	whole   *tracker.Snapshot // what the screen is of: the newest, a frozen or a past one
	shown   *tracker.Snapshot // the one on the screen: whole, or what one place of a fleet has of it
	clock   time.Time         // now, as of the last news
	taken   time.Time         // when live was taken
	showed  time.Time         // when a newest snapshot was shown
	events  *event.Detector
	turned  bool // something changed, beside figures and groups, that is not shown yet
	looking int  // viewers of the same engine, this one included; 0 where there can be no others

	headline headline
	troubled incidentsByTarget // of what is shown
	acked    map[string]bool   // the targets in trouble that somebody has acknowledged
	ackedOf  uint64            // the turn that acked is of
	views    [len(viewNames)]view
	current  int
	turn     uint64                 // counts pictures and filters
	told     [len(viewNames)]uint64 // the turn that each view was told of
	names    [len(viewNames)]string // of the views, after the key that shows them
	tabs     [len(viewNames)]place  // where the names stand in the header
	open     []*detail              // pages over the view, the topmost last
	help     *detail
	prompt   prompt
	form     *silenceForm // nil: closed
	writing  *writing     // a note or a mark; nil: closed
	filter   *filter.Filter

	frozen time.Time // since when; zero while the picture goes on
	past   time.Time // the moment asked for; zero for now
	notice notice

	rows   string // the picture last drawn
	dirty  bool   // something has changed since
	redraw bool   // the terminal may show something else
	paged  string // the alert in the title of the window; "" for none
	tell   string // what the terminal is to be told beside the picture
}

// notice is a message to the user, shown for a while.
type notice struct {
	text  string
	until time.Time
}

// noticeMsg is a notice from the engine, saidMsg the outcome of an action.
type (
	noticeMsg string
	saidMsg   string
)

// noticeSpan is how long a notice is shown.
const noticeSpan = 8 * time.Second

func newModel(o Options, f *feed) *model {
	m := &model{options: o, feed: f, keys: o.forViewer(), troubled: incidentsByTarget{}, events: event.NewDetector(o.Advisor), prompt: newPrompt(), dirty: true}
	m.frame.styles, m.frame.glyphs, m.frame.loc = o.Styles, newGlyphs(o.ASCII), o.Location
	m.frame.advisor = o.Advisor
	if o.History != nil {
		m.frame.older = &older{source: o.History, hours: map[string][]HourBar{}}
	}
	m.frame.scratch, m.frame.reach = make([]byte, 0, 64), 60
	m.headline.keys = o.Keys
	m.views = newViews(&m.headline, &m.frame)
	m.clock = f.now()
	for i, name := range viewNames {
		m.names[i] = strings.TrimSpace(m.keys.key(View1+Action(i)) + " " + name)
	}
	return m
}

// Init starts to wait for what is new.
func (m *model) Init() tea.Cmd {
	return tea.Batch(m.feed.next(m.live, m.taken), m.nextNotice(), m.nextPage(), m.readHistory(""))
}

func (m *model) nextNotice() tea.Cmd {
	if m.feed.notices == nil {
		return nil
	}
	return func() tea.Msg {
		select {
		case <-m.feed.ctx.Done():
			return nil
		case text, ok := <-m.feed.notices:
			if !ok {
				return nil
			}
			return noticeMsg(text)
		}
	}
}

func (m *model) nextPage() tea.Cmd {
	if m.options.Pages == nil {
		return nil
	}
	return func() tea.Msg {
		select {
		case <-m.feed.ctx.Done():
			return nil
		case p := <-m.options.Pages:
			return pageMsg(p)
		}
	}
}

// Update routes.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if msg, ok := msg.(newsMsg); ok {
		m.news(msg)
		return m, m.feed.next(m.live, m.taken)
	}
	m.dirty = true
	switch msg := msg.(type) {
	case pastMsg:
		if msg.at.Equal(m.past) { // and not of a moment that was passed on the way
			m.show(msg.snap)
		}
	case noticeMsg:
		m.say(string(msg))
		return m, m.nextNotice()
	case pageMsg:
		m.page(Page(msg))
		return m, m.nextPage()
	case historyMsg:
		m.tookHistory(msg)
	case pastPageMsg:
		msg.page.snap = msg.snap
	case saidMsg:
		m.say(string(msg))
	case alertedMsg:
		m.say(msg.text)
		if m.frozen.IsZero() && m.past.IsZero() {
			m.takeAlerts(msg.alerts)
		}
	case sizeMsg:
		m.resize(msg.w, msg.h)
	case tea.KeyPressMsg:
		m.paged = "" // somebody is there
		return m, m.key(msg)
	case tea.MouseClickMsg:
		m.click(msg)
	case tea.MouseWheelMsg:
		m.wheel(msg)
	case tea.PasteMsg:
		if m.form != nil {
			m.form.edit(msg)
		}
		if m.writing != nil {
			m.writing.edit(msg)
		}
		if m.prompt.open {
			m.prompt.edit(msg)
			m.tryFilter(filter.ParseTyped)
		}
	}
	return m, nil
}

// resize takes the size of the screen.
func (m *model) resize(w, h int) {
	m.frame.reset(w, h)
	m.dirty = true
}

// news takes the clock and the newest snapshot. A frozen or past picture stays as it is.
func (m *model) news(msg newsMsg) {
	if !msg.now.Truncate(time.Second).Equal(m.clock.Truncate(time.Second)) {
		m.dirty = true
	}
	if msg.snap != nil && m.options.Player != nil {
		msg.now = msg.snap.At // it may have gone on since
		if m.live != nil && msg.snap.At.Before(m.live.At) {
			m.events = event.NewDetector(m.options.Advisor) // what comes is not news
			m.live = nil
		}
	}
	m.clock = msg.now
	if m.options.Looking != nil {
		m.looking = m.options.Looking()
	}
	if msg.snap != nil {
		list := m.events.Next(msg.snap)
		if m.live != nil {
			m.alarm(list)
			m.tellLost(list)
		}
		m.turned = m.turned || slices.ContainsFunc(list, turns)
		m.live, m.taken = msg.snap, msg.now
	}
	if !m.frozen.IsZero() || !m.past.IsZero() {
		m.alerts = msg.alerts
		return
	}
	m.takeAlerts(msg.alerts)
	if m.due() {
		m.showed = m.clock
		m.show(m.live)
	}
}

// takeAlerts shows the newest alerts.
func (m *model) takeAlerts(alerts *Alerts) {
	m.alerts = alerts
	if m.frame.alerts != alerts {
		m.frame.alerts = alerts
		m.dirty = true
		m.turn++
	}
}

// turns reports whether an event is shown at once. Others wait until the figures change.
func turns(e event.Event) bool {
	switch e.Kind {
	case event.GroupNew, event.GroupReturned, event.IncidentSpread, event.IncidentCause:
		return false
	default:
		return true
	}
}

// settle is the number of refreshes for which figures stay unchanged under load. Nobody can read figures that change four times a
// second, and they would fill a slow line.
const settle = 5

// due reports whether to show the newest snapshot: at once if a state has changed, otherwise after settle refreshes.
func (m *model) due() bool {
	switch {
	case m.live == nil || m.live == m.whole:
		return false
	case m.options.Player != nil: // it may have gone back
		return true
	case m.shown == nil || m.clock.Sub(m.showed) >= settle*m.options.Refresh:
		return true
	default:
		return m.turned
	}
}

// show puts a snapshot on the screen.
func (m *model) show(snap *tracker.Snapshot) {
	m.whole, m.shown, m.dirty = snap, pictureOf(snap, m.filter), true
	shown := m.shown
	m.frame.alerts = m.alerts
	if snap.Past { // what was alerted then is not kept
		m.frame.alerts = nil
	}
	if snap == m.live {
		m.turned = false
	}
	m.frame.reach = reach(&shown.Overall.Minutes)
	m.frame.lost, m.frame.minute = lostOf(shown), shown.At.Unix()/60
	m.headline.SetSnapshot(shown)
	m.troubled.take(shown)
	m.turn++
}

// view returns the current view and hands it the newest snapshot first. Other views get it when they are shown.
func (m *model) view() view {
	v := m.views[m.current]
	if m.shown != nil && m.told[m.current] != m.turn {
		m.told[m.current] = m.turn
		f := m.filter
		if m.alone() {
			f = f.WithoutPlace()
		}
		v.SetSnapshot(m.shown, f)
	}
	return v
}

// say shows a notice for a while.
func (m *model) say(text string) { m.notice = notice{text, m.clock.Add(m.noticeTime())} }

// waiting counts the errors that came after the picture was frozen.
func (m *model) waiting() uint64 {
	if m.live == nil || m.whole == nil {
		return 0
	}
	newest := func(s *tracker.Snapshot) (seq uint64) {
		for i := range s.Errors {
			seq = max(seq, s.Errors[i].Seq)
		}
		return seq
	}
	return newest(m.live) - min(newest(m.whole), newest(m.live))
}

// now returns the moment of the picture.
func (m *model) now() time.Time {
	switch {
	case m.shown != nil && (m.shown.LogTime || m.shown.Past):
		return m.shown.At
	case !m.frozen.IsZero():
		return m.frozen
	default:
		return m.clock
	}
}

// View draws the screen anew where something has changed.
func (m *model) View() tea.View {
	if m.dirty {
		m.dirty = false
		m.frame.now = m.now()
		m.frame.reset(m.frame.w, m.frame.h)
		m.draw(m.frame.all())
		m.rows = m.frame.String()
	}
	return tea.NewView(m.rows)
}

// picture returns what the terminal is to show, and whether anything has changed. Sequences in Tell are returned once.
func (m *model) picture() (terminal.Picture, bool) {
	if !m.dirty && !m.redraw && m.tell == "" {
		return terminal.Picture{}, false
	}
	p := terminal.Picture{
		Rows: m.View().Content, W: m.frame.w, H: m.frame.h, Title: m.title(), Tell: m.tell, Redraw: m.redraw,
	}
	if m.live != nil {
		p.Loaded = loaded(m.live)
	}
	if m.options.ASCII {
		p.Rows, p.Title, p.Tell = safetext.ASCII(p.Rows), safetext.ASCII(p.Title), safetext.ASCII(p.Tell)
	}
	m.redraw, m.tell = false, ""
	return p, true
}
