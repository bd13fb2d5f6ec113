package tui

import (
	"slices"
	"strconv"
	"time"
)

// Player plays a recording: what is shown is of the recording's time, and keys pause it and go to other moments of it.
type Player interface {
	Pause() // or go on
	Faster()
	Slower()
	Seek(to time.Time)
	Course() Course
}

// Course says how a player goes on.
type Course struct {
	First, Last time.Time // of the recording
	Wanted      time.Time // where it is going to at once; zero where it plays
	Reached     time.Time // where it is on the way there
	Speed       float64   // seconds of the recording in a second
	Paused      bool
	Ended       bool
}

// playing runs the actions that mean something else while a recording is played.
func (m *model) playing(a Action) bool {
	p := m.options.Player
	if p == nil {
		return false
	}
	course := p.Course()
	from := m.clock
	if !course.Wanted.IsZero() {
		from = course.Wanted // pressed again on the way
	}
	switch a {
	case Freeze:
		p.Pause()
	case Faster:
		p.Faster()
	case Slower:
		p.Slower()
	case MinuteBack:
		p.Seek(from.Add(-time.Minute))
	case MinuteForward:
		p.Seek(from.Add(time.Minute))
	case HourBack:
		p.Seek(from.Add(-time.Hour))
	case HourForward:
		p.Seek(from.Add(time.Hour))
	case DayBack:
		p.Seek(from.AddDate(0, 0, -1))
	case DayForward:
		p.Seek(from.AddDate(0, 0, 1))
	case Now:
		p.Seek(course.Last)
	case Acknowledge, SilenceAlerts, WriteNote, SetMark:
		m.say("this is a recording: there is nobody to tell")
	default:
		return false
	}
	return true
}

// played says which moment of a recording is shown, and how it goes on: "replay 60x 14:32:07".
func (c *Course) played(clock string) string {
	speed := strconv.FormatFloat(c.Speed, 'g', -1, 64) + "x "
	switch {
	case !c.Wanted.IsZero():
		done := 0
		if way := c.Wanted.Sub(c.First); way > 0 {
			done = int(100 * c.Reached.Sub(c.First) / way)
		}
		return "seeking " + strconv.Itoa(done) + " % " + clock
	case c.Ended:
		return "ended " + clock
	case c.Paused:
		return "paused " + speed + clock
	default:
		return "replay " + speed + clock
	}
}

// noticeTime is how long a notice is shown, by the clock of the picture.
func (m *model) noticeTime() time.Duration {
	if p := m.options.Player; p != nil {
		return time.Duration(max(p.Course().Speed, 1) * float64(noticeSpan))
	}
	return noticeSpan
}

// forReplay returns the keys as the help of a replay tells them.
func (m *KeyMap) forReplay() *KeyMap {
	told := map[Action][2]string{
		Freeze: {"pause", "pause the replay, or go on"}, Faster: {"faster", "play faster"}, Slower: {"slower", "play slower"},
		MinuteBack: {"", "a minute back in the recording"}, MinuteForward: {"", "a minute forward"},
		HourBack: {"", "an hour back"}, HourForward: {"", "an hour forward"}, DayBack: {"", "a day back"}, DayForward: {"", "a day forward"}, Now: {"", "to the end of the recording"},
	}
	own := &KeyMap{bindings: slices.Clone(m.bindings), actions: m.actions}
	for i := range own.bindings {
		if texts, ok := told[own.bindings[i].Action]; ok {
			own.bindings[i].Short, own.bindings[i].Help = texts[0], texts[1]
		}
	}
	return own.without(ShowHistory, Acknowledge, SilenceAlerts, WriteNote, SetMark, Reload)
}

// without returns the keys without some actions, whose keys then do nothing that anybody is told of.
func (m *KeyMap) without(actions ...Action) *KeyMap {
	own := &KeyMap{bindings: slices.Clone(m.bindings), actions: m.actions}
	own.bindings = slices.DeleteFunc(own.bindings, func(b Binding) bool { return slices.Contains(actions, b.Action) })
	return own
}

// forViewer returns the keys that a viewer is told of.
func (o *Options) forViewer() *KeyMap {
	if o.Player != nil {
		return o.Keys.forReplay()
	}
	if o.History == nil {
		return o.Keys.without(Faster, Slower, ShowHistory, DayBack, DayForward)
	}
	return o.Keys.without(Faster, Slower)
}
