package tui

import tea "charm.land/bubbletea/v2"

// place is where something was drawn, so that a click can find it.
type place struct{ x, y, w, h int }

func placeOf(a area) place { return place{a.x, a.y, a.w, a.h} }

func (p place) holds(x, y int) bool { return x >= p.x && x < p.x+p.w && y >= p.y && y < p.y+p.h }

// clickable is a view that knows what was drawn where.
type clickable interface{ Click(x, y int) bool }

// click selects what is under the mouse: a view in the header, or a row. On the selected row it opens the page.
func (m *model) click(msg tea.MouseClickMsg) {
	if msg.Button != tea.MouseLeft || m.prompt.open {
		return
	}
	for i, tab := range m.tabs {
		if tab.holds(msg.X, msg.Y) {
			m.open, m.help, m.current = nil, nil, i
			return
		}
	}
	if v, ok := m.view().(clickable); ok && len(m.open) == 0 && m.help == nil {
		if v.Click(msg.X, msg.Y) {
			m.push(m.view().Selected())
		}
	}
}

// wheel moves the selection, or scrolls the page that is open.
func (m *model) wheel(msg tea.MouseWheelMsg) {
	a := Down
	if msg.Button == tea.MouseWheelUp {
		a = Up
	}
	switch {
	case m.prompt.open:
	case m.help != nil:
		m.help.HandleKey(a)
	case len(m.open) > 0:
		m.open[len(m.open)-1].HandleKey(a)
	default:
		m.view().HandleKey(a)
	}
}

// click selects the row that was drawn at y; it reports whether it was selected already.
func (t *table[T, K]) click(x, y int) bool {
	row := t.picker.top + y - t.place.y - 1
	if !t.place.holds(x, y) || y == t.place.y || row >= len(t.items) {
		return false
	}
	again := t.picker.chosen && t.picker.index == row
	t.picker.choose(row)
	return again
}

// Click selects a row.
func (l *list[T, K]) Click(x, y int) bool { return l.table.click(x, y) }

// Click selects a row, and gives its panel the focus.
func (o *overview) Click(x, y int) bool {
	if in := o.errors.place.holds(x, y); in || o.targets.place.holds(x, y) {
		turned := o.inError != in
		o.inError = in
		if in {
			return o.errors.click(x, y) && !turned
		}
		return o.targets.click(x, y) && !turned
	}
	return false
}
