package terminal

import (
	"image/color"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"
)

// Ultraviolet lays the same rows into cells of its own: the text, its columns and its looks must be the same.
func TestRowsAreLaidIntoCellsAsUltravioletDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	pieces := []string{
		"a", " ", "errtop", "▁", "日本", "é", "e\u0301", "👩‍🚀", "↑", "✖", "─", "−", "❤\ufe0f", "1\ufe0f\u20e3", "\x1b[m", "\x1b[1;31m", "\x1b[22m", "\x1b[38;5;200m", "\x1b[0;48;2;1;2;3m",
		"\x1b[7m", "\x1b[27;4m", "\x1b[90;100m", "\x1b[39;49m", "\x1b[2;3;9m", "\x1b[1m", "\x1b[23;24;29m",
	}
	for range 5000 {
		var row strings.Builder
		for range r.IntN(20) {
			row.WriteString(pieces[r.IntN(len(pieces))])
		}
		const w = 24
		theirs := uv.NewScreenBuffer(w, 1)
		theirs.Method = CellWidth
		uv.NewStyledString(row.String()).Draw(theirs, uv.Rect(0, 0, w, 1))
		ours, p := make([]cell, w), newPalette(colorprofile.TrueColor)
		p.lay(ours, row.String())
		for x := 0; x < w; x += max(int(ours[x].width), 1) {
			want, got := theirs.CellAt(x, 0), ours[x]
			if text := string(p.appendCell(nil, got)); text != want.Content || int(got.width) != want.Width {
				t.Fatalf("%q: column %d holds %q of %d columns instead of %q of %d", row.String(), x, text, got.width, want.Content, want.Width)
			}
			pen, should := p.pens[got.pen], penOf(want.Style)
			if want.Content == " " {
				pen, should = pen.onBlank(), should.onBlank()
			}
			if pen != should {
				t.Fatalf("%q: column %d looks like %v instead of %v", row.String(), x, pen, should)
			}
		}
	}
}

func penOf(s uv.Style) (p pen) {
	for ours, theirs := range map[attributes]uint8{bold: uv.AttrBold, faint: uv.AttrFaint, italic: uv.AttrItalic, blink: uv.AttrBlink, reverse: uv.AttrReverse, conceal: uv.AttrConceal, strike: uv.AttrStrikethrough} {
		if s.Attrs&theirs != 0 {
			p.attributes |= ours
		}
	}
	if s.Underline != uv.UnderlineNone {
		p.attributes |= underline
	}
	paintOf := func(c color.Color) paint { return paintFor(c, colorprofile.TrueColor) }
	p.text, p.behind = paintOf(s.Fg), paintOf(s.Bg)
	return p
}

// Every change of pen must lead where it should, whichever way was shorter.
func TestEveryChangeOfPenLeadsToIt(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	paints := []paint{0, fromPalette | 1, fromPalette | 9, fromPalette | 200, mixed | 0x102030}
	random := func() pen {
		return pen{paints[r.IntN(len(paints))], paints[r.IntN(len(paints))], attributes(r.Uint32() & r.Uint32())}
	}
	for range 20_000 {
		from, to := random(), random()
		sequence := string(appendChange(nil, from, to))
		if from == to {
			if sequence != "" {
				t.Fatalf("no change takes %q", sequence)
			}
			continue
		}
		parameters := strings.TrimSuffix(strings.TrimPrefix(sequence, "\x1b["), "m")
		if got := from.with(parameters, colorprofile.TrueColor); got != to {
			t.Fatalf("%q makes %v of %v instead of %v", sequence, got, from, to)
		}
		if anew := string(appendChange(nil, pen{}, to)); to != (pen{}) && len(sequence) > len(anew)+len("0;") {
			t.Fatalf("%q is longer than %q", sequence, anew)
		}
	}
}
