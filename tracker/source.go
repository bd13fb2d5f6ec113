package tracker

import (
	"reflect"
	"slices"
)

const maxCourses = 1000 // sources whose order is checked

// sources are where results come from, in the order they were announced, and where the stamps of each are.
type sources struct {
	health  []Source
	courses map[string]*course
	last    *course
}

// course is where a source's stamps are.
type course struct {
	name string
	at   instant // of the last result that came
}

// update sets a source's health and reports whether it is another.
func (s *sources) update(source Source) bool {
	i := slices.IndexFunc(s.health, func(known Source) bool { return known.Name == source.Name })
	if i >= 0 && reflect.DeepEqual(s.health[i], source) {
		return false
	}
	source.Samples = slices.Clone(source.Samples)
	s.health = slices.Clone(s.health) // snapshots share it
	if i < 0 {
		s.health = append(s.health, source)
	} else {
		s.health[i] = source
	}
	return true
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
