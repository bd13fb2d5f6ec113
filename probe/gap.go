package probe

import (
	"container/heap"
	"time"

	"errtop/tracker"
)

const (
	lateMin   = 5 * time.Second
	lateAgain = 10 * time.Minute
)

// watchClock detects lost time: the machine was suspended, the process was stopped, or somebody set the clock. Probes that were
// due in that time are dropped, so that waking up causes no burst, and failures of requests that were in flight are
// inconclusive. It sends one notice.
func (l *loop) watchClock(now time.Time) {
	if l.woke.IsZero() {
		l.woke = now
		return
	}
	moved := now.Round(0).Sub(l.woke.Round(0)) - now.Sub(l.woke) // how far the wall clock moved against the monotonic one
	what := lost(now.Sub(l.planned), moved)
	slept := l.woke
	l.woke, l.planned = now, now.Add(idleMax) // so that it is told once
	if what == "" {
		return
	}
	l.gap = now
	l.Gap(tracker.Gap{From: slept.Round(0), To: now.Round(0), Why: what})
	for _, e := range l.queue {
		if e.due.Before(now) {
			e.next(now, now)
			l.health.skipped++
		}
	}
	heap.Init(&l.queue)
	l.tell(now, what, what)
}

// lost describes lost time, and returns "" if there was none. late is how late the loop woke up, moved how far the wall clock
// moved against the monotonic one, which on Linux stands still while the machine is suspended.
func lost(late, moved time.Duration) string {
	switch {
	case late > gapMin:
		return "nothing was probed for " + words(late) + ": the process or the machine was stopped"
	case moved > gapMin:
		return "the clock jumped ahead by " + words(moved) + ": the machine was suspended, or the clock was set"
	case moved < -gapMin:
		return "the clock was set back by " + words(-moved)
	}
	return ""
}

// watchLateness sends a notice, at most every ten minutes, when the limits make probes start late.
func (l *loop) watchLateness(e *entry, now time.Time) {
	late := now.Sub(e.due)
	l.health.seeLate(late, now)
	if late < lateMin || now.Sub(l.lateTold) < lateAgain {
		return
	}
	l.lateTold = now
	l.Notice(l.lateWords(late))
}
