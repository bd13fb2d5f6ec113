package probe

import (
	"container/heap"
	"time"
)

const (
	lateMin   = 5 * time.Second
	lateAgain = 10 * time.Minute
)

// watchClock notices that time went on without us: the machine was suspended, the process stopped, or somebody set the
// clock. Probes of that time are left out and not caught up, so that waking up is no burst; requests that were in flight say
// nothing if they fail. It says so once.
func (l *loop) watchClock(now time.Time) {
	if l.woke.IsZero() {
		l.woke = now
		return
	}
	moved := now.Round(0).Sub(l.woke.Round(0)) - now.Sub(l.woke) // wall clock against monotonic clock
	what := lost(now.Sub(l.planned), moved)
	l.woke, l.planned = now, now.Add(idleMax) // told once
	if what == "" {
		return
	}
	l.gap = now
	for _, e := range l.queue {
		if e.due.Before(now) {
			e.next(now, now)
			l.health.skipped++
		}
	}
	heap.Init(&l.queue)
	l.tell(now, what, what)
}

// lost says in words what happened to our time: how late the loop woke, and how far the wall clock moved away from the
// monotonic one, which on Linux stands still while the machine is suspended. It returns "" where nothing did.
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

// watchLateness says, at most every few minutes, that the caps do not let through what is due.
func (l *loop) watchLateness(e *entry, now time.Time) {
	late := now.Sub(e.due)
	l.health.seeLate(late, now)
	if late < lateMin || now.Sub(l.told) < lateAgain {
		return
	}
	l.told = now
	l.Notice(l.lateWords(late))
}
