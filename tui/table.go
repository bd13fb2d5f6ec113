package tui

import (
	"slices"
	"time"

	"errtop/internal/filter"
	"errtop/internal/human"
	"errtop/tracker"
)

// column is one column of a table.
type column[T any] struct {
	title string
	name  func(*frame) string // the heading, where it changes; its longest is title
	min   int                 // its width; with fit, the least
	least int                 // the least where columns to keep would have to go otherwise; 0: min
	max   int                 // the most that fit may ask for
	fit   func(*T) int        // the width its content wants
	at    func(*T) time.Time  // the time it shows: it is wider where some are not of today
	grow  bool                // takes what is left over
	right bool                // the heading stands on the right, as the figures below it do
	has   func(*T) bool       // whether there is anything to show; where no item has, the column is left out
	keep  int                 // where there is no room, the column with the lowest goes first
	draw  func(*pen, *T, int)
	order func(a, b *T) int // nil: cannot be sorted by
}

// table lists items under column headings. It keeps the order, the filter and the selection; what it is told in set it only
// reads.
type table[T any, K comparable] struct {
	empty   string // what would fill it
	older   string // where to look for what it no longer holds, where a filter leaves nothing
	columns []column[T]
	key     func(*T) K
	facts   func(*T) filter.Facts
	tie     func(a, b *T) int            // the order of items that are equal otherwise; nil: as they came
	natural func(a, b *T) int            // the order where none is chosen; nil: as they came
	look    func(snap *tracker.Snapshot) // sees each snapshot first; nil: none
	survey  func(items []*T)             // sees all items before they are drawn, for scales they share; nil: none

	came    []*T // in the order they came in
	items   []*T
	keys    []K // of the items
	picker  picker[K]
	widths  []int       // what the contents want, by column
	oldest  []time.Time // that a column shows
	filled  []bool      // columns that have something to show, of those that may not
	sort    int         // column + 1; 0 is the order that the items came in
	reverse bool
	total   int          // items before the filter
	asked   filter.Facts // of the item that a filter looks at
	laid    []int        // the widths last drawn: one sorts by what one sees
	place   place
}

// set takes the items to list.
func (t *table[T, K]) set(items []*T, f *filter.Filter, snap *tracker.Snapshot) {
	if t.look != nil {
		t.look(snap)
	}
	t.total = len(items)
	t.came = t.came[:0]
	for _, item := range items {
		if f != nil {
			if t.asked = t.facts(item); !f.Match(&t.asked, snap.At) {
				continue
			}
		}
		t.came = append(t.came, item)
	}
	t.arrange()
}

// pointersTo returns the items of a list as a table takes them.
func pointersTo[T any](list []T) []*T {
	items := make([]*T, len(list))
	for i := range list {
		items[i] = &list[i]
	}
	return items
}

// arrange sorts the items and finds the selection again.
func (t *table[T, K]) arrange() {
	t.items = append(t.items[:0], t.came...)
	order := t.natural
	if t.sort > 0 {
		order = t.columns[t.sort-1].order
	}
	if order != nil {
		slices.SortStableFunc(t.items, func(a, b *T) int {
			c := order(a, b)
			if t.reverse && t.sort > 0 {
				c = -c
			}
			if c == 0 && t.tie != nil {
				return t.tie(a, b)
			}
			return c
		})
	}
	if t.reverse && t.sort == 0 {
		slices.Reverse(t.items)
	}
	t.keys = slices.Grow(t.keys[:0], len(t.items))[:len(t.items)]
	t.widths = slices.Grow(t.widths[:0], len(t.columns))[:len(t.columns)]
	for c := range t.columns {
		t.widths[c] = max(t.columns[c].min, len(t.columns[c].title))
	}
	t.oldest = slices.Grow(t.oldest[:0], len(t.columns))[:len(t.columns)]
	t.filled = slices.Grow(t.filled[:0], len(t.columns))[:len(t.columns)]
	clear(t.oldest)
	clear(t.filled)
	for i, item := range t.items {
		t.keys[i] = t.key(item)
		for c := range t.columns {
			if fit := t.columns[c].fit; fit != nil {
				t.widths[c] = min(max(t.widths[c], fit(item)), t.columns[c].max)
			}
			if has := t.columns[c].has; has != nil && !t.filled[c] {
				t.filled[c] = has(item)
			}
			if get := t.columns[c].at; get != nil {
				if at := get(item); !at.IsZero() && (t.oldest[c].IsZero() || at.Before(t.oldest[c])) {
					t.oldest[c] = at
				}
			}
		}
	}
	if t.survey != nil {
		t.survey(t.items)
	}
	t.picker.setKeys(t.keys)
}

// selected returns the selected item, nil where there is none.
func (t *table[T, K]) selected() *T {
	if t.picker.index < len(t.items) {
		return t.items[t.picker.index]
	}
	return nil
}

