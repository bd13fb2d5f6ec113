package ingest

import (
	"strings"

	"errtop/tracker"
)

// maxGroups bounds the groups counted apart.
const maxGroups = 10000

// groupKey is what errors of one group share.
type groupKey struct {
	target, method, route, message string
	outcome                        tracker.Outcome
}

// group is a set of errors.
type group struct {
	count  uint64
	err    string // one of their error types, the first by name
	period period
}

// groups holds errors by what they share.
type groups struct {
	all    map[groupKey]*group
	recent map[recentGroup]*group // spares hashing and comparing whole texts

	method  interner
	route   interner // templates of paths
	message interner // folded messages
	invalid interner // folded messages about fields of a request
	err     interner
}

// recentGroup is what a group's errors had in common, by the numbers that their texts were given.
type recentGroup struct {
	target                      *count
	method, route, message, err uint64
	outcome                     tracker.Outcome
}

// newGroups returns a set without groups.
func newGroups() groups {
	return groups{
		all: map[groupKey]*group{}, recent: map[recentGroup]*group{},
		route:   interner{fold: tracker.NormaliseRoute},
		message: interner{fold: func(dst []byte, text string) []byte { return tracker.Normalise(dst, text, false) }},
		invalid: interner{fold: func(dst []byte, text string) []byte { return tracker.Normalise(dst, text, true) }},
	}
}

// add counts a failed record in its group, which is the tracker's: target, method, route template, outcome and
// normalised message, with the errors of single fields behind it.
func (s *groups) add(d *decoder, target *recentTarget) {
	r := &d.rec
	fold := &s.message
	if r.kind == tracker.KindInvalid || r.kind == tracker.KindValidation {
		fold = &s.invalid
	}
	path, _ := d.location()
	method, route := s.method.text(r.text(fieldMethod), maxName), s.route.text(path, maxRoute)
	message, err := fold.text(r.text(fieldMessage), maxMessage), s.err.text(r.text(fieldError), maxName)
	listed := fold == &s.invalid && r.has(fieldErrors)
	recent := recentGroup{target.count, method.number, route.number, message.number, err.number, r.outcome()}
	g, ok := s.recent[recent]
	if !ok || listed {
		key := groupKey{target.name, method.kept, route.kept, message.kept, r.outcome()}
		if listed {
			errors := errorList(r)
			list := strings.Join(errors[:min(len(errors), 8)], "; ")
			key.message = strings.TrimPrefix(key.message+": "+fold.line([]byte(list), maxMessage), ": ")
		}
		if key.message == "" {
			key.message = s.message.line([]byte(err.kept), maxName)
		}
		g = s.find(key)
		g.named(err.kept)
		if !listed {
			if len(s.recent) >= maxInterned {
				clear(s.recent)
			}
			s.recent[recent] = g
		}
	}
	g.count++
	if r.hasTime {
		g.period.widen(moment{r.sec, r.nsec})
	}
}

// find returns the group of that key.
func (s *groups) find(key groupKey) *group {
	g, ok := s.all[key]
	if ok {
		return g
	}
	if len(s.all) >= maxGroups {
		key = groupKey{target: other, message: other, outcome: key.outcome}
		if g, ok = s.all[key]; ok {
			return g
		}
	}
	g = &group{}
	s.all[key] = g
	return g
}

// merge adds the groups of another set.
func (s *groups) merge(o *groups) {
	for key, from := range o.all {
		to := s.find(key)
		to.count += from.count
		to.named(from.err)
		to.period.merge(from.period)
	}
}

// named takes an error type of the group.
func (g *group) named(err string) {
	if g.err == "" || err != "" && err < g.err {
		g.err = err
	}
}
