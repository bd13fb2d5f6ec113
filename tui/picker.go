package tui

import "slices"

// picker keeps a selection on its item while rows come, go and move. Until somebody moves it, it stays on the first row,
// which is the worst or the newest.
type picker[K comparable] struct {
	keys   []K
	held   K
	chosen bool
	index  int
	top    int // first row on the screen
	height int // rows on the screen
}

// setKeys sets the rows in their new order.
func (p *picker[K]) setKeys(keys []K) {
	p.keys = keys
	switch i := slices.Index(keys, p.held); {
	case !p.chosen:
		p.index = 0
	case i >= 0:
		p.index = i
	}
	p.index = max(min(p.index, len(keys)-1), 0)
	p.hold()
}

// hold remembers the selected item and brings it onto the screen.
func (p *picker[K]) hold() {
	if p.index < len(p.keys) {
		p.held = p.keys[p.index]
	}
	p.top = min(p.top, p.index)
	if p.height > 0 {
		p.top = max(p.top, p.index-p.height+1)
		p.top = max(min(p.top, len(p.keys)-p.height), 0)
	}
}

// setHeight sets how many rows fit on the screen.
func (p *picker[K]) setHeight(h int) {
	p.height = max(h, 1)
	p.hold()
}

// choose selects the row i.
func (p *picker[K]) choose(i int) {
	p.chosen = true
	p.index = max(min(i, len(p.keys)-1), 0)
	p.hold()
}

// handle moves the selection; it reports whether the action was a movement.
func (p *picker[K]) handle(a Action) bool {
	switch a {
	case Up, Previous:
		p.choose(p.index - 1)
	case Down, Next:
		p.choose(p.index + 1)
	case PageUp:
		p.choose(p.index - max(p.height/2, 1))
	case PageDown:
		p.choose(p.index + max(p.height/2, 1))
	case Top:
		p.choose(0)
		p.chosen = false
	case Bottom:
		p.choose(len(p.keys) - 1)
	default:
		return false
	}
	return true
}
