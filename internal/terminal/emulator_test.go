package terminal

import (
	"strconv"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// emulator is a terminal that obeys what a screen may send, and fails on everything else. Like a real one it stays in the last
// column until the next character, and returns to the first with a line feed where crlf is set.
type emulator struct {
	t    *testing.T
	w, h int
	text []string // cell by cell; "" is the right half of a wide character
	pens []pen
	at   position
	pen  pen
	full bool // the last column is written, the cursor waits
	crlf bool
}

func newEmulator(t *testing.T, w, h int) *emulator {
	e := &emulator{t: t, w: w, h: h, text: make([]string, w*h), pens: make([]pen, w*h)}
	for i := range e.text {
		e.text[i], e.pens[i] = "?", pen{attributes: strike} // something stood here before
	}
	return e
}

func (e *emulator) obey(out []byte) {
	e.t.Helper()
	for s := string(out); s != ""; {
		sequence, width, n, _ := ansi.DecodeSequence(s, 0, nil)
		s = s[n:]
		switch {
		case width > 0:
			e.write(sequence, width)
		case sequence == "\r":
			e.at.x, e.full = 0, false
		case sequence == "\n":
			if e.at.y++; e.at.y >= e.h {
				e.t.Fatal("a line feed in the last row scrolls")
			}
			if e.crlf {
				e.at.x = 0
			}
		case strings.HasPrefix(sequence, "\x1b["):
			e.control(sequence[2:len(sequence)-1], sequence[len(sequence)-1])
		default:
			e.t.Fatalf("%q was sent", sequence)
		}
	}
}

func (e *emulator) write(text string, width int) {
	e.t.Helper()
	if e.full || e.at.x+width > e.w {
		e.t.Fatalf("%q was written beyond the last column of row %d", text, e.at.y)
	}
	i := e.at.y*e.w + e.at.x
	for n := range width {
		e.split(i + n)
	}
	for n := range width {
		e.text[i+n], e.pens[i+n] = "", e.pen
	}
	e.text[i] = text
	if e.at.x += width; e.at.x == e.w {
		e.at.x, e.full = e.w-1, true
	}
}

// split blanks the other half of a wide character before one half is written.
func (e *emulator) split(i int) {
	if e.text[i] == "" {
		e.text[i], e.text[i-1] = " ", " "
	} else if i+1 < len(e.text) && (i+1)%e.w != 0 && e.text[i+1] == "" {
		e.text[i], e.text[i+1] = " ", " "
	}
}

func (e *emulator) control(parameters string, command byte) {
	e.t.Helper()
	if command == 'm' {
		e.pen = e.pen.with(parameters, colorprofile.TrueColor)
		return
	}
	e.full = false
	first, second, _ := strings.Cut(parameters, ";")
	n, m := number(first), number(second)
	switch command {
	case 'H':
		e.at = position{m - 1, n - 1}
	case 'G':
		e.at.x = n - 1
	case 'A':
		e.at.y -= n
	case 'B':
		e.at.y += n
	case 'C':
		e.at.x += n
	case 'D':
		e.at.x -= n
	case 'J':
		e.blank(0, e.w*e.h)
	case 'K':
		e.split(e.at.y*e.w + e.at.x)
		e.blank(e.at.y*e.w+e.at.x, (e.at.y+1)*e.w)
	case 'L':
		e.shift(e.at.y+n, e.at.y, e.h-e.at.y-n)
		e.blank(e.at.y*e.w, (e.at.y+n)*e.w)
	case 'M':
		e.shift(e.at.y, e.at.y+n, e.h-e.at.y-n)
		e.blank((e.h-n)*e.w, e.h*e.w)
	default:
		e.t.Fatalf("CSI %s %c was sent", parameters, command)
	}
	if e.at.x < 0 || e.at.y < 0 || e.at.x >= e.w || e.at.y >= e.h {
		e.t.Fatalf("CSI %s %c leads out of the screen", parameters, command)
	}
}

func number(parameter string) int {
	n, _ := strconv.Atoi(parameter)
	return max(n, 1)
}

func (e *emulator) shift(to, from, rows int) {
	copy(e.text[to*e.w:(to+rows)*e.w], e.text[from*e.w:(from+rows)*e.w])
	copy(e.pens[to*e.w:(to+rows)*e.w], e.pens[from*e.w:(from+rows)*e.w])
}

func (e *emulator) blank(from, to int) {
	for i := from; i < to; i++ {
		e.text[i], e.pens[i] = " ", pen{behind: e.pen.behind, attributes: e.pen.attributes & seenOnBlanks}
	}
}

// shows fails unless the emulator shows a picture.
func (e *emulator) shows(p Picture) {
	e.t.Helper()
	palette := newPalette(colorprofile.TrueColor)
	cells := make([]cell, e.w)
	for y, row := range strings.Split(p.Rows, "\n") {
		palette.lay(cells, row)
		for x, c := range cells {
			want, i := string(palette.appendCell(nil, c)), y*e.w+x
			if c.width == 0 {
				want = ""
			}
			is, should := e.pens[i], palette.pens[c.pen]
			if want == " " {
				is, should = is.onBlank(), should.onBlank()
			}
			if want != e.text[i] || is != should && want != "" {
				e.t.Fatalf("row %d, column %d: %q with %v instead of %q with %v\n%q", y, x, e.text[i], is, want, should, row)
			}
		}
	}
}
