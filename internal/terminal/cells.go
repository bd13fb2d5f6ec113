package terminal

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// cell is what stands in one column of one row, in eight bytes: a screen has ten thousand of them, and a process may have a
// hundred screens.
type cell struct {
	what  uint32 // a character, or with cluster set the index of several that stand as one
	pen   uint16 // index in palette.pens
	width uint8  // columns; 0: the right half of the wide character before it
}

const cluster = 1 << 31

var blank = cell{what: ' ', width: 1}

// palette numbers the pens and clusters of a screen. Pen 0 is the terminal's own.
type palette struct {
	profile  colorprofile.Profile
	pens     []pen
	numbers  map[pen]uint16
	after    map[penStep]uint16
	clusters []string
	indexes  map[string]uint32
}

// penStep is an SGR sequence that meets a pen.
type penStep struct {
	pen        uint16
	parameters string
}

// How many pens and clusters are numbered before all is forgotten and the screen drawn anew. A theme has fewer than a hundred pens.
const (
	maxPens     = 1 << 12
	maxClusters = 1 << 12
)

func newPalette(profile colorprofile.Profile) *palette {
	return &palette{
		profile: profile, pens: []pen{{}}, numbers: map[pen]uint16{{}: 0}, after: map[penStep]uint16{}, indexes: map[string]uint32{},
	}
}

func (p *palette) full() bool {
	return len(p.pens) > maxPens || len(p.after) > maxPens || len(p.clusters) > maxClusters
}

func (p *palette) number(of pen) uint16 {
	n, ok := p.numbers[of]
	if !ok {
		if len(p.pens) > 1<<16-1 { // of one picture: no person could tell them apart
			return 0
		}
		n = uint16(len(p.pens)) //nolint:gosec // bounded above
		p.pens, p.numbers[of] = append(p.pens, of), n
	}
	return n
}

// step returns the pen after an SGR sequence.
func (p *palette) step(from uint16, parameters string) uint16 {
	to, ok := p.after[penStep{from, parameters}]
	if !ok {
		to = p.number(p.pens[from].with(parameters, p.profile))
		p.after[penStep{from, strings.Clone(parameters)}] = to
	}
	return to
}

// index numbers several characters that stand as one.
func (p *palette) index(of string) uint32 {
	i, ok := p.indexes[of]
	if !ok {
		of = strings.Clone(of)
		i = uint32(len(p.clusters)) //nolint:gosec // bounded by the cells of a screen
		p.clusters, p.indexes[of] = append(p.clusters, of), i
	}
	return i | cluster
}

// lay lays a row with styles into cells. What does not fit is cut; sequences other than styles, and control characters, are
// left out.
func (p *palette) lay(cells []cell, row string) {
	x, at, empty := 0, uint16(0), p.number(pen{})
	for i := 0; i < len(row) && x < len(cells); {
		switch size := simple(row[i:]); {
		case size == 1 && row[i] == ' ':
			cells[x] = cell{' ', empty, 1}
			x, i = x+1, i+1
		case size > 0:
			char, _ := utf8.DecodeRuneInString(row[i:])
			cells[x] = cell{uint32(char), at, 1} //nolint:gosec // never negative
			x, i = x+1, i+size
		case row[i] == '\x1b' || row[i] < ' ' || row[i] == 0x7f:
			sequence, _, n, _ := ansi.DecodeSequence(row[i:], 0, nil)
			if parameters, ok := strings.CutPrefix(sequence, "\x1b["); ok && strings.HasSuffix(sequence, "m") {
				at = p.step(at, parameters[:len(parameters)-1])
				empty = p.number(p.pens[at].onBlank())
			}
			i += max(n, 1)
		default:
			text, width := ansi.FirstGraphemeCluster(row[i:], CellWidth)
			if width > 0 && x+width <= len(cells) {
				cells[x] = cell{p.char(text), at, uint8(width)} //nolint:gosec // 1 or 2
				for right := range width - 1 {
					cells[x+1+right] = cell{0, at, 0}
				}
				x += width
			} else if width > 0 { // half of it would fit
				cells[x] = cell{' ', empty, 1}
				x++
			}
			i += max(len(text), 1)
		}
	}
	for ; x < len(cells); x++ {
		cells[x] = blank
	}
}

// char returns what stands in a cell for a character, or for several that stand as one.
func (p *palette) char(text string) uint32 {
	if char, size := utf8.DecodeRuneInString(text); size == len(text) && char != utf8.RuneError {
		return uint32(char) //nolint:gosec // never negative
	}
	return p.index(text)
}

// simple returns how many bytes the first character of s takes if it is one of those that nearly every picture is made of and
// stands alone in one column: ASCII, and lines and blocks (U+2500 to U+259F). Otherwise it returns 0.
func simple(s string) int {
	var size int
	switch {
	case s[0] >= ' ' && s[0] < 0x7f:
		size = 1
	case s[0] == 0xe2 && len(s) >= 3 && (s[1] == 0x94 || s[1] == 0x95 || s[1] == 0x96 && s[2] < 0xa0):
		size = 3
	default:
		return 0
	}
	if len(s) > size && s[size] >= 0x80 { // a sign that changes it may follow
		if next := s[size:]; next[0] != 0xe2 || len(next) < 3 || next[1]&^3 != 0x94 {
			return 0
		}
	}
	return size
}

// appendCell appends what makes a terminal show a cell.
func (p *palette) appendCell(dst []byte, c cell) []byte {
	if c.what&cluster != 0 {
		return append(dst, p.clusters[c.what&^cluster]...)
	}
	return utf8.AppendRune(dst, rune(c.what)) //nolint:gosec // it was a rune
}

// odd reports whether terminals may disagree about the columns that a cell takes.
func (c cell) odd() bool { return c.what&cluster != 0 }
