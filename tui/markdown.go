package tui

import (
	"strings"
	"time"

	"errtop/internal/report"
	"errtop/tracker"
)

// unstyled returns a frame to draw plain text in: no styles, so no escape sequences.
func unstyled(now time.Time, loc *time.Location) *frame {
	return &frame{styles: &Styles{}, glyphs: newGlyphs(false), now: now, loc: loc, reach: 60}
}

// drawn returns what draw draws in w columns and h rows, as text.
func (f *frame) drawn(w, h int, draw func(a area)) string {
	f.reset(w, h)
	draw(f.all())
	lines := strings.Split(f.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// chartWidth is how wide pictures are in a text.
const chartWidth = 76

// pageMarkdown writes a page as Markdown, to be pasted into a ticket or a chat.
func pageMarkdown(p page, snap *tracker.Snapshot, f *frame, now time.Time) string {
	d := &doc{frame: unstyled(now, f.loc), w: 4000, handedOn: true}
	d.advisor = f.advisor
	p.write(d, snap)
	var out strings.Builder
	out.WriteString("# " + report.EscapeMarkdown(p.title()) + "\n\n")
	fenced := false
	fence := func(open bool) {
		if open != fenced {
			out.WriteString("~~~~\n")
			fenced = open
		}
	}
	for i := range d.lines {
		line := &d.lines[i]
		fence(line.kind == blockLine || line.kind == pictureLine)
		switch line.kind {
		case headingLine:
			out.WriteString("## " + report.EscapeMarkdown(joinRuns(line.runs[:len(line.runs)-1])) + "\n\n")
		case fieldLine:
			out.WriteString("- " + strings.TrimSpace(line.runs[0].text) + ": " + report.EscapeMarkdown(line.runs[1].text) + "\n")
		case itemLine:
			out.WriteString("- " + report.EscapeMarkdown(line.runs[1].text) + "\n")
		case blockLine:
			out.WriteString(unfence(line.runs[1].text) + "\n")
		case pictureLine:
			if line.part == 0 {
				out.WriteString(d.drawn(chartWidth, line.parts, line.draw) + "\n")
			}
		default:
			out.WriteString(report.EscapeMarkdown(joinRuns(line.runs)) + "\n")
		}
	}
	fence(false)
	return out.String()
}

func joinRuns(runs []run) string {
	var text strings.Builder
	for _, r := range runs {
		text.WriteString(r.text)
	}
	return strings.TrimSpace(text.String())
}

// unfence keeps a line of untrusted text from closing its code block.
func unfence(s string) string {
	if strings.HasPrefix(strings.TrimLeft(s, " "), "~~~") {
		return " " + strings.Replace(s, "~~~", "~ ~ ~", 1)
	}
	return s
}
