package tui

import (
	"errtop/internal/filter"
	"errtop/tracker"
)

// view is one of the seven pictures that the number keys choose between.
type view interface {
	SetSnapshot(snap *tracker.Snapshot, f *filter.Filter)
	HandleKey(a Action) bool
	View(a area)
	Selected() page // nil where nothing is selected
	Listed() listing
}

// listing says how much of what there is a view lists; a filter hides the rest.
type listing struct{ shown, total int }

// viewNames are the names of the views, in the order of their keys.
var viewNames = [...]string{"overview", "errors", "groups", "targets", "breakers", "incidents", "sources"}

func newViews(h *headline, f *frame) [len(viewNames)]view {
	return [...]view{
		newOverview(h),
		&list[happening, uint64]{table: newErrorsTable(), items: func(s *tracker.Snapshot) []*happening { return pointersTo(newestFirst(s)) }, open: errorPageOf, note: ringNote},
		&list[tracker.Group, uint64]{table: newGroupsTable(), items: func(s *tracker.Snapshot) []*tracker.Group { return s.Groups }, open: groupPageOf, note: groupsNote},
		&list[tracker.Target, string]{table: newTargetsTable(), items: func(s *tracker.Snapshot) []*tracker.Target { return s.Targets }, open: targetPageOf, note: targetsNote},
		&list[heldBreaker, breakerKey]{table: newBreakersTable(), items: func(s *tracker.Snapshot) []*heldBreaker { return pointersTo(allBreakers(s)) }, open: breakerPageOf},
		&list[trouble, troubleKey]{table: newIncidentsTable(), items: func(s *tracker.Snapshot) []*trouble {
			return append(troublesOf(s, f.alerts, f.now), f.older.troubles(s)...)
		}, open: troublePageOf},
		&list[tracker.Source, string]{table: newSourcesTable(), items: func(s *tracker.Snapshot) []*tracker.Source { return pointersTo(allSources(s)) }, open: sourcePageOf, note: fleetNote},
	}
}

// list is a view that is one table; on wide screens the detail of what is selected stands beside it.
type list[T any, K comparable] struct {
	table *table[T, K]
	items func(*tracker.Snapshot) []*T
	open  func(*T) page
	note  func(*tracker.Snapshot) string // below the list; nil: none
	snap  *tracker.Snapshot

	beside   *detail // of what is selected, kept while that is the same
	besideOf K
}

func (l *list[T, K]) SetSnapshot(snap *tracker.Snapshot, f *filter.Filter) {
	l.snap = snap
	l.table.set(l.items(snap), f, snap)
}

func (l *list[T, K]) HandleKey(a Action) bool { return l.table.handle(a) }

func (l *list[T, K]) Selected() page { return l.open(l.table.selected()) }

func (l *list[T, K]) Listed() listing { return l.table.listing() }

func (l *list[T, K]) View(a area) {
	item := l.table.selected()
	if l.note != nil && l.snap != nil && a.h >= 6 {
		if text := l.note(l.snap); text != "" {
			var foot area
			foot, a = a.bottom(1)
			p := foot.row(0)
			p.space(2)
			p.text(a.styles.Muted, text)
		}
	}
	if a.w < 150 || item == nil || l.snap == nil {
		l.beside = nil
		l.table.view(a, true)
		return
	}
	left, right := a.left(a.w * 11 / 20)
	left.w-- // air before the line
	l.table.view(left, true)
	right = divide(right)
	if key := l.table.key(item); l.beside == nil || key != l.besideOf {
		l.beside, l.besideOf = &detail{page: l.open(item)}, key
	}
	l.beside.View(right, l.snap)
}

func (t *table[T, K]) listing() listing { return listing{shown: len(t.items), total: t.total} }
