package tui

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Action is something a key does.
type Action uint8

// The actions. None is what an unbound key does.
const (
	None Action = iota
	Quit
	Help
	Back
	Open
	Filter
	Up
	Down
	PageUp
	PageDown
	Top
	Bottom
	Next
	Previous
	NextPane
	PreviousPane
	Sort
	SortReverse
	WorseNext
	WorsePrevious
	Evidence
	Freeze
	MinuteBack
	MinuteForward
	HourBack
	HourForward
	DayBack
	DayForward
	ShowHistory
	Now
	Copy
	CopyRequest
	Export
	Reload
	Redraw
	Suspend
	Acknowledge
	SilenceAlerts
	WriteNote
	SetMark
	Faster
	Slower
	View1
	View2
	View3
	View4
	View5
	View6
	View7
)

// Binding says which keys do an action. Keys are spelled as Bubble Tea does: "j", "G", "?", "ctrl+d", "space", "shift+tab".
type Binding struct {
	Action Action
	Name   string // as settings spell it
	Short  string // one word for the bottom line; "" keeps it out of there
	Help   string // for the full help
	Keys   []string
}

// KeyMap maps keys to actions. It is immutable.
type KeyMap struct {
	bindings []Binding
	actions  map[string]Action
}

func defaultBindings() []Binding {
	return []Binding{
		{Help, "help", "help", "show or hide this help", []string{"?"}},
		{Filter, "filter", "filter", "filter what is listed", []string{"/"}},
		{Open, "open", "open", "open the selected thing", []string{"enter"}},
		{Back, "back", "", "close, clear the filter, go back", []string{"esc"}},
		{Freeze, "freeze", "freeze", "freeze or unfreeze the picture", []string{"space"}},
		{Acknowledge, "acknowledge", "ack", "acknowledge the alerts of what is selected", []string{"a"}},
		{WriteNote, "note", "", "write a note about the incident", []string{"c"}},
		{SetMark, "mark", "", "mark what was done now, such as a deploy", []string{"m"}},
		{SilenceAlerts, "silence", "", "silence its alerts, or end a silence", []string{"z"}},
		{Copy, "copy", "copy", "copy the selected thing as Markdown; of an incident its runbook", []string{"y"}},
		{CopyRequest, "copy_request", "", "copy its request as a curl line", []string{"Y"}},
		{Export, "export", "report", "write an incident report", []string{"x"}},
		{Evidence, "evidence", "", "open what the headline names", []string{"e"}},
		{WorseNext, "worse_next", "", "headline: the next incident or target in trouble", []string{"]"}},
		{WorsePrevious, "worse_previous", "", "headline: the previous one", []string{"["}},
		{Sort, "sort", "", "sort by the next column", []string{"s"}},
		{SortReverse, "sort_reverse", "", "turn the order round", []string{"S"}},
		{Up, "up", "", "up", []string{"k", "up"}},
		{Down, "down", "", "down", []string{"j", "down"}},
		{PageUp, "page_up", "", "half a page up", []string{"ctrl+u", "pgup"}},
		{PageDown, "page_down", "", "half a page down", []string{"ctrl+d", "pgdown"}},
		{Top, "top", "", "to the first", []string{"g", "home"}},
		{Bottom, "bottom", "", "to the last", []string{"G", "end"}},
		{Next, "next", "", "the next; inside a detail, the next one's", []string{"n"}},
		{Previous, "previous", "", "the one before", []string{"N"}},
		{NextPane, "next_pane", "", "the next panel", []string{"tab"}},
		{PreviousPane, "previous_pane", "", "the panel before", []string{"shift+tab"}},
		{MinuteBack, "minute_back", "", "back in time by a minute", []string{"<"}},
		{MinuteForward, "minute_forward", "", "forward by a minute", []string{">"}},
		{HourBack, "hour_back", "", "back in time by an hour", []string{"{"}},
		{HourForward, "hour_forward", "", "forward by an hour", []string{"}"}},
		{DayBack, "day_back", "", "back in time by a day", []string{"("}},
		{DayForward, "day_forward", "", "forward by a day", []string{")"}},
		{ShowHistory, "history", "", "a month by hour; this hour and last week's", []string{"H"}},
		{Now, "now", "", "back to now", []string{"0"}},
		{Faster, "faster", "", "replay: play faster", []string{"+"}},
		{Slower, "slower", "", "replay: play slower", []string{"-"}},
		{View1, "overview", "", "overview", []string{"1"}},
		{View2, "errors", "", "errors", []string{"2"}},
		{View3, "groups", "", "groups", []string{"3"}},
		{View4, "targets", "", "targets", []string{"4"}},
		{View5, "breakers", "", "breakers", []string{"5"}},
		{View6, "incidents", "", "incidents", []string{"6"}},
		{View7, "sources", "", "sources", []string{"7"}},
		{Reload, "reload", "", "read the settings again", []string{"ctrl+r"}},
		{Redraw, "redraw", "", "draw the screen afresh", []string{"ctrl+l"}},
		{Suspend, "suspend", "", "suspend", []string{"ctrl+z"}},
		{Quit, "quit", "quit", "quit", []string{"q", "ctrl+c"}},
	}
}

// ActionNames returns the actions as settings spell them.
func ActionNames() []string { return (&KeyMap{bindings: defaultBindings()}).names() }

// NewKeyMap returns the default keys, overridden by own: action name to keys, no keys to unbind it. The error names every unknown
// action and every key with two actions.
func NewKeyMap(own map[string][]string) (*KeyMap, error) {
	m := &KeyMap{bindings: defaultBindings(), actions: map[string]Action{}}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(own)) {
		i := slices.IndexFunc(m.bindings, func(b Binding) bool { return b.Name == name })
		if i < 0 {
			problems = append(problems, fmt.Errorf("key binding %q: no such action; there are %s", name, strings.Join(m.names(), ", ")))
			continue
		}
		m.bindings[i].Keys = slices.Clone(own[name])
	}
	holders := map[string]string{}
	for _, b := range m.bindings {
		for _, key := range b.Keys {
			if holder, taken := holders[key]; taken {
				problems = append(problems, fmt.Errorf("key %q is bound to both %s and %s", key, holder, b.Name))
				continue
			}
			holders[key] = b.Name
			m.actions[key] = b.Action
		}
	}
	if m.key(Quit) == "" {
		problems = append(problems, errors.New("no key is bound to quit"))
	}
	return m, errors.Join(problems...)
}

func (m *KeyMap) names() []string {
	names := make([]string, len(m.bindings))
	for i, b := range m.bindings {
		names[i] = b.Name
	}
	return names
}

// action returns what a key does, spelled as Bubble Tea does.
func (m *KeyMap) action(key string) Action { return m.actions[key] }

// key returns the first key of an action, "" where it has none.
func (m *KeyMap) key(a Action) string {
	for _, b := range m.bindings {
		if b.Action == a && len(b.Keys) > 0 {
			return b.Keys[0]
		}
	}
	return ""
}
