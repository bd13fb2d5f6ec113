package engine

import (
	"sync"
	"time"

	"errtop/tracker"
)

// lostTime takes from the prober what it says of time that nobody lived through. The tracker keeps it as a gap, which viewers tell from
// the snapshot; the prober's own notice of the same would tell it twice.
type lostTime struct {
	engine *Engine

	mu   sync.Mutex
	told string // what viewers are told already
}

// gap notes lost time.
func (l *lostTime) gap(g tracker.Gap) {
	now := time.Now()
	l.engine.recorder.gap(now, g)
	l.engine.tracker.AddGap(now, g)
	for _, known := range l.engine.tracker.Snapshot(now).Gaps {
		if !known.To.Before(g.From.Add(-time.Minute)) && !known.From.After(g.To.Add(time.Minute)) {
			l.mu.Lock()
			l.told = g.Why
			l.mu.Unlock()
		}
	}
}

// notice tells viewers, but for the gap that they see anyway.
func (l *lostTime) notice(text string) {
	l.mu.Lock()
	told := l.told == text
	if told {
		l.told = ""
	}
	l.mu.Unlock()
	if !told {
		l.engine.Notice(text)
	}
}
