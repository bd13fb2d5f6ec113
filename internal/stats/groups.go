package stats

import (
	"strings"

	"errtop/internal/logline"
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

	method  logline.Interner
	route   logline.Interner // templates of paths
	message logline.Interner // folded messages
	invalid logline.Interner // folded messages about fields of a request
	err     logline.Interner
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
		route:   logline.NewInterner(tracker.NormaliseRoute),
		message: logline.NewInterner(func(dst []byte, text string) []byte { return tracker.Normalise(dst, text, false) }),
		invalid: logline.NewInterner(func(dst []byte, text string) []byte { return tracker.Normalise(dst, text, true) }),
	}
}

// add counts a failed record in its group, which is the tracker's: target, method, route template, outcome and
// normalised message, with the errors of single fields behind it.
func (s *groups) add(d *logline.Decoder, target *recentTarget) {
	r := &d.Rec
	fold := &s.message
	if r.Kind == tracker.KindInvalid || r.Kind == tracker.KindValidation {
		fold = &s.invalid
	}
	path, _ := d.Location()
	method, route := s.method.Text(r.Text(logline.FieldMethod), logline.MaxName), s.route.Text(path, logline.MaxRoute)
	message, err := fold.Text(r.Text(logline.FieldMessage), logline.MaxMessage), s.err.Text(r.Text(logline.FieldError), logline.MaxName)
	listed := fold == &s.invalid && r.Has(logline.FieldErrors)
	recent := recentGroup{target.count, method.Number, route.Number, message.Number, err.Number, r.Outcome()}
	g, ok := s.recent[recent]
	if !ok || listed {
		key := groupKey{target.name, method.Text, route.Text, message.Text, r.Outcome()}
		if listed {
			errors := logline.ErrorList(r)
			list := strings.Join(errors[:min(len(errors), 8)], "; ")
			key.message = strings.TrimPrefix(key.message+": "+fold.Line([]byte(list), logline.MaxMessage), ": ")
		}
		if key.message == "" {
			key.message = s.message.Line([]byte(err.Text), logline.MaxName)
		}
		g = s.find(key)
		g.named(err.Text)
		if !listed {
			if len(s.recent) >= logline.MaxInterned {
				clear(s.recent)
			}
			s.recent[recent] = g
		}
	}
	g.count++
	if r.HasTime {
		g.period.widen(logline.Moment{Sec: r.Sec, Nsec: r.Nsec})
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
