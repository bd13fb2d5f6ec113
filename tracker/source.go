package tracker

import (
	"reflect"
	"slices"
)

const maxCourses = 1000 // sources whose order is checked

// maxGone bounds the gone sources that are kept to be looked at.
const maxGone = 100

// sources are where results come from, in the order they were announced, and where the stamps of each are.
type sources struct {
	health    []Source       // a source that left is a hole without a name until the list is shown
	place     map[string]int // in health
	holes     int
	shown     bool // a snapshot shares health: it is copied before it is changed
	gone      []Source
	goneCount uint64 // those no longer in gone included
	courses   map[string]*course
	last      *course
}

// course is where a source's stamps are.
type course struct {
	name string
	at   instant // of the last result that came
}

// update sets a source's health and reports whether it changed. A gone source moves to the list of those.
func (s *sources) update(source Source) bool {
	i, known := s.place[source.Name]
	if known && reflect.DeepEqual(s.health[i], source) || !known && source.State == SourceGone {
		return false
	}
	source.Samples = slices.Clone(source.Samples)
	if s.shown {
		s.health, s.shown = slices.Clone(s.health), false
	}
	switch {
	case source.State == SourceGone:
		s.health[i] = Source{}
		s.holes++
		s.goneCount++
		s.gone = append(slices.Clone(s.gone[max(0, len(s.gone)-maxGone+1):]), source) // snapshots share the one before
		delete(s.place, source.Name)
		s.forget(source.Name)
	case known:
		s.health[i] = source
	default:
		if s.place == nil {
			s.place = map[string]int{}
		}
		s.place[source.Name] = len(s.health)
		s.health = append(s.health, source)
		if i := slices.IndexFunc(s.gone, func(g Source) bool { return g.Name == source.Name }); i >= 0 {
			s.gone = slices.Concat(s.gone[:i], s.gone[i+1:]) // it came back
		}
	}
	return true
}

// list returns the sources for a snapshot, which shares the slice.
func (s *sources) list() []Source {
	if s.holes > 0 {
		kept := make([]Source, 0, len(s.health)-s.holes)
		for _, source := range s.health {
			if source.Name != "" {
				s.place[source.Name] = len(kept)
				kept = append(kept, source)
			}
		}
		s.health, s.holes = kept, 0
	}
	if len(s.health) == 0 {
		return nil // as in a tracker that never had any
	}
	s.shown = true
	return slices.Clip(s.health)
}

// forget drops where the stamps of a source are.
func (s *sources) forget(name string) {
	delete(s.courses, name)
	if s.last != nil && s.last.name == name {
		s.last = nil
	}
}

// order counts a result that is older than the one before it from the same source by more than a step.
func (s *sources) order(name string, at instant, skew *Skew) {
	c := s.last
	if c == nil || c.name != name {
		c = s.courses[name]
		if c == nil {
			if len(s.courses) >= maxCourses {
				return
			}
			c = &course{name: name}
			if s.courses == nil {
				s.courses = map[string]*course{}
			}
			s.courses[name] = c
		}
		s.last = c
	}
	if at < c.at.add(-stepLength) {
		skew.OutOfOrder++
	}
	c.at = at
}

// rewind follows a clock that went back.
func (s *sources) rewind(to instant) {
	for _, c := range s.courses {
		c.at = min(c.at, to)
	}
}
