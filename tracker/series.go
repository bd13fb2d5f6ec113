package tracker

// An outcomeKey is what a result is counted under within a target: origin, kind and status, in one word.
type outcomeKey uint32

const inconclusive outcomeKey = 1 << 31

func keyOf(r *Result) outcomeKey {
	if r.Inconclusive {
		return inconclusive
	}
	status, kind, origin := r.Status, r.Kind, r.Origin
	if uint(status) > 999 {
		status = 0
	}
	if kind >= kindCount {
		kind = KindProtocol
	}
	return outcomeKey(origin&1)<<24 | outcomeKey(kind)<<16 | outcomeKey(status)
}

func (k outcomeKey) kind() Kind       { return Kind(k >> 16 & 0xff) }
func (k outcomeKey) origin() Origin   { return Origin(k >> 24 & 1) }
func (k outcomeKey) outcome() Outcome { return Outcome{Status: int(k & 0xffff), Kind: k.kind()} }

// withoutStatus is the key that takes the results of statuses beyond the bound.
func (k outcomeKey) withoutStatus() outcomeKey { return k &^ 0xffff }

// The windows that counts are kept for.
const (
	lastMinute = iota
	lastFive
	lastHour
	lastSix // hours
	lastDay

	windowCount = iota
)

// windowSteps is the length of the windows that slide by a step.
var windowSteps = [...]int64{lastMinute: stepsPerMinute, lastFive: 5 * stepsPerMinute, lastHour: stepsPerHour}

// windowMinutes is the length of the windows that slide by a minute.
var windowMinutes = [windowCount]int64{lastSix: 6 * 60, lastDay: minutesPerDay}

const hourSlots = 25 // a day that ends within an hour touches 25 of them

// A series counts the results of one outcome: 10 s steps for the hour, minutes for the day, and running totals of each
// window, so that a snapshot sums nothing. Hours without a result cost a nil pointer.
type series struct {
	key      outcomeKey
	total    [windowCount]uint64
	shown    [windowCount]uint64 // total, as last shown; of failures
	all      *series             // the same outcome over all targets; nil in there
	ever     uint64              // results since the target was first seen
	gathered uint32              // in there: see gathered
	steps    *stepCounts         // nil before the first result of an hour
	hours    daily
}

// add counts n results in a step not after the edge.
func (s *series) add(edge, step int64, n uint32) {
	if edge-step < stepsPerHour {
		s.addStep(edge, step, n)
	}
	if edge, m := edge/stepsPerMinute, step/stepsPerMinute; edge-m < minutesPerDay {
		s.addMinute(edge, m, n)
	}
}

// addStep counts in the windows that slide by a step.
func (s *series) addStep(edge, step int64, n uint32) {
	if s.steps == nil {
		s.steps = &stepCounts{}
	}
	s.steps.add(step, n)
	for w, length := range windowSteps {
		if edge-step < length {
			s.total[w] += uint64(n)
		}
	}
}

// addMinute counts in the windows that slide by a minute.
func (s *series) addMinute(edge, minute int64, n uint32) {
	s.hours.add(minute, n)
	s.total[lastDay] += uint64(n)
	if edge-minute < windowMinutes[lastSix] {
		s.total[lastSix] += uint64(n)
	}
}

// at returns the count of a minute, which must be one of the hours remembered.
func (s *series) at(minute int64) uint32 {
	return s.hours.at(minute)
}

// advance slides the windows from one edge to a later one and reports whether a count changed.
func (s *series) advance(from, to int64) (changed bool) {
	if s.total[lastHour] > 0 {
		changed = s.advanceSteps(from, to)
	}
	if from, to := from/stepsPerMinute, to/stepsPerMinute; to > from {
		changed = s.advanceMinutes(from, to) || changed
	}
	return changed
}

func (s *series) advanceSteps(from, to int64) (changed bool) {
	if to-from >= stepsPerHour {
		s.steps = nil
		s.total[lastMinute], s.total[lastFive], s.total[lastHour] = 0, 0, 0
		return true
	}
	before := s.total
	for x := from + 1; x <= to; x++ {
		for w, length := range windowSteps {
			s.total[w] -= uint64(s.steps.at(x + stepsPerHour - length))
		}
		s.steps.drop(x)
	}
	return s.total != before
}

func (s *series) advanceMinutes(from, to int64) (changed bool) {
	before := s.total
	if to-from >= minutesPerDay {
		s.total[lastSix], s.total[lastDay] = 0, 0
	}
	for x := from + 1; x <= to && s.total[lastDay] > 0; x++ {
		s.total[lastSix] -= uint64(s.upTo(from, x-windowMinutes[lastSix]))
		s.total[lastDay] -= uint64(s.upTo(from, x-windowMinutes[lastDay]))
	}
	s.hours.advance(from, to)
	return s.total != before
}

// upTo is at for a minute that may lie after the edge, where there is nothing yet.
func (s *series) upTo(edge, minute int64) uint32 {
	if minute > edge || minute < 0 {
		return 0
	}
	return s.at(minute)
}

// rewind forgets what lies after an edge that moved back from one to another, and adds up anew.
func (s *series) rewind(from, to int64) {
	if s.steps != nil {
		for x := max(to+1, from-stepsPerHour+1); x <= from; x++ {
			s.steps.drop(x)
		}
	}
	mf, mt := from/stepsPerMinute, to/stepsPerMinute
	s.hours.rewind(mf, mt)
	s.total = [windowCount]uint64{}
	for w, length := range windowSteps {
		for age := int64(0); s.steps != nil && age < min(length, to+1); age++ {
			s.total[w] += uint64(s.steps.at(to - age))
		}
	}
	s.total[lastSix] = s.sum(mt, windowMinutes[lastSix])
	s.total[lastDay] = s.sum(mt, windowMinutes[lastDay])
}

// sum counts the minutes of a window that ends with a minute.
func (s *series) sum(end, minutes int64) (n uint64) {
	for m := max(end-minutes+1, 0); m <= end; m++ {
		n += uint64(s.at(m))
	}
	return n
}

// absorb adds what another series counts, as far as it lies in the windows that end with edge, which is not before the
// other's.
func (s *series) absorb(b *series, edge, other int64) {
	for x := max(other-stepsPerHour+1, 0); x <= other && b.steps != nil; x++ {
		if n := b.steps.at(x); n > 0 && edge-x < stepsPerHour {
			s.addStep(edge, x, n)
		}
	}
	edge, other = edge/stepsPerMinute, other/stepsPerMinute
	s.hours.absorb(&b.hours, edge, other) // what is out of every window is not forgotten
	oldest := max(firstMinute(other), firstMinute(edge), 0)
	for w, length := range windowMinutes {
		if length > 0 {
			s.total[w] += b.hours.sum(max(oldest, edge-length+1), other+1)
		}
	}
}
