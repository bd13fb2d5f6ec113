package tracker

import (
	"math"
	"slices"
)

const (
	lagMinutes     = 16 // newer minutes are not yet part of what is usual, so that a slow rise does not become it
	checkpointEach = 6 * 60
	recentLag      = 10 // minutes that the newest checkpoint is behind, at most twice
	peekBack       = 5  // minutes whose failures make the running one worth a look, with its own
	never          = math.MaxInt64
)

// A scan reads a target's counts minute by minute and finds the episodes in them. What it finds is a function of the counts:
// where some of a minute that was read already come later, it goes back to a checkpoint and reads on from there.
type scan struct {
	first int64 // the minute of the first result; 0: none yet
	dirty int64 // the earliest minute that changed after it was read
	state scanState
	saved []scanState // oldest first; the last one is recent
	done  []episode   // finished ones, oldest first

	live    scanState // the state with the running minute, where that matters
	changed bool      // an episode did since somebody looked
}

// scanState is how far a scan has come.
type scanState struct {
	next   int64 // the minute to read next; 0: nothing was read
	tracks []track
	rates  rates
	done   int // episodes finished
}

// A track is one class of a target: what is usual, and the episode that runs or was the last.
type track struct {
	class class
	next  int64 // the first minute that is not yet part of the baseline
	base  baseline
	speed *speed   // of classSlow
	ep    *episode // nil: there is none
	clear int64    // an onset lies no earlier: the episode before ended there
}

// touch notes that a result was counted in a minute.
func (s *scan) touch(minute int64) {
	if s.first == 0 {
		s.first, s.dirty = minute, never
	}
	if minute < s.first {
		s.first, s.dirty = minute, minute
	}
	if minute < s.state.next {
		s.dirty = min(s.dirty, minute)
	}
}

func (s *scanState) clone() scanState {
	out := *s
	out.tracks = slices.Clone(s.tracks)
	for i := range out.tracks {
		tr := &out.tracks[i]
		if tr.speed != nil {
			speed := *tr.speed
			tr.speed = &speed
		}
		if tr.ep != nil {
			ep := *tr.ep
			tr.ep = &ep
		}
	}
	return out
}

func (s *scanState) track(k class) *track {
	for i := range s.tracks {
		if s.tracks[i].class == k {
			return &s.tracks[i]
		}
	}
	return nil
}

// restart makes everything be read anew: counts came or went that touch was not told of.
func (s *scan) restart(first int64) { s.first, s.dirty = first, 0 }

// finish keeps an episode that is done, and drops those of more than a day ago.
func (s *scan) finish(e episode) {
	s.done = append(s.done[:s.state.done:s.state.done], e)
	s.state.done++
	old := 0
	for old < len(s.done) && s.done[old].calmFrom < e.calmFrom-minutesPerDay {
		old++
	}
	if old == 0 {
		return
	}
	s.done = s.done[old:]
	s.state.done -= old
	for i := range s.saved {
		s.saved[i].done = max(s.saved[i].done-old, 0)
	}
}

// back goes back to before a minute.
func (s *scan) back(minute int64) {
	for len(s.saved) > 0 && s.saved[len(s.saved)-1].next > minute {
		s.saved = s.saved[:len(s.saved)-1]
	}
	s.state = scanState{}
	if len(s.saved) > 0 {
		s.state = s.saved[len(s.saved)-1].clone()
	}
	s.done = s.done[:s.state.done:s.state.done]
	s.dirty, s.changed = never, true
}

// scan reads the minutes before one. The buffer is for the counts.
func (tg *target) scanTo(minute int64, buffer *[]sums) {
	s := &tg.scan
	if s.first == 0 {
		return
	}
	if s.dirty < s.state.next {
		tg.yesterday = yesterdayUsual{}
		s.back(s.dirty)
	}
	if s.state.next >= minute {
		return
	}
	if s.state.next == 0 {
		s.state.next = max(s.first, tg.oldestMinute())
	}
	if minute-s.state.next > minutesPerDay+lookBack { // nothing was heard for so long that all is forgotten
		s.state.next = minute - minutesPerDay
	}
	c := tg.counts(s.state.next-lookBack, minute, buffer)
	for s.state.next < minute {
		s.read(&c, s.state.next)
		s.checkpoint()
	}
}

// checkpoint keeps the state from time to time.
func (s *scan) checkpoint() {
	next := s.state.next
	if next%checkpointEach != 0 && next%recentLag != 0 {
		return
	}
	// The two newest are recent ones and make room, but for every so many hours.
	if n := len(s.saved); n >= 2 && s.saved[n-2].next%checkpointEach != 0 {
		s.saved = slices.Delete(s.saved, n-2, n-1)
	}
	s.saved = append(s.saved, s.state.clone())
	for len(s.saved) > 2 && s.saved[1].next <= next-minutesPerDay {
		s.saved = slices.Delete(s.saved, 0, 1)
	}
}

