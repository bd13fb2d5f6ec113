package tui

import (
	"strings"

	"errtop/tracker"

	tea "charm.land/bubbletea/v2"

	"charm.land/bubbles/v2/textinput"
)

// writing is the line in which a note about an incident or a mark is typed.
type writing struct {
	input textinput.Model
	label string
	hint  string
	keep  func(text string) (said string)
}

// startNote opens the line for a note about the incident at hand.
func (m *model) startNote() {
	write := m.options.Rights.Note
	if write == nil {
		m.say("this viewer may not write notes")
		return
	}
	t, _ := m.troubleAtHand()
	if t.incident == nil {
		m.say("no incident is selected")
		return
	}
	id, target := t.incident.ID, t.incident.Lead().Name
	m.help = nil
	m.writing = &writing{
		input: newInput(longestNote), label: "note: ", hint: "about " + target + "; it stands on the incident's page and in reports. enter keeps it, esc does not.",
		keep: func(text string) string {
			write(id, target, text)
			return "noted about " + target
		},
	}
}

// startMark opens the line for a mark.
func (m *model) startMark() {
	mark := m.options.Rights.Mark
	if mark == nil {
		m.say("this viewer may not set marks")
		return
	}
	m.help = nil
	m.writing = &writing{
		input: newInput(longestNote), label: "mark: ", hint: "what was done just now, such as deploy billing 4.2.1. Charts show it. enter keeps it, esc does not.",
		keep: func(text string) string {
			mark(text)
			return "the mark is set" // its text may hold a secret, which is masked where it is kept
		},
	}
}

// write edits the line. Enter keeps it, escape gives it up.
func (m *model) write(msg tea.KeyPressMsg) tea.Cmd {
	switch msg.String() {
	case "esc", "ctrl+c":
		m.writing = nil
	case "enter":
		line := m.writing
		m.writing = nil
		text := strings.TrimSpace(line.input.Value())
		if text == "" {
			return nil
		}
		return func() tea.Msg { return saidMsg(line.keep(text)) }
	default:
		m.writing.edit(msg)
	}
	return nil
}

// edit changes the line as a key or a paste says.
func (f *writing) edit(msg tea.Msg) { f.input, _ = f.input.Update(msg) }

// View draws the line with its cursor.
func (f *writing) View(a area) {
	p := a.row(0)
	p.space(1)
	p.text(a.styles.Accent, f.label)
	drawInput(&p, &f.input)
	hint := a.row(1)
	hint.space(1)
	hint.text(a.styles.Muted, f.hint)
}

// writeNotes writes the notes about an incident.
func writeNotes(d *doc, snap *tracker.Snapshot, in *tracker.Incident) {
	for i, n := range snap.NotesOf(in) {
		if i == 0 {
			d.heading("NOTES")
		}
		by := n.By
		if by == "" {
			by = "somebody"
		}
		d.line(d.stamp(n.At, in.Onset.At), run{d.styles.Muted, d.pad(clipped(d, by, 10), 11)}, run{d.styles.Text, n.Text})
	}
}
