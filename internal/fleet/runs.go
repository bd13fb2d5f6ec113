package fleet

import (
	"slices"
	"time"

	"errtop/tracker"
)

// youngFor is how long before its start a run may have counted something without having read or restored what was before: a request is
// often logged with the time at which it began.
const youngFor = 2 * time.Minute

// runCounts is what one run of an agent counted in an hour, by target.
type runCounts struct {
	start   time.Time
	targets map[string]targetCount
}

// targetCount is what one run counted of a target in an hour.
type targetCount struct {
	results uint64
	minutes [60]uint64
	first   time.Time // of all that it ever counted of the target
}

// taken says which runs of an agent count in an hour, by target. Nil takes all.
type taken map[string][]time.Time

func (t taken) has(target string, run time.Time) bool {
	return t == nil || slices.ContainsFunc(t[target], run.Equal)
}

// chooseRuns decides which runs of an agent count in an hour, where there are several. A run that knows what was before it began has read
// its logs again, or restored its store: it takes the place of those before as soon as it has counted as much, so that a sum never drops
// while logs are read. Any other run is added to them.
func (v *Viewer) chooseRuns(of *agentHour, now time.Time) taken {
	if len(of.runs) < 2 {
		return nil
	}
	var runs []*runCounts
	for i := range of.pieces { // the newest run first
		p := &of.pieces[i]
		if len(runs) == 0 || !runs[len(runs)-1].start.Equal(p.Run) {
			runs = append(runs, &runCounts{p.Run, map[string]targetCount{}})
		}
		v.countRun(runs[len(runs)-1], of, p, now)
	}
	out := taken{}
	totals := map[string]targetCount{}
	for _, run := range slices.Backward(runs) {
		for target, c := range run.targets {
			before, known := totals[target]
			switch {
			case known && !c.knowsBefore(run.start, &before):
				out[target] = append(out[target], run.start)
				before.results += c.results
				for i, n := range c.minutes {
					before.minutes[i] += n
				}
				totals[target] = before
			case !known || c.results >= before.results:
				out[target], totals[target] = []time.Time{run.start}, c
			}
		}
	}
	return out
}

// knowsBefore reports whether a run has what those before it counted, or is about to. Of a target that it knows from shortly before its
// start only, it does where it has at least half of what they counted in those minutes: a few requests that began before are no more.
func (c *targetCount) knowsBefore(start time.Time, before *targetCount) bool {
	switch {
	case c.first.IsZero() || !c.first.Before(start):
		return false
	case c.first.Before(start.Add(-youngFor)):
		return true
	}
	from, to := later(c.first.Truncate(time.Minute), start.Truncate(time.Hour)), start.Truncate(time.Minute)
	if from.Equal(to) {
		return c.minutes[start.Minute()] >= before.results
	}
	var own, theirs uint64
	for at := from; at.Before(to); at = at.Add(time.Minute) {
		own += c.minutes[at.Minute()]
		theirs += before.minutes[at.Minute()]
	}
	return 2*own >= theirs
}

// countRun counts the targets of a piece that no newer piece of the same run has.
func (v *Viewer) countRun(run *runCounts, of *agentHour, p *piece, now time.Time) {
	state, ok := v.unpack(of.id, p, of.pieces)
	if !ok {
		return
	}
	firsts := map[string]time.Time{}
	sum := tracker.NewAssembly(now, v.tracker)
	if sum.Add(tracker.Piece{State: state, Facts: true, Clean: v.texts.clean, Targets: func(name string, first time.Time) bool {
		if _, counted := run.targets[name]; counted || len(firsts) >= v.tracker.MaxTargets {
			return false
		}
		firsts[name] = first
		return true
	}}) != nil {
		return // it is said when it is added
	}
	hours := sum.Tracker(0).Hours(now, time.Unix(p.Hour*3600, 0))
	for name, first := range firsts {
		run.targets[name] = targetCount{first: first}
	}
	for i := range hours {
		c := run.targets[hours[i].Target]
		for _, count := range hours[i].Counts {
			for minute, n := range count.Minutes {
				c.results += uint64(n)
				c.minutes[minute] += uint64(n)
			}
		}
		run.targets[hours[i].Target] = c
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
