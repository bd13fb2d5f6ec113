package tui

import (
	"bytes"
	"strings"

	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

// picture is what the terminal shall show, and what it shall be told beside.
type picture struct {
	rows   string // h rows of at most w cells
	w, h   int
	title  string // of the window
	loaded int    // how much of the files is read, in percent; 0 shows no progress
	tell   string // sequences to send once: clipboard, bell, notifications
	redraw bool   // whatever stands on the screen is not to be trusted
}

// screen turns pictures into the fewest bytes that bring a terminal from one to the next. Only rows that differ from the
// last picture are looked at, and of those only cells that differ are sent; a picture that is the same costs nothing.
type screen struct {
	out    bytes.Buffer
	render *uv.TerminalRenderer
	cells  uv.ScreenBuffer
	mouse  bool
	silent bool // not to be sent what is not drawn
	last   picture
	rows   []string
}

func newScreen(env []string, profile colorprofile.Profile, mouse bool) *screen {
	s := &screen{mouse: mouse, silent: isSilent(env)}
	s.render = uv.NewTerminalRenderer(&s.out, env)
	s.render.SetColorProfile(profile)
	s.render.SetWidthMethod(cellWidth)
	s.render.SetScrollOptim(true)
	s.cells = uv.NewScreenBuffer(0, 0)
	s.cells.Method = cellWidth
	return s
}

// enter returns what takes the terminal over.
func (s *screen) enter() []byte {
	s.out.Reset()
	s.render.EnterAltScreen()
	_ = s.render.Flush() // into a buffer, which takes everything
	s.out.WriteString(ansi.HideCursor + ansi.SetModeBracketedPaste)
	if s.mouse {
		s.out.WriteString(ansi.SetModeMouseButtonEvent + ansi.SetModeMouseExtSgr)
	}
	return s.out.Bytes()
}

// leave returns what gives the terminal back as it was.
func (s *screen) leave() []byte {
	s.out.Reset()
	if s.last.loaded > 0 && !s.silent {
		s.out.WriteString(ansi.ResetProgressBar)
	}
	if s.last.title != "" && !s.silent {
		s.out.WriteString(ansi.SetWindowTitle(""))
	}
	if s.mouse {
		s.out.WriteString(ansi.ResetModeMouseButtonEvent + ansi.ResetModeMouseExtSgr)
	}
	s.out.WriteString(ansi.ResetModeBracketedPaste + ansi.ResetStyle)
	s.render.ExitAltScreen()
	_ = s.render.Flush()
	s.out.WriteString(ansi.ShowCursor)
	s.last = picture{}
	return s.out.Bytes()
}

// next returns what makes the terminal show p; it is valid until the next call.
func (s *screen) next(p picture) []byte {
	s.out.Reset()
	if p.w != s.last.w || p.h != s.last.h {
		s.cells.Resize(p.w, p.h)
		s.render.Resize(p.w, p.h)
		s.rows = s.rows[:0]
	}
	if p.redraw || len(s.rows) == 0 {
		s.render.Erase()
	}
	y := 0
	for row := range strings.SplitSeq(p.rows, "\n") {
		if y >= p.h {
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

func (s *screen) draw(row string, y int) {
	uv.NewStyledString(row).Draw(s.cells, uv.Rect(0, y, s.cells.Width(), 1))
}

// tell adds what is not drawn.
func (s *screen) tell(p picture) {
	if s.silent {
		s.out.WriteString(p.tell)
		return
	}
	if p.title != s.last.title {
		s.out.WriteString(ansi.SetWindowTitle(p.title))
	}
	switch p.loaded {
	case s.last.loaded:
	case 0:
		s.out.WriteString(ansi.ResetProgressBar)
	default:
		s.out.WriteString(ansi.SetProgressBar(p.loaded))
	}
	s.out.WriteString(p.tell)
}
