package tui

import (
	"strings"

	"errtop/internal/human"
)

// formHeight is how many rows the form of a new silence wants.
const formHeight = 7

// height is how many rows the form wants.
func (f *silenceForm) height() int {
	if f.ends != nil {
		return 2
	}
	return formHeight
}

// View draws the form, in fewer rows the field that is typed in, what would be hidden, and the keys.
func (f *silenceForm) View(a area, alerts *Alerts) {
	if f.ends != nil {
		f.viewEnd(a)
		return
	}
	rows := []func(area){
		func(a area) { section(a, "SILENCE", "keeps alerts from being told; they are shown all the same") },
		f.viewField("for", formFor), f.viewScope, f.viewField("match", formMatch), f.viewField("note", formNote),
		func(a area) { f.viewHidden(a, alerts) }, f.viewKeys,
	}
	if a.h < formHeight {
		rows = append([]func(area){rows[1+f.at]}, rows[len(rows)-2:]...)
	}
	for _, row := range rows {
		var line area
		line, a = a.top(1)
		row(line)
	}
}

// label begins a row of the form.
func (f *silenceForm) label(a area, name string, field int) pen {
	p := a.row(0)
	look := a.styles.Muted
	p.space(1)
	if field == f.at && !f.asked {
		look = a.styles.Accent
		p.text(look, a.glyphs.cursor)
	} else {
		p.space(1)
	}
	p.cell(look, name, 9)
	return p
}

// viewField draws a field with its cursor.
func (f *silenceForm) viewField(name string, field int) func(area) {
	return func(a area) {
		p := f.label(a, name, field)
		switch {
		case !f.edits(field):
			p.text(a.styles.Faint, a.glyphs.dash)
		case field == f.at && !f.asked:
			drawInput(&p, &f.fields[field])
		default:
			p.text(a.styles.Text, f.fields[field].Value())
		}
		if field != formFor {
			return
		}
		if s, wrong := f.silence(a.now); wrong == "" {
			p.text(a.styles.Muted, "  until "+human.HourMinute(s.Ends, a.now, a.loc))
		}
	}
}

// viewScope draws what the silence is for.
func (f *silenceForm) viewScope(a area) {
	p := f.label(a, "what", formWhat)
	scope := &f.scopes[f.scope]
	p.text(a.styles.Strong, scope.name)
	p.space(2)
	p.text(a.styles.Muted, scope.says)
	if len(f.scopes) > 1 && f.at == formWhat {
		p.text(a.styles.Faint, "  (also: "+f.otherScopes()+")")
	}
}

// otherScopes names the other ways to say what the silence is for.
func (f *silenceForm) otherScopes() string {
	var names []string
	for i := range f.scopes {
		if i != f.scope && len(names) < 4 {
			names = append(names, f.scopes[i].name)
		}
	}
	return strings.Join(names, ", ")
}

// viewHidden draws what the silence would hide now, or why there is none.
func (f *silenceForm) viewHidden(a area, alerts *Alerts) {
	p := a.row(0)
	p.space(2)
	if f.wrong != "" {
		p.text(a.styles.Failing, f.wrong)
		return
	}
	m := f.matcher()
	hidden := alerts.wouldHide(&m, a.now)
	p.cell(a.styles.Muted, "hides", 9)
	if len(hidden) == 0 {
		p.text(a.styles.Text, "no alert that fires or is about to; only what may come")
		return
	}
	names := make([]string, 0, len(hidden))
	for _, one := range hidden {
		names = append(names, one.subjectName()+" ("+one.Rule+")")
	}
	p.text(a.styles.Strong, human.Plural(len(hidden), "alert")+": ")
	p.text(a.styles.Text, strings.Join(names, ", "))
}

// viewKeys draws what the keys do now.
func (f *silenceForm) viewKeys(a area) {
	p := a.row(0)
	p.space(1)
	if f.asked {
		p.text(a.styles.Banner, " Silence it? ")
		p.space(1)
		keyHints(&p, "enter", "silence", "esc", "change")
		return
	}
	keyHints(&p, "enter", "go on", "tab", "next field", "left right", "choose what", "esc", "leave")
}

// viewEnd asks whether to end a silence.
func (f *silenceForm) viewEnd(a area) {
	p := a.row(0)
	p.space(1)
	p.text(a.styles.Title, "SILENCED ")
	p.text(a.styles.Text, silenceWords(a.frame, f.ends))
	p = a.row(1)
	p.space(1)
	keyHints(&p, "enter", "end it now", "esc", "leave it")
}

// keyHints draws keys and what they do.
func keyHints(p *pen, pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		p.text(p.styles.Accent, pairs[i])
		p.text(p.styles.Muted, " "+pairs[i+1]+"  ")
	}
}
