package probe

import (
	"fmt"
	"time"

	"errtop/tracker"
)

// SourceName is the name under which Options.Health reports.
const SourceName = "probes"

const (
	healthEvery = time.Second      // between two reports of figures; a new state or problem is reported at once
	troubleHold = 10 * time.Second // how long lateness and a shortage are reported after they were seen last
)

// health is what the loop knows of itself for Options.Health.
type health struct {
	results, skipped uint64
	lastSeen         time.Time

	late      time.Duration // the most that a probe was late lately
	lateAt    time.Time
	starvedAt time.Time // when a request found no file descriptor

	told   tracker.Source // the last report
	toldAt time.Time
}

// seeLate notes how late a probe starts.
func (h *health) seeLate(late time.Duration, now time.Time) {
	if late > h.late || now.Sub(h.lateAt) > troubleHold {
		h.late, h.lateAt = late, now
	}
}

// reportHealth calls Options.Health where there is something new to say.
func (l *loop) reportHealth(now time.Time) {
	if l.Health == nil || len(l.entries) == 0 {
		return
	}
	s, told := l.source(now), &l.health.told
	first := l.health.toldAt.IsZero()
	news := first || s.State != told.State || (s.Problem == "") != (told.Problem == "")
	figures := s.Results != told.Results || s.Skipped != told.Skipped || s.Problem != told.Problem
	if !news && (!figures || now.Sub(l.health.toldAt) < healthEvery) {
		return
	}
	l.health.told, l.health.toldAt = s, now
	l.Health(s)
}

// healthAt returns when reportHealth must be called again, though nothing else happens; the zero time where it need not.
func (l *loop) healthAt(now time.Time) time.Time {
	if l.Health == nil {
		return time.Time{}
	}
	h := &l.health
	held := len(l.waiting) > 0 || l.inFlight >= l.limit
	if held || h.told.State != tracker.SourceReading || h.results != h.told.Results || h.skipped != h.told.Skipped {
		return now.Add(healthEvery)
	}
	return time.Time{}
}

// source returns the health as of now.
func (l *loop) source(now time.Time) tracker.Source {
	s := tracker.Source{
		Name: SourceName, State: tracker.SourceReading, Live: true,
		Results: l.health.results, LastSeen: l.health.lastSeen, InFlight: l.inFlight, Skipped: l.health.skipped,
	}
	late := l.lateness(now)
	if late >= healthEvery {
		s.Lag = late.Truncate(time.Second)
	}
	switch problem := l.network.problem(); {
	case problem != "":
		s.State, s.Problem = tracker.SourceFailed, problem
	case !l.health.starvedAt.IsZero() && now.Sub(l.health.starvedAt) < troubleHold:
		s.State = tracker.SourceStale
		s.Problem = fmt.Sprintf("too many open files (ulimit -n): only %d requests at once", l.limit)
	case late >= lateMin:
		s.State, s.Problem = tracker.SourceStale, l.lateWords(late)
	}
	return s
}

// lateness returns how late probes start: the most of lately, or of those that wait for their turn.
func (l *loop) lateness(now time.Time) time.Duration {
	var late time.Duration
	if now.Sub(l.health.lateAt) <= troubleHold {
		late = l.health.late
	}
	if len(l.queue) > 0 {
		late = max(late, now.Sub(l.queue[0].due))
	}
	for _, entries := range l.waiting {
		late = max(late, now.Sub(entries[0].due))
	}
	return late
}

func (l *loop) lateWords(late time.Duration) string {
	return fmt.Sprintf("probes start %s late: more is due than %d requests at once, %d to one host, get done", words(late), l.limit, l.MaxPerHost)
}
