package terminal

import (
	"image/color"
	"strconv"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// pen is how characters are drawn: what the terminal calls its graphic rendition (SGR).
type pen struct {
	text, behind paint
	attributes   attributes
}

// attributes are bits, one for each entry of attributeCodes.
type attributes uint8

const (
	bold attributes = 1 << iota
	faint
	italic
	underline
	blink
	reverse
	conceal
	strike

	seenOnBlanks = underline | reverse | strike
)

// attributeCodes turn an attribute on and off. Bold and faint are turned off together.
var attributeCodes = [...]struct{ on, off int }{{1, 22}, {2, 22}, {3, 23}, {4, 24}, {5, 25}, {7, 27}, {8, 28}, {9, 29}}

// paint is a colour: 0 is the terminal's own, otherwise an entry of its palette or a mix of red, green and blue.
type paint uint32

const (
	fromPalette paint = 1 << 24
	mixed       paint = 2 << 24
)

// onBlank returns what of a pen is seen where nothing is written.
func (p pen) onBlank() pen {
	if p.attributes&seenOnBlanks != 0 {
		return p
	}
	return pen{behind: p.behind}
}

// with returns the pen after one SGR sequence with these parameters, with colours as a terminal of a profile can show them.
func (p pen) with(parameters string, profile colorprofile.Profile) pen {
	list := strings.Split(strings.ReplaceAll(parameters, ":", ";"), ";")
	for i := 0; i < len(list); i++ {
		n, err := strconv.Atoi(list[i])
		if err != nil && list[i] != "" {
			continue
		}
		switch {
		case n == 0:
			p = pen{}
		case n == 38 || n == 48:
			c, used := colorOf(list[i+1:])
			i += used
			if n == 38 {
				p.text = paintFor(c, profile)
			} else {
				p.behind = paintFor(c, profile)
			}
		case n >= 30 && n <= 37:
			p.text = paintFor(ansi.BasicColor(n-30), profile)
		case n >= 90 && n <= 97:
			p.text = paintFor(ansi.BasicColor(n-90+8), profile)
		case n >= 40 && n <= 47:
			p.behind = paintFor(ansi.BasicColor(n-40), profile)
		case n >= 100 && n <= 107:
			p.behind = paintFor(ansi.BasicColor(n-100+8), profile)
		case n == 39:
			p.text = 0
		case n == 49:
			p.behind = 0
		default:
			p.attributes = p.attributes.with(n)
		}
	}
	return p
}

// with returns the attributes after one parameter.
func (a attributes) with(n int) attributes {
	for i, code := range attributeCodes {
		switch n {
		case code.on:
			a |= 1 << i
		case code.off:
			a &^= 1 << i
		}
	}
	return a
}

// colorOf reads what follows a 38 or 48, and returns how many parameters that takes; nil for what is neither 5;n nor 2;r;g;b.
func colorOf(list []string) (c color.Color, used int) {
	number := func(i int) uint8 {
		n, _ := strconv.ParseUint(list[i], 10, 8)
		return uint8(n)
	}
	switch {
	case len(list) >= 2 && list[0] == "5":
		return ansi.IndexedColor(number(1)), 2
	case len(list) >= 4 && list[0] == "2":
		return ansi.RGBColor{R: number(1), G: number(2), B: number(3)}, 4
	default:
		return nil, len(list)
	}
}

// paintFor returns the colour of a profile that is nearest to c.
func paintFor(c color.Color, profile colorprofile.Profile) paint {
	if c == nil || profile <= colorprofile.ASCII {
		return 0
	}
	switch c := profile.Convert(c).(type) {
	case nil:
		return 0
	case ansi.BasicColor:
		return fromPalette | paint(c)
	case ansi.IndexedColor:
		return fromPalette | paint(c)
	default:
		r, g, b, _ := c.RGBA()
		return mixed | paint(r>>8)<<16 | paint(g>>8)<<8 | paint(b>>8)
	}
}

// appendChange appends the shortest sequence that turns one pen into another.
func appendChange(dst []byte, from, to pen) []byte {
	if from == to {
		return dst
	}
	if to == (pen{}) {
		return append(dst, "\x1b[m"...)
	}
	start := len(dst)
	dst = append(dst, "\x1b["...)
	if from != (pen{}) {
		dst = append(dst, "0;"...)
	}
	dst = appendParameters(dst, pen{}, to)
	anew := len(dst)
	if from == (pen{}) {
		return dst
	}
	dst = appendParameters(append(dst, "\x1b["...), from, to)
	if changed := len(dst) - anew; changed < anew-start {
		copy(dst[start:], dst[anew:])
		return dst[:start+changed]
	}
	return dst[:anew]
}

// appendParameters appends the parameters that turn one pen into another, and the end of the sequence.
func appendParameters(dst []byte, from, to pen) []byte {
	off, on := from.attributes&^to.attributes, to.attributes&^from.attributes
	if off&(bold|faint) != 0 {
		on |= to.attributes & (bold | faint)
	}
	last := 0
	for i, code := range attributeCodes {
		if off&(1<<i) != 0 && code.off != last {
			dst, last = appendNumber(dst, code.off), code.off
		}
	}
	for i, code := range attributeCodes {
		if on&(1<<i) != 0 {
			dst = appendNumber(dst, code.on)
		}
	}
	if from.text != to.text {
		dst = appendPaint(dst, to.text, 30)
	}
	if from.behind != to.behind {
		dst = appendPaint(dst, to.behind, 40)
	}
	dst[len(dst)-1] = 'm'
	return dst
}

// appendPaint appends the parameters of a colour, of text (30) or behind it (40).
func appendPaint(dst []byte, p paint, layer int) []byte {
	n := int(p & 0xff)
	switch {
	case p == 0:
		return appendNumber(dst, layer+9)
	case p&mixed != 0:
		dst = appendNumber(appendNumber(dst, layer+8), 2)
		return appendNumber(appendNumber(appendNumber(dst, int(p>>16&0xff)), int(p>>8&0xff)), n)
	case n < 8:
		return appendNumber(dst, layer+n)
	case n < 16:
		return appendNumber(dst, layer+60+n-8)
	default:
		return appendNumber(appendNumber(appendNumber(dst, layer+8), 5), n)
	}
}

// appendNumber appends a parameter and the sign that separates it from the next.
func appendNumber(dst []byte, n int) []byte {
	return append(strconv.AppendInt(dst, int64(n), 10), ';')
}
