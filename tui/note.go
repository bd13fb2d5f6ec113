package tui

import (
	"strings"

	"errtop/tracker"

	tea "charm.land/bubbletea/v2"

	"charm.land/bubbles/v2/textinput"
)

// noteForm is the line in which a note about an incident is typed.
type noteForm struct {
	input    textinput.Model
	incident uint64
	target   string
}

// startNote opens the line for a note about the incident at hand.
func (m *model) startNote() {
	if m.options.Rights.Note == nil {
		m.say("this viewer may not write notes")
		return
	}
	t, _ := m.troubleAtHand()
	if t.incident == nil {
		m.say("no incident is selected")
		return
	}
	m.help = nil
	m.note = &noteForm{input: newInput(longestNote), incident: t.incident.ID, target: t.incident.Lead().Name}
}

// editNote edits the note. Enter keeps it, escape gives it up.
func (m *model) editNote(msg tea.KeyPressMsg) tea.Cmd {
	switch msg.String() {
	case "esc", "ctrl+c":
		m.note = nil
	case "enter":
		note, write := m.note, m.options.Rights.Note
		m.note = nil
		text := strings.TrimSpace(note.input.Value())
		if text == "" {
			return nil
		}
		return func() tea.Msg {
			write(note.incident, note.target, text)
			return saidMsg("noted about " + note.target)
		}
	default:
		m.note.edit(msg)
	}
	return nil
}

// edit changes the line as a key or a paste says.
func (f *noteForm) edit(msg tea.Msg) { f.input, _ = f.input.Update(msg) }

// View draws the line with its cursor.
func (f *noteForm) View(a area) {
	p := a.row(0)
	p.space(1)
	p.text(a.styles.Accent, "note: ")
	drawInput(&p, &f.input)
	hint := a.row(1)
	hint.space(1)
	hint.text(a.styles.Muted, "about "+f.target+"; it stands on the incident's page and in reports. enter keeps it, esc does not.")
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
