package terminal

import (
	"runtime"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// CellWidth measures text the way it is laid into cells.
const CellWidth = ansi.GraphemeWidth

// Picture is what a terminal is to show, and what it is to be told beside.
type Picture struct {
	Rows   string // H rows of at most W cells, with styles; lines end with \n
	W, H   int
	Title  string // of the window
	Loaded int    // percent of the files read so far; 0 shows no progress
	Tell   string // sequences to send once: clipboard, bell, notifications
	Redraw bool   // draw everything: something else may stand on the screen
}

// Screen turns pictures into the fewest bytes that bring a terminal from one to the next. It looks only at rows that differ
// from the last picture and sends only cells that differ; an equal picture costs nothing. It holds eight bytes a cell and the
// rows of the last picture.
type Screen struct {
	painter
	mouse  bool
	titles bool // keeps the title of its window when asked to
	silent bool // prints operating system commands instead of obeying them
	last   Picture
	rows   []string // on the terminal; empty where that is not known
	coming []string
}

// NewScreen returns the screen of a terminal with these environment variables, colours and, with mouse, mouse reports.
func NewScreen(env []string, profile colorprofile.Profile, mouse bool) *Screen {
	titles := keepsTitles(env)
	return &Screen{
		painter: painter{palette: newPalette(profile), basic: !titles && Variable(env, "TERM") != "linux", crlf: runtime.GOOS == "windows"},
		mouse:   mouse, silent: IsSilent(env), titles: titles,
	}
}

// The title of the window is kept by the terminal itself while the screen is taken (XTWINOPS 22 and 23), as far as it is known to be able to. A terminal
// is never asked for its title: the answer could be typed into a shell.
const (
	pushTitle = "\x1b[22;2t"
	popTitle  = "\x1b[23;2t"
)

// Enter returns what takes the terminal over.
func (s *Screen) Enter() []byte {
	s.out = append(s.out[:0], ansi.SetModeAltScreenSaveCursor+ansi.HideCursor+ansi.SetModeBracketedPaste...)
	if s.titles {
		s.out = append(s.out, pushTitle...)
	}
	if s.mouse {
		s.out = append(s.out, ansi.SetModeMouseButtonEvent+ansi.SetModeMouseExtSgr...)
	}
	return s.out
}

// Leave returns what gives the terminal back as it was.
func (s *Screen) Leave() []byte {
	s.out = s.out[:0]
	if s.last.Loaded > 0 && !s.silent {
		s.out = append(s.out, ansi.ResetProgressBar...)
	}
	if s.last.Title != "" && !s.silent {
		s.out = append(s.out, ansi.SetWindowTitle("")...) // for terminals that do not keep titles
	}
	if s.titles {
		s.out = append(s.out, popTitle...)
	}
	if s.mouse {
		s.out = append(s.out, ansi.ResetModeMouseButtonEvent+ansi.ResetModeMouseExtSgr...)
	}
	s.out = append(s.out, ansi.ResetModeBracketedPaste+ansi.ResetStyle+ansi.ResetModeAltScreenSaveCursor+ansi.ShowCursor...)
	s.last, s.rows = Picture{}, s.rows[:0]
	return s.out
}

// Next returns what makes the terminal show p; it is valid until the next call.
func (s *Screen) Next(p Picture) []byte {
	s.out = s.out[:0]
	if p.W != s.w || p.H != s.h {
		s.resize(p.W, p.H)
		s.rows = s.rows[:0]
	}
	if s.full() {
		s.palette, s.rows = newPalette(s.profile), s.rows[:0]
	}
	s.coming = s.coming[:0]
	for row := range strings.SplitSeq(p.Rows, "\n") {
		if len(s.coming) < p.H {
			s.coming = append(s.coming, row)
		}
	}
	for len(s.coming) < p.H {
		s.coming = append(s.coming, "")
	}
	if p.Redraw || len(s.rows) == 0 {
		s.erase()
		s.rows = append(s.rows[:0], s.coming...)
		clear(s.rows)
	}
	s.scroll(s.rows, s.coming)
	for y, row := range s.coming {
		if row != s.rows[y] {
			s.row(y, row)
		}
	}
	s.rows, s.coming = s.coming, s.rows
	clear(s.coming)
	if len(s.out) > 0 {
		s.clean() // of what a terminal adds when it is made larger
	}
	s.tell(p)
	p.Rows, p.Tell = "", "" // kept as rows
	s.last = p
	return s.out
}

// tell adds what is not drawn.
func (s *Screen) tell(p Picture) {
	if s.silent {
		s.out = append(s.out, p.Tell...)
		return
	}
	if p.Title != s.last.Title {
		s.out = append(s.out, ansi.SetWindowTitle(p.Title)...)
	}
	switch p.Loaded {
	case s.last.Loaded:
	case 0:
		s.out = append(s.out, ansi.ResetProgressBar...)
	default:
		s.out = append(s.out, ansi.SetProgressBar(p.Loaded)...)
	}
	s.out = append(s.out, p.Tell...)
}
