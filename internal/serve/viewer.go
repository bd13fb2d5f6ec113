package serve

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// Viewer is somebody at the other end of an SSH channel: a terminal with a size, an environment and rights of its own.
type Viewer struct {
	Name   string // comment of the key, or the user of this machine
	From   string // address, or "this machine"
	Local  bool   // on this machine, through the socket that only its user can open
	Access Access

	channel gossh.Channel
	keys    *keys
	since   time.Time
	ctx     context.Context //nolint:containedctx // of the channel
	end     context.CancelCauseFunc
	resized chan struct{}

	mu      sync.Mutex
	w, h    int
	environ []string
	pty     bool
}

// Keys returns what is typed.
func (v *Viewer) Keys() io.Reader { return v.keys }

// Write sends bytes to the terminal, and waits while it does not read.
func (v *Viewer) Write(p []byte) (int, error) { return v.channel.Write(p) } //nolint:wrapcheck // it stands for the channel

// Size returns the size of the terminal.
func (v *Viewer) Size() (w, h int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.w, v.h
}

// WaitForSize waits until the terminal has another size. It reports false when ctx is done.
func (v *Viewer) WaitForSize(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-v.resized:
		return true
	}
}

// Environ returns the variables that say what the terminal can do.
func (v *Viewer) Environ() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.environ)
}

// HasTerminal reports whether the viewer asked for a terminal.
func (v *Viewer) HasTerminal() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.pty
}

// allowedVariables may come from a viewer. They say what its terminal can do; nothing else reads them.
var allowedVariables = []string{
	"COLORTERM", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMUX", "STY", "TERM_PROGRAM",
}

// isPlain reports whether a value is short and printable ASCII; of a name also that it has no spaces and the like.
func isPlain(value string, isName bool) bool {
	if len(value) > 128 || isName && value == "" {
		return false
	}
	for i := range len(value) {
		c := value[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if c < ' ' || c > '~' || isName && !letter && !strings.ContainsRune("+-._", rune(c)) {
			return false
		}
	}
	return true
}

// setVariable takes a variable, where it is one that may come from a viewer.
func (v *Viewer) setVariable(name, value string) bool {
	if !slices.Contains(allowedVariables, name) || !isPlain(value, false) {
		return false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.set(name, value)
	return true
}

func (v *Viewer) set(name, value string) {
	prefix := name + "="
	v.environ = slices.DeleteFunc(v.environ, func(old string) bool { return strings.HasPrefix(old, prefix) })
	v.environ = append(v.environ, prefix+value)
}

// openTerminal takes the kind and the size of the terminal.
func (v *Viewer) openTerminal(kind string, w, h uint32) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.pty || !isPlain(kind, true) {
		return false
	}
	v.pty = true
	v.set("TERM", kind)
	v.w, v.h = bounded(w), bounded(h)
	return true
}

// resize takes another size.
func (v *Viewer) resize(w, h uint32) {
	v.mu.Lock()
	v.w, v.h = bounded(w), bounded(h)
	v.mu.Unlock()
	select {
	case v.resized <- struct{}{}:
	default:
	}
}

// bounded returns a number of columns or rows that is not absurd; the terminal package bounds what is drawn.
func bounded(n uint32) int { return int(min(n, 10_000)) }
