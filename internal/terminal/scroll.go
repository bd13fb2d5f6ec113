package terminal

// scrollCost is about what it takes to move rows, in bytes.
const scrollCost = 24

// block is a run of rows that stand elsewhere than before.
type block struct {
	from, to int // rows of the new picture
	up       int // by how many rows it moves up; negative: down
}

// scroll moves the largest block of rows that only changed places, where that is shorter than drawing it, and does the same
// with was, the rows that the terminal shows.
func (p *painter) scroll(was, rows []string) {
	if p.basic || len(was) != p.h || len(rows) != p.h || unchanged(was, rows) > p.h-3 {
		return
	}
	var best block
	most := scrollCost
	for up := 1 - p.h; up < p.h; up++ {
		if up == 0 {
			continue
		}
		for y := max(0, -up); y < min(p.h, p.h-up); y++ {
			if rows[y] != was[y+up] {
				continue
			}
			b := block{y, y, up}
			for b.to < min(p.h, p.h-up) && rows[b.to] == was[b.to+up] {
				b.to++
			}
			if saved := b.saves(was, rows); saved > most {
				best, most = b, saved
			}
			y = b.to
		}
	}
	if best.up == 0 {
		return
	}
	p.clean()
	if best.up > 0 {
		p.lines('M', best.from, best.up)
		if best.to+best.up < p.h {
			p.lines('L', best.to, best.up)
		}
	} else {
		if best.to < p.h {
			p.lines('M', best.to+best.up, -best.up)
		}
		p.lines('L', best.from+best.up, -best.up)
	}
	best.apply(was, p.shown, p.w)
}

// unchanged counts the rows that stay as they are.
func unchanged(was, rows []string) (n int) {
	for y := range rows {
		if rows[y] == was[y] {
			n++
		}
	}
	return n
}

// saves estimates how many bytes it saves to move the block: its rows that would be drawn, less those that it empties though
// they could stay.
func (b block) saves(was, rows []string) (bytes int) {
	for y := b.from; y < b.to; y++ {
		if rows[y] != was[y] {
			bytes += len(rows[y])
		}
	}
	from, to := b.emptied()
	for y := from; y < to; y++ {
		if rows[y] == was[y] {
			bytes -= len(rows[y])
		}
	}
	return bytes
}

// emptied returns the rows that are blank afterwards.
func (b block) emptied() (from, to int) {
	if b.up > 0 {
		return b.to, b.to + b.up
	}
	return b.from + b.up, b.from
}

// apply does with rows and cells what the terminal does.
func (b block) apply(rows []string, cells []cell, w int) {
	copy(rows[b.from:b.to], rows[b.from+b.up:b.to+b.up])
	copy(cells[b.from*w:b.to*w], cells[(b.from+b.up)*w:(b.to+b.up)*w])
	from, to := b.emptied()
	clear(rows[from:to])
	for i := from * w; i < to*w; i++ {
		cells[i] = blank
	}
}

// lines inserts (L) or deletes (M) n lines at a row.
func (p *painter) lines(command byte, y, n int) {
	p.move(nil, 0, y)
	p.out = appendSteps(p.out, n, command)
	p.at.x = -1
}
