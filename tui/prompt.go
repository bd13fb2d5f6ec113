package tui

import (
	"slices"
	"unicode"
)

// prompt is the line a filter is typed into. What was used before comes back with up and down.
type prompt struct {
	value   []rune
	at      int // where the cursor stands
	open    bool
	problem string // why what stands there is no filter
	history []string
	recall  int // index into history; its length is the line being typed
}

// start opens the prompt on the filter in use.
func (p *prompt) start(text string) {
	p.set(text)
	p.open, p.problem, p.recall = true, "", len(p.history)
}

func (p *prompt) set(text string) {
	p.value = []rune(text)
	p.at = len(p.value)
}

func (p *prompt) text() string { return string(p.value) }

// longest is how many characters a filter may have.
const longest = 500

// insert puts typed or pasted text where the cursor stands; control characters in it are left out.
func (p *prompt) insert(text string) {
	for _, r := range text {
		if !unicode.IsControl(r) && len(p.value) < longest {
			p.value = slices.Insert(p.value, p.at, r)
			p.at++
		}
	}
}

// press edits the line with a key, spelled as Bubble Tea does; text is what the key writes.
func (p *prompt) press(key, text string) {
	switch key {
	case "up", "ctrl+p":
		p.remember(p.recall - 1)
	case "down", "ctrl+n":
		p.remember(p.recall + 1)
	case "left", "ctrl+b":
		p.at = max(p.at-1, 0)
	case "right", "ctrl+f":
		p.at = min(p.at+1, len(p.value))
	case "home", "ctrl+a":
		p.at = 0
	case "end", "ctrl+e":
		p.at = len(p.value)
	case "backspace", "ctrl+h":
		p.cut(p.at - 1)
	case "delete", "ctrl+d":
		p.value = slices.Delete(p.value, p.at, min(p.at+1, len(p.value)))
	case "ctrl+u":
		p.cut(0)
	case "ctrl+k":
		p.value = p.value[:p.at]
	case "ctrl+w", "alt+backspace":
		from := p.at
		for from > 0 && p.value[from-1] == ' ' {
			from--
		}
		for from > 0 && p.value[from-1] != ' ' {
			from--
		}
		p.cut(from)
	default:
		p.insert(text)
	}
}

// cut removes what stands between from and the cursor.
func (p *prompt) cut(from int) {
	from = max(from, 0)
	p.value = slices.Delete(p.value, from, p.at)
	p.at = from
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
	from := max(0, p.at-max(line.left()-2, 0)) // of a line longer than the screen, the part before the cursor
	line.text(a.styles.Text, string(p.value[from:p.at]))
	under, after := " ", ""
	if p.at < len(p.value) {
		under, after = string(p.value[p.at]), string(p.value[p.at+1:])
	}
	line.text(a.styles.cursor, under)
	line.text(a.styles.Text, after)
	hint := a.row(1)
	hint.space(1)
	if p.problem != "" {
		hint.text(a.styles.Failing, p.problem)
	} else {
		hint.text(a.styles.Muted, filterHelp)
	}
}