// read takes one minute.
func (s *scan) read(c *counts, minute int64) {
	st := &s.state
	st.open(c, s.first, minute)
	for i := range st.tracks {
		tr := &st.tracks[i]
		if st.step(c, tr, s.first, minute) {
			s.changed = true
		}
		if tr.ep != nil && tr.ep.forgotten(minute) {
			s.finish(*tr.ep)
			tr.clear, tr.next = tr.ep.calmFrom, max(tr.next, tr.ep.calmFrom)
			tr.ep = nil
			s.changed = true
		}
		tr.learn(c, s.first, minute)
	}
	if tr := st.track(classSilence); tr != nil {
		st.rates.learn(c, tr.ep, s.first, minute)
	}
	st.next = minute + 1
}

// step takes a minute into one track.
func (s *scanState) step(c *counts, tr *track, first, minute int64) (changed bool) {
	if tr.class == classSilence {
		return s.rates.step(c, tr, first, minute)
	}
	return tr.step(c, first, minute)
}

// running returns the state with the running minute taken in, as far as its steps are over: a copy, or what it was where nothing
// could come of it. So what it says changes every 10 s at most, and does not depend on when somebody looks within them.
func (tg *target) running(buffer *[]sums) *scanState {
	s := &tg.scan
	minute := s.state.next
	if s.first == 0 || minute == 0 || !tg.worthALook(minute) {
		return &s.state
	}
	steps := tg.wholeSteps(minute)
	if len(steps) == 0 {
		return &s.state
	}
	c := tg.counts(minute-lookBack, minute+1, buffer)
	s.live = s.state.clone()
	s.live.open(&c, s.first, minute)
	whole := []sums{c.last()} // latencies, and weights, are not told apart by steps
	for i := range s.live.tracks {
		tr := &s.live.tracks[i]
		switch {
		case tr.class == classSilence:
		case tr.class == classSlow, c.unseen != nil:
			tr.peek(&c, s.first, minute, whole)
		default:
			tr.peek(&c, s.first, minute, steps)
		}
		c.setLast(whole[0])
	}
	return &s.live
}

// wholeSteps returns the counts of the running minute up to the end of each of its steps that are over.
func (tg *target) wholeSteps(minute int64) []sums {
	begin := minute * stepsPerMinute
	n := min(tg.act.edge-begin, stepsPerMinute)
	if n <= 0 {
		return nil
	}
	steps := make([]sums, n)
	for _, s := range tg.act.columns {
		kind := s.key.kind()
		if s.steps == nil || s.key == inconclusive || !kind.Sent() {
			continue
		}
		count, probe := uint32(0), s.key.origin() == OriginProbe
		for i := range steps {
			count += s.steps.at(begin + int64(i))
			if kind.Failed() {
				steps[i].failed[s.key.class()] += count
			}
			if probe {
				steps[i].probes += count
			} else {
				steps[i].requests += count
			}
		}
	}
	return steps
}

// worthALook reports whether the running minute could change anything: an episode runs, or it has so many failures.
func (tg *target) worthALook(minute int64) bool {
	for i := range tg.scan.state.tracks {
		if tg.scan.state.tracks[i].ep != nil {
			return true
		}
	}
	failed := uint64(tg.act.bars.minutes[minute%60].Errors)
	if failed > 0 { // it may be one of a few in a row
		for m := minute - peekBack; m < minute; m++ {
			failed += uint64(tg.act.bars.minutes[(m+60)%60].Errors)
		}
	}
	if tr := tg.scan.state.track(classSlow); tr != nil && tr.slow() < octaveSlots && tg.act.latency != nil {
		for _, d := range tg.act.latency.octaves[tr.slow():] {
			if d != nil {
				failed += uint64(d.at(minute))
			}
		}
	}
	return failed >= leastStraight
}

// open begins the tracks of classes that a minute has the first failures of.
func (s *scanState) open(c *counts, first, minute int64) {
	for k := range class(failureClasses) {
		if y, _ := c.of(k, 0, minute, minute+1); y > 0 && s.track(k) == nil {
			s.add(c, k, first, minute)
		}
	}
	if _, n := c.of(classSlow, octaveSlots, minute, minute+1); n > 0 && s.track(classSlow) == nil {
		s.add(c, classSlow, first, minute)
	}
	if c.requests(minute, minute+1) > 0 && s.track(classSilence) == nil {
		s.add(c, classSilence, first, minute)
	}
}

// add begins a track. That nothing of its class failed before is what is usual, as far as it is still laid out.
func (s *scanState) add(c *counts, k class, first, minute int64) {
	from := max(first, minute-lookBack)
	tr := track{class: k, next: from, clear: from}
	tr.learn(c, first, minute)
	s.tracks = append(s.tracks, tr)
	slices.SortFunc(s.tracks, func(a, b track) int { return int(a.class) - int(b.class) })
}

// learn takes minutes into the baseline that are old enough and no part of an episode.
func (tr *track) learn(c *counts, first, minute int64) {
	if tr.class == classSilence {
		return // see rates
	}
	ready := minute - min(lagMinutes, (minute-first)/2)
	if tr.ep != nil && tr.ep.bad {
		ready = min(ready, tr.ep.started)
	}
	for ; tr.next < ready; tr.next++ {
		if e := tr.ep; e != nil && tr.next >= e.started && tr.next < e.calmFrom {
			continue
		}
		tr.absorb(c, tr.next)
	}
}
