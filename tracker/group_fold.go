package tracker

import (
	"slices"
	"strings"
)

// folding is what a target knows of groups that were folded into one.
type folding struct {
	folds []groupFold
	asOf  int // groups there were when folds were last looked for
}

type groupFold struct {
	Fold
	group *group
}

const (
	foldsKept  = 20 // a target
	foldsEvery = 20 // more groups until they are looked for again
)

// folded returns the group that errors like the one that was last fingerprinted are folded into; nil where there is none.
func (tg *target) folded(p *Fingerprinter) *group {
	for i := range tg.folding.folds {
		f := &tg.folding.folds[i]
		if !f.group.gone && foldMatches(&f.Fold, p.method, p.outcome, p.route, p.message) {
			return f.group
		}
	}
	return nil
}

// foldedLike is folded for a group of another tracker.
func (tg *target) foldedLike(from *group) *group {
	for i := range tg.folding.folds {
		f := &tg.folding.folds[i]
		if !f.group.gone && foldMatches(&f.Fold, from.method, from.outcome, from.route, from.message) {
			return f.group
		}
	}
	return nil
}

// foldGroups looks for hundreds of groups that differ in one place, where a target got more since the last look, and folds them.
func (t *ErrorTracker) foldGroups(tg *target) {
	f := &tg.folding
	if len(tg.groups) < f.asOf {
		f.asOf = len(tg.groups)
	}
	if len(tg.groups) < FoldAfter || len(tg.groups) < f.asOf+foldsEvery && len(tg.groups) < t.settings.MaxGroups || len(f.folds) >= foldsKept {
		return
	}
	prints := make([]Fingerprint, 0, len(tg.groups))
	for _, g := range tg.groups {
		if g != tg.other {
			prints = append(prints, g.print())
		}
	}
	for _, fold := range FindFolds(prints) {
		t.mergeFold(tg, &fold)
	}
	f.asOf = len(tg.groups)
}

func (g *group) print() Fingerprint {
	return Fingerprint{Target: g.target.name, Method: g.method, Route: g.route, Message: g.message, Outcome: g.outcome}
}

// mergeFold merges the groups of a target that match into one, and remembers to count what comes there.
func (t *ErrorTracker) mergeFold(tg *target, fold *Fold) {
	like := fold.Fingerprint()
	id := like.ID()
	into := t.groups[id]
	moved := map[uint64]uint64{}
	kept := tg.groups[:0]
	for _, g := range tg.groups {
		p := g.print()
		if g == tg.other || g == into || !fold.Matches(&p) {
			kept = append(kept, g)
			continue
		}
		if into == nil {
			into = &group{id: id, target: tg, method: like.Method, route: like.Route, outcome: like.Outcome, error: g.error, message: like.Message, edge: g.edge, shown: &Group{}}
			t.groups[id] = into
		}
		into.merge(g, 0)
		into.merged += 1 + g.merged
		if into.error != g.error {
			into.error = ""
		}
		g.gone, moved[g.id] = true, id
		delete(t.groups, g.id)
	}
	clear(tg.groups[len(kept):])
	tg.groups = kept
	if len(moved) == 0 {
		return
	}
	if !slices.Contains(tg.groups, into) {
		tg.groups = append(tg.groups, into)
	}
	tg.folding.folds = append(tg.folding.folds, groupFold{*fold, into})
	t.renumber(into, moved)
	tg.regrouped, tg.dirty = true, true
	t.view.groupsStale, t.view.groupsDirty = true, true
}

// renumber makes kept errors of groups that were folded say which one they belong to now.
func (t *ErrorTracker) renumber(into *group, moved map[uint64]uint64) {
	of := func(f *Failure) *Failure {
		id, ok := moved[f.Group]
		if !ok {
			return f
		}
		out := *f
		out.Group = id
		return &out
	}
	for i := range t.errors.len() {
		t.errors.replace(i, of)
	}
	into.oldest = of(into.oldest)
	for i := range into.newest {
		into.newest[i] = of(into.newest[i])
	}
	t.view.seq = 0 // the errors are to be shown anew
	t.countEvidence()
}

// adopt makes a group that was folded elsewhere take what belongs to it here.
func (t *ErrorTracker) adopt(g *group) {
	tg := g.target
	for i := range tg.folding.folds {
		if tg.folding.folds[i].group == g {
			return
		}
	}
	if fold, ok := foldOf(g.print()); ok && len(tg.folding.folds) < foldsKept {
		merged := len(tg.folding.folds)
		t.mergeFold(tg, &fold)
		if len(tg.folding.folds) == merged { // nothing was there to merge
			tg.folding.folds = append(tg.folding.folds, groupFold{fold, g})
		}
	}
}

// foldOf returns the fold that a folded group's fingerprint comes of.
func foldOf(p Fingerprint) (f Fold, ok bool) {
	f.like = p
	if f.prefix, f.suffix, ok = strings.Cut(p.Message, Folded); !ok {
		f.prefix, f.suffix, ok = strings.Cut(p.Route, Folded)
		f.inRoute = ok
	}
	return f, ok
}
