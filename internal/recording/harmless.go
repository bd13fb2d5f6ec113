package recording

import (
	"errtop/internal/safetext"
	"errtop/tracker"
)

// longestText bounds a text of an entry, in bytes.
const longestText = 1 << 20

// A recording may have been edited, or be somebody else's: what is read of it is made harmless, and secrets in it masked, as what
// comes from any other file.

func oneLine(s string) string { return safetext.MaskedLine(s, longestText) }
func block(s string) string   { return safetext.MaskedBlock(s, longestText) }

// intern is oneLine for what comes again and again: it returns one string for all equal ones.
func (d *Decoder) intern(s string) string {
	known, ok := d.names[s]
	if !ok {
		if len(d.names) >= maxInterned {
			clear(d.names)
		}
		known = oneLine(s)
		d.names[s] = known
	}
	return known
}

func lines(list []string) []string {
	for i := range list {
		list[i] = oneLine(list[i])
	}
	return list
}

func headers(list []tracker.Header) []tracker.Header {
	for i := range list {
		list[i] = tracker.Header{Name: oneLine(list[i].Name), Value: oneLine(list[i].Value)}
	}
	return list
}

// clean makes the texts of an entry that is no result harmless.
func (e *Entry) clean() {
	each := func(texts ...*string) {
		for _, text := range texts {
			*text = oneLine(*text)
		}
	}
	each(&e.Gone)
	switch {
	case e.Header != nil:
		each(&e.Header.Name)
	case e.Target != nil:
		each(&e.Target.Name, &e.Target.URL)
	case e.Source != nil:
		each(&e.Source.Name, &e.Source.Format, &e.Source.Problem)
		e.Source.Samples = nil
	case e.Mark != nil:
		each(&e.Mark.Text, &e.Mark.Target, &e.Mark.Version, &e.Mark.Source)
	case e.Note != nil:
		each(&e.Note.Text, &e.Note.By, &e.Note.Target)
	case e.Gap != nil:
		each(&e.Gap.Why)
	}
}
