package engine

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"errtop/internal/safetext"
)

// What a log may tell viewers: a few lines at once, then one a second. The rest is counted.
const (
	logBurst    = 5
	logInterval = time.Second
)

// Log returns a writer that turns each line into a notice, after prefix. It is for what libraries print, and holds nobody up:
// of a flood it tells one line a second, and how many it left out. It may be used from any goroutine.
func (e *Engine) Log(prefix string) io.Writer {
	return &logWriter{notice: e.Notice, prefix: prefix, left: logBurst}
}

type logWriter struct {
	notice func(string)
	prefix string

	mu      sync.Mutex
	left    int       // lines that may be told at once
	since   time.Time // when left was counted
	skipped int       // lines not told since the last that was
}

// Write takes whole lines.
func (w *logWriter) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		if line = strings.TrimSpace(line); line != "" {
			w.line(time.Now(), line)
		}
	}
	return len(p), nil
}

func (w *logWriter) line(now time.Time, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if earned := int(now.Sub(w.since) / logInterval); earned > 0 {
		w.left, w.since = min(logBurst, w.left+earned), now
	}
	if w.left == 0 {
		w.skipped++
		return
	}
	w.left--
	if w.skipped > 0 {
		text = fmt.Sprintf("%s (%d more lines before it)", text, w.skipped)
		w.skipped = 0
	}
	w.notice(w.prefix + safetext.MaskSecrets(text))
}
