package terminal

import (
	"bytes"
	"strings"

	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"
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
// from the last picture and sends only cells that differ; an equal picture costs nothing.
type Screen struct {
	out    bytes.Buffer
	render *uv.TerminalRenderer
	cells  uv.ScreenBuffer
	mouse  bool
	titles bool // keeps the title of its window when asked to
	silent bool // prints operating system commands instead of obeying them
	last   Picture
	rows   []string
}

// NewScreen returns the screen of a terminal with these environment variables, colours and, with mouse, mouse reports.
func NewScreen(env []string, profile colorprofile.Profile, mouse bool) *Screen {
	s := &Screen{mouse: mouse, silent: IsSilent(env), titles: keepsTitles(env)}
	s.render = uv.NewTerminalRenderer(&s.out, env)
	s.render.SetColorProfile(profile)
	s.render.SetWidthMethod(CellWidth)
	s.render.SetScrollOptim(true)
	s.cells = uv.NewScreenBuffer(0, 0)
	s.cells.Method = CellWidth
	return s
}

// The title of the window is kept by the terminal itself while the screen is taken (XTWINOPS 22 and 23), as far as it is known to be able to. A terminal
// is never asked for its title: the answer could be typed into a shell.
const (
	pushTitle = "\x1b[22;2t"
	popTitle  = "\x1b[23;2t"
)

// Enter returns what takes the terminal over.
func (s *Screen) Enter() []byte {
	s.out.Reset()
	s.render.EnterAltScreen()
	_ = s.render.Flush() // into a buffer, which takes everything
	s.out.WriteString(ansi.HideCursor + ansi.SetModeBracketedPaste)
	if s.titles {
		s.out.WriteString(pushTitle)
	}
	if s.mouse {
		s.out.WriteString(ansi.SetModeMouseButtonEvent + ansi.SetModeMouseExtSgr)
	}
	return s.out.Bytes()
}

// Leave returns what gives the terminal back as it was.
func (s *Screen) Leave() []byte {
	s.out.Reset()
	if s.last.Loaded > 0 && !s.silent {
		s.out.WriteString(ansi.ResetProgressBar)
	}
	if s.last.Title != "" && !s.silent {
		s.out.WriteString(ansi.SetWindowTitle("")) // for terminals that do not keep titles
	}
	if s.titles {
		s.out.WriteString(popTitle)
	}
	if s.mouse {
		s.out.WriteString(ansi.ResetModeMouseButtonEvent + ansi.ResetModeMouseExtSgr)
	}
	s.out.WriteString(ansi.ResetModeBracketedPaste + ansi.ResetStyle)
	s.render.ExitAltScreen()
	_ = s.render.Flush()
	s.out.WriteString(ansi.ShowCursor)
	s.last = Picture{}
	return s.out.Bytes()
}

// Next returns what makes the terminal show p; it is valid until the next call.
func (s *Screen) Next(p Picture) []byte {
	s.out.Reset()
	if p.W != s.last.W || p.H != s.last.H {
		s.cells.Resize(p.W, p.H)
		s.render.Resize(p.W, p.H)
		s.rows = s.rows[:0]
	}
	if p.Redraw || len(s.rows) == 0 {
		s.render.Erase()
	}
	y := 0
	for row := range strings.SplitSeq(p.Rows, "\n") {
		if y >= p.H {
			break
		}
		if y >= len(s.rows) {
			s.rows = append(s.rows, "")
			s.draw(row, y)
		} else if row != s.rows[y] {
			s.draw(row, y)
		}
		s.rows[y] = row
		y++
	}
	s.render.Render(s.cells.RenderBuffer)
	_ = s.render.Flush()
	s.tell(p)
	s.last = p
	return s.out.Bytes()
}

func (s *Screen) draw(row string, y int) {
	uv.NewStyledString(row).Draw(s.cells, uv.Rect(0, y, s.cells.Width(), 1))
}

// tell adds what is not drawn.
func (s *Screen) tell(p Picture) {
	if s.silent {
		s.out.WriteString(p.Tell)
		return
	}
	if p.Title != s.last.Title {
		s.out.WriteString(ansi.SetWindowTitle(p.Title))
	}
	switch p.Loaded {
	case s.last.Loaded:
	case 0:
		s.out.WriteString(ansi.ResetProgressBar)
	default:
		s.out.WriteString(ansi.SetProgressBar(p.Loaded))
	}
	s.out.WriteString(p.Tell)
}
