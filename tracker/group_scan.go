package tracker

const scanGroups = 50 // so many groups of routes that never succeeded are a scanner's

// A scanner asks for hundreds of routes, each of which is a group of its own. Where there is no room for more, they leave first: an
// error that is the target's own, or of a route that is there, must not be counted among the others because of them.

// evictScanned makes room for the group of an error by counting among the others the one of a scanner's groups that has been silent for
// longest, where the error itself is none of a scanner's.
func (t *ErrorTracker) evictScanned(tg *target, r *Result, route string) bool {
	if r.Origin != OriginProbe && classOf(r.Outcome()).scannable() && !tg.traits.succeeded(route) {
		return false
	}
	var least *group
	scanned := 0
	for _, g := range tg.groups {
		if g == tg.other || g.route == "" || !classOf(g.outcome).scannable() || tg.traits.succeeded(g.route) {
			continue
		}
		scanned++
		if least == nil || g.last < least.last || g.last == least.last && g.id < least.id {
			least = g
		}
	}
	if scanned < scanGroups {
		return false
	}
	other := t.otherGroup(tg)
	other.merge(least, 0)
	t.groupsDropped += least.count
	least.gone = true
	delete(t.groups, least.id)
	kept := tg.groups[:0]
	for _, g := range tg.groups {
		if g != least {
			kept = append(kept, g)
		}
	}
	clear(tg.groups[len(kept):])
	tg.groups = kept
	t.renumber(other, map[uint64]uint64{least.id: other.id})
	t.changedEarlier()
	tg.regrouped, tg.dirty = true, true
	t.view.groupsStale, t.view.groupsDirty = true, true
	return true
}
