package stats

import (
	"errtop/internal/logline"
	"errtop/tracker"
)

// maxGroups bounds the groups counted apart.
const maxGroups = 10000

// group is a set of errors with one fingerprint, the dashboard's.
type group struct {
	count  uint64 // what changes with every error comes first, for the processor's cache
	period period
	folded int    // groups that were merged into it; 0: none
	err    string // one of their error types, the first by name
	tracker.Fingerprint
}

// groups holds errors by their fingerprint.
type groups struct {
	all    map[uint64]*group
	recent map[recentGroup]*group // avoids computing the fingerprint of texts that came before
	prints tracker.Fingerprinter
	folds  []tracker.Fold // found when there were too many groups
	fullAt int            // groups that were left when room was made last

	method  logline.Interner
	route   logline.Interner // templates of paths
	message logline.Interner // folded messages
	invalid logline.Interner // folded messages about the fields of a request
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
		all: map[uint64]*group{}, recent: map[recentGroup]*group{},
		route:   logline.NewInterner(tracker.NormaliseRoute),
		message: logline.NewInterner(func(dst []byte, text string) []byte { return tracker.Normalise(dst, text, false) }),
		invalid: logline.NewInterner(func(dst []byte, text string) []byte { return tracker.Normalise(dst, text, true) }),
	}
}

// add counts a failed record in its group.
func (s *groups) add(d *logline.Decoder, target *recentTarget) {
	r := &d.Rec
	path, _ := d.Location()
	messages := &s.message
	if r.Kind == tracker.KindInvalid || r.Kind == tracker.KindValidation {
		messages = &s.invalid
	}
	method, route := s.method.Text(r.Text(logline.FieldMethod), logline.MaxName), s.route.Text(path, logline.MaxRoute)
	message, err := messages.Text(r.Text(logline.FieldMessage), logline.MaxMessage), s.err.Text(r.Text(logline.FieldError), logline.MaxName)
	recent := recentGroup{target.count, method.Number, route.Number, message.Number, err.Number, r.Outcome()}
	g, ok := s.recent[recent]
	listed := r.Has(logline.FieldErrors)
	if !ok || listed {
		result := tracker.Result{
			Method: method.Text, Route: logline.SafeLine(path, logline.MaxRoute), Status: recent.outcome.Status, Kind: r.Kind, Error: err.Text,
			Message: logline.SafeLine(r.Text(logline.FieldMessage), logline.MaxMessage),
		}
		if listed {
			result.Evidence = &tracker.Evidence{Errors: logline.ErrorList(r)}
		}
		g = s.group(target.name, &result)
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

// group returns the group of a failed result.
func (s *groups) group(target string, r *tracker.Result) *group {
	if g, ok := s.all[s.prints.ID(target, r)]; ok {
		return g
	}
	return s.find(s.prints.Fingerprint())
}

// find returns the group of that fingerprint, or of "(other)" where there are too many.
func (s *groups) find(p tracker.Fingerprint) *group {
	g, ok := s.all[p.ID()]
	if ok {
		return g
	}
	if g := s.place(&p); g != nil {
		return g
	}
	if len(s.all) >= maxGroups && s.fullAt != len(s.all) {
		s.makeRoom()
		s.fullAt = len(s.all)
		if g := s.place(&p); g != nil {
			return g
		}
	}
	if len(s.all) >= maxGroups {
		p = tracker.Fingerprint{Target: other, Message: other, Outcome: p.Outcome}
		if g, ok = s.all[p.ID()]; ok {
			return g
		}
	}
	g = &group{Fingerprint: p}
	s.all[p.ID()] = g
	return g
}

// merge adds the groups of another set.
func (s *groups) merge(o *groups) {
	for _, from := range o.all {
		to := s.find(from.Fingerprint)
		to.count += from.count
		to.folded += from.folded
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
