package stats

import (
	"maps"
	"slices"

	"errtop/tracker"
)

// folds returns the places in which hundreds of groups of one target differ and nothing else does, as the dashboard finds them.
func folds(all map[uint64]*group) (found []tracker.Fold) {
	byTarget := map[string][]tracker.Fingerprint{}
	for _, g := range all {
		byTarget[g.Target] = append(byTarget[g.Target], g.Fingerprint)
	}
	for _, target := range slices.Sorted(maps.Keys(byTarget)) {
		found = append(found, tracker.FindFolds(byTarget[target])...)
	}
	return found
}

// folded returns the groups with those merged that differ in one place only.
func folded(all map[uint64]*group) map[uint64]*group {
	found := folds(all)
	if len(found) == 0 {
		return all
	}
	all = maps.Clone(all)
	for i := range found {
		merge(all, &found[i])
	}
	return all
}

// makeRoom folds groups where there are too many, and remembers the places for those to come.
func (s *groups) makeRoom() {
	found := folds(s.all)
	for i := range found {
		merge(s.all, &found[i])
	}
	if len(found) > 0 {
		s.folds = append(s.folds, found...)
		clear(s.recent)
	}
}

// place returns the group that a fingerprint was folded into; nil if it was not.
func (s *groups) place(p *tracker.Fingerprint) *group {
	for i := range s.folds {
		if s.folds[i].Matches(p) {
			like := s.folds[i].Fingerprint()
			return s.all[like.ID()]
		}
	}
	return nil
}

// merge puts the groups that match a fold into one.
func merge(all map[uint64]*group, fold *tracker.Fold) {
	like := fold.Fingerprint()
	into := all[like.ID()]
	if into == nil {
		into = &group{Fingerprint: like}
	}
	for id, g := range all {
		if g == into || !fold.Matches(&g.Fingerprint) {
			continue
		}
		into.count += g.count
		into.folded += max(g.folded, 1)
		into.named(g.err)
		into.period.merge(g.period)
		delete(all, id)
	}
	all[like.ID()] = into
}
