package tui

import (
	"errtop/internal/safetext"

	"github.com/charmbracelet/x/ansi"
)

// Page is an alert that the terminal itself is to tell: with its bell, a notification, and the title of its window.
type Page struct {
	Text string // of any origin
	Over bool   // it says that something is over
}

// pageMsg is a page for this viewer.
type pageMsg Page

// The bounds of what a terminal is told, in columns.
const (
	longestAttention = 200
	longestTitle     = 60
)

// Attention returns the sequences that ring a terminal's bell and let it show a notification, also out of a tmux or GNU screen.
// It sends OSC 9 and OSC 777; a terminal knows one of them, or neither. The text is made harmless and cut to 200 columns.
func Attention(env []string, text string) string {
	return "\a" + notification(env, safetext.Truncate(safetext.Line(text), longestAttention, "…"))
}

// notification returns the sequences for a notification of harmless text.
func notification(env []string, text string) string {
	return outerTerminal(env, ansi.Notify(text)) + outerTerminal(env, "\x1b]777;notify;errtop;"+text+"\a")
}

// page tells the terminal of an alert. What fires stays in the window's title until somebody presses a key or it is over.
func (m *model) page(p Page) {
	m.tell += Attention(m.options.Environ, "errtop: "+p.Text)
	m.paged = ""
	if !p.Over {
		m.paged = safetext.Truncate(safetext.Line(p.Text), longestTitle, m.frame.glyphs.ellipsis)
	}
}
