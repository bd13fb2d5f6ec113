package tracker

// quarters are the latencies of each quarter of an hour over a day, and their quantiles, in blocks of three hours that are made on first
// use: a target that is young has few.
type quarters struct {
	blocks [quarterSlots / quartersPerBlock]*quarterBlock
}

const quartersPerBlock = 12

type quarterBlock struct {
	cells     [quartersPerBlock]cells
	quantiles [quartersPerBlock]quantileBuckets
}

// at returns the latencies of a quarter, which nobody may change.
func (q *quarters) at(quarter int64) cells {
	slot := quarter % quarterSlots
	if block := q.blocks[slot/quartersPerBlock]; block != nil {
		return block.cells[slot%quartersPerBlock]
	}
	return nil
}

// of returns the latencies of a quarter, to be changed.
func (q *quarters) of(quarter int64) *cells {
	block, i := q.block(quarter)
	return &block.cells[i]
}

// block returns the block of a quarter, made on first use, and the quarter's place in it.
func (q *quarters) block(quarter int64) (block *quarterBlock, i int64) {
	slot := quarter % quarterSlots
	at := &q.blocks[slot/quartersPerBlock]
	if *at == nil {
		*at = &quarterBlock{}
	}
	return *at, slot % quartersPerBlock
}

// drop clears a quarter.
func (q *quarters) drop(quarter int64) {
	slot := quarter % quarterSlots
	block := q.blocks[slot/quartersPerBlock]
	if block == nil {
		return
	}
	block.cells[slot%quartersPerBlock] = nil
	block.quantiles[slot%quartersPerBlock] = quantileBuckets{}
	for _, c := range block.cells {
		if len(c) > 0 {
			return
		}
	}
	q.blocks[slot/quartersPerBlock] = nil
}

// each calls do for the latencies of every quarter that has any.
func (q *quarters) each(do func(cells)) {
	for _, block := range q.blocks {
		if block == nil {
			continue
		}
		for _, c := range block.cells {
			do(c)
		}
	}
}
