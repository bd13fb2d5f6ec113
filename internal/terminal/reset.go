package terminal

import "github.com/charmbracelet/x/ansi"

// Reset returns what gives a terminal back that a [Screen] of another process took over and can no longer give back itself.
func Reset() []byte {
	return []byte(ansi.ResetModeMouseButtonEvent + ansi.ResetModeMouseExtSgr + ansi.ResetModeBracketedPaste + ansi.ResetStyle +
		ansi.ResetModeAltScreenSaveCursor + ansi.ShowCursor)
}
