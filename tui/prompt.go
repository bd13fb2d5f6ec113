package tui

import (
	"errtop/internal/filter"
	"errtop/tracker"

	tea "charm.land/bubbletea/v2"

	"charm.land/bubbles/v2/textinput"
)

// prompt is the line in which a filter is typed. Up and down recall earlier filters.
type prompt struct {
	input   textinput.Model
	open    bool
	problem string // why the text is not a filter, or what it lacks
	lacking bool   // it may become one; what held before holds on
	before  *filter.Filter
	history []string
	recall  int // index into history; its length is the line being typed
}

// longest is the maximum length of a filter, in characters.
const longest = 500

func newPrompt() prompt {
	return prompt{input: newInput(longest)}
}

// start opens the prompt on the filter in use.
func (p *prompt) start(f *filter.Filter) {
	text := ""
	if p.before = f; f != nil {
		text = f.String()
	}
	p.set(text)
	p.open, p.problem, p.recall = true, "", len(p.history)
}

func (p *prompt) set(text string) {
	p.input.SetValue(text)
	p.input.CursorEnd()
}

func (p *prompt) text() string { return p.input.Value() }

// edit changes the line as a key or a paste says.
func (p *prompt) edit(msg tea.Msg) {
	if key, ok := msg.(tea.KeyPressMsg); ok {
		switch key.String() {
		case "up", "ctrl+p":
			p.remember(p.recall - 1)
			return
		case "down", "ctrl+n":
			p.remember(p.recall + 1)
			return
		}
	}
	p.input, _ = p.input.Update(msg)
}

func (p *prompt) remember(i int) {
	if i < 0 || i > len(p.history) {
		return
	}
	p.recall = i
	if i == len(p.history) {
		p.set("")
	} else {
		p.set(p.history[i])
	}
}

// keep closes the prompt and adds what was typed to the history.
func (p *prompt) keep() {
	p.open = false
	if text := p.text(); text != "" && (len(p.history) == 0 || p.history[len(p.history)-1] != text) {
		p.history = append(p.history, text)
	}
}

// View draws the line with its cursor, and below it what is wrong with it or what could be typed.
func (p *prompt) View(a area) {
	line := a.row(0)
	line.space(1)
	line.text(a.styles.Accent, "/")
	drawInput(&line, &p.input)
	hint := a.row(1)
	hint.space(1)
	switch {
	case p.problem == "":
		hint.text(a.styles.Muted, filter.Help)
	case p.lacking:
		hint.text(a.styles.Degraded, a.glyphs.ellipsis)
		hint.space(1)
		hint.text(a.styles.Text, p.problem)
	default:
		hint.text(a.styles.Failing, a.glyphs.state(tracker.StateFailing))
		hint.space(1)
		hint.text(a.styles.Failing, p.problem)
	}
}

// newInput returns a line to type at most limit characters in.
func newInput(limit int) textinput.Model {
	input := textinput.New()
	input.CharLimit = limit
	input.SetVirtualCursor(false)        // it would blink, which wakes an idle terminal
	input.KeyMap.Paste.SetEnabled(false) // it would start a program; what the terminal pastes comes as a message
	input.Focus()
	return input
}

// drawInput draws what is typed, with its cursor. Of a line longer than the room it draws the part before the cursor.
func drawInput(p *pen, input *textinput.Model) {
	value, at := []rune(input.Value()), input.Position()
	from := max(0, at-max(p.left()-2, 0))
	p.text(p.styles.Text, string(value[from:at]))
	under, after := " ", ""
	if at < len(value) {
		under, after = string(value[at]), string(value[at+1:])
	}
	p.text(p.styles.cursor, under)
	p.text(p.styles.Text, after)
}
