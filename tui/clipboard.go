package tui

import (
	"strings"

	"errtop/internal/terminal"

	"github.com/charmbracelet/x/ansi"
)

// clipboardLimit bounds the text that is copied, in bytes. Terminals drop longer sequences: xterm and hterm at 100,000 bytes,
// a quarter of which is the overhead of base64.
const clipboardLimit = 70_000

// screenLimit bounds a string for GNU screen, in bytes: it drops longer ones, over 255 bytes and since 2014 over 767.
const screenLimit = 250

// outerTerminal wraps a sequence so that it reaches the terminal outside a multiplexer. tmux accepts one of two forms, depending
// on its options set-clipboard and allow-passthrough, so it gets both; GNU screen needs the wrapped one.
func outerTerminal(env []string, seq string) string {
	switch {
	case terminal.IsSilent(env):
		return ""
	case terminal.Variable(env, "TMUX") != "":
		return seq + ansi.TmuxPassthrough(seq)
	case terminal.Variable(env, "STY") != "":
		return ansi.ScreenPassthrough(seq, screenLimit)
	default:
		return seq
	}
}

// copyText puts text into the clipboard of whoever looks at the terminal, over SSH too (OSC 52).
func (m *model) copyText(what, text string) {
	if len(text) > clipboardLimit {
		m.say(what + " is too long to copy" + m.elsewhere("; "+m.keys.key(Export)+" writes it to a file"))
		return
	}
	if terminal.IsSilent(m.options.Environ) {
		m.say("this terminal has no clipboard" + m.elsewhere("; "+m.keys.key(Export)+" writes a file"))
		return
	}
	m.tell += outerTerminal(m.options.Environ, ansi.SetSystemClipboard(text))
	m.say(what + " copied")
}

// elsewhere returns a hint at the export for those who may write one.
func (m *model) elsewhere(hint string) string {
	if !m.options.Rights.Export {
		return ""
	}
	return hint
}

// topPage returns the open page, or the one that would open.
func (m *model) topPage() page {
	if n := len(m.open); n > 0 {
		return m.open[n-1].page
	}
	return m.view().Selected()
}

// copyPage copies what is selected as Markdown; of an incident that has a runbook, the URL of that.
func (m *model) copyPage() {
	p := m.topPage()
	if p == nil || m.shown == nil {
		m.say("nothing is selected")
		return
	}
	if r, ok := p.(interface{ runbook(*frame) string }); ok {
		if url := r.runbook(&m.frame); url != "" {
			m.copyText("runbook", url)
			return
		}
	}
	m.copyText(strings.ToLower(strings.SplitN(p.title(), " ", 2)[0]), pageMarkdown(p, m.shown, &m.frame, m.now()))
}

// copyRequest copies the selected thing's request.
func (m *model) copyRequest() {
	p := m.topPage()
	if p == nil || p.request() == nil {
		m.say("no request to copy: only errors of probes have one")
		return
	}
	m.copyText("curl line", curlLine(p.request()))
}