// handle moves the selection or changes the order; it reports whether the action meant the table.
func (t *table[T, K]) handle(a Action) bool {
	switch a {
	case Sort:
		for {
			t.sort = (t.sort + 1) % (len(t.columns) + 1)
			if t.sort == 0 || t.columns[t.sort-1].order != nil && (t.laid == nil || t.laid[t.sort-1] > 0) {
				break
			}
		}
		t.reverse = false
	case SortReverse:
		t.reverse = !t.reverse
	default:
		return t.picker.handle(a)
	}
	t.arrange()
	return true
}

// wanted returns how wide the columns would be where there is room for all.
func (t *table[T, K]) wanted(f *frame, w int) []int {
	widths := make([]int, len(t.columns))
	copy(widths, t.widths)
	for c := range widths {
		if t.columns[c].has != nil && !t.filled[c] && len(t.items) > 0 {
			widths[c] = 0
		}
	}
	for c, oldest := range t.oldest {
		if !oldest.IsZero() && w >= 70 && !human.SameDay(oldest, f.now, f.loc) {
			widths[c] = max(widths[c], human.DatedWidth)
		}
	}
	return widths
}

// layout chooses the columns that fit into w and their widths; 0 leaves a column out.
func (t *table[T, K]) layout(f *frame, w int) []int {
	widths := t.wanted(f, w)
	const gap = 2
	for {
		sum, last := 0, -1
		for c, width := range widths {
			if width == 0 {
				continue
			}
			sum += width + gap
			if last < 0 || t.columns[c].keep < t.columns[last].keep {
				last = c
			}
		}
		sum -= gap
		if sum <= w {
			for c := range widths {
				if t.columns[c].grow && widths[c] > 0 {
					widths[c] += w - sum
					break
				}
			}
			return widths
		}
		switch keep := t.columns[last].keep; {
		case keep >= keepRather && t.squeeze(widths, sum-w):
		case keep >= keepAlways:
			return widths // what does not fit is cut by the pen
		default:
			widths[last] = 0
		}
	}
}

// squeeze takes n columns from those that can do with less, if they can spare as many.
func (t *table[T, K]) squeeze(widths []int, n int) bool {
	spare := func(c int) int {
		if t.columns[c].least == 0 {
			return 0
		}
		return max(widths[c]-t.columns[c].least, 0)
	}
	room := 0
	for c := range widths {
		room += spare(c)
	}
	if room < n {
		return false
	}
	for c := len(widths) - 1; c >= 0 && n > 0; c-- {
		take := min(spare(c), n)
		widths[c] -= take
		n -= take
	}
	return true
}

// keepRather marks columns for which others are squeezed before they leave.
const keepRather = 75

// keepAlways marks a column that never leaves.
const keepAlways = 100

// view draws the heading and the rows. The selection shows only where focus is.
func (t *table[T, K]) view(a area, focus bool) {
	t.place = placeOf(a)
	if a.h <= 0 {
		return
	}
	widths := t.layout(a.frame, a.w-2)
	t.laid = widths
	t.heading(a, widths, focus)
	t.picker.setHeight(a.h - 1)
	if len(t.items) == 0 {
		p := a.row(1)
		p.space(2)
		if t.total > 0 {
			p.text(a.styles.Muted, "nothing matches the filter; "+human.Count(uint64(t.total))+" hidden"+t.older)
		} else {
			p.text(a.styles.Muted, t.empty)
		}
		return
	}
	p := new(pen) // one for all rows: what is handed to the columns' functions lands on the heap
	for i := range min(a.h-1, len(t.items)-t.picker.top) {
		*p = a.row(i + 1)
		n := t.picker.top + i
		if focus && n == t.picker.index {
			p.base = a.styles.Selected
			p.text(a.styles.Accent, a.glyphs.cursor)
			p.space(1)
		} else {
			p.space(2)
		}
		drawn := false
		for c, w := range widths {
			if w == 0 {
				continue
			}
			if drawn {
				p.space(2)
			}
			drawn = true
			from := p.at()
			t.columns[c].draw(p, t.items[n], w)
			p.to(from + w)
		}
		if p.base != (Style{}) {
			p.fill()
		}
	}
}

func (t *table[T, K]) heading(a area, widths []int, focus bool) {
	p := a.row(0)
	title := a.styles.Muted
	p.space(2)
	first := true
	for c, w := range widths {
		if w == 0 {
			continue
		}
		if !first {
			p.space(2)
		}
		text, style := t.columns[c].title, title
		if t.columns[c].name != nil {
			text = t.columns[c].name(a.frame)
		}
		if first && focus {
			style = a.styles.Title
		}
		first = false
		if t.sort == c+1 {
			style = a.styles.Accent
			sign := a.glyphs.down
			if t.reverse {
				sign = a.glyphs.up
			}
			text = text[:min(len(text), w-1)] + sign
		}
		if t.columns[c].right {
			from := p.at()
			p.space(w - width(text))
			p.text(style, text)
			p.to(from + w)
		} else {
			p.cell(style, text, w)
		}
	}
}
