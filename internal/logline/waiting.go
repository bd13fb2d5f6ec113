package logline

// ForgetLines forgets the lines that wait for others, as when lines were read only to look at their times.
func (d *Decoder) ForgetLines() {
	d.pending = nil
	if s := d.related; s != nil {
		d.related = &relations{seed: s.seed, ordered: s.ordered, paired: s.paired}
	}
}

// Waits reports whether failures wait for their pairs.
func (d *Decoder) Waits() bool { return d.related != nil && len(d.related.waiting) > 0 }

// Release makes the record that of a failure without a status whose pair has not come in time, and reports whether there is one.
// With all set it waits for none any longer. Whoever has taken a line's record calls it until it reports false.
func (d *Decoder) Release(all bool) bool {
	s := d.related
	if s == nil || s.off {
		return false
	}
	for len(s.waiting) > 0 {
		first := s.waiting[0]
		if !all && len(s.waiting) < maxWaiting && s.lines-first.line < maxWaitLines && s.now-first.sec < maxWaitTime {
			return false
		}
		s.waiting = append(s.waiting[:0], s.waiting[1:]...)
		s.count(&first.ids, first.sec)
		s.off = true
		kind, _ := d.Decode(first.text)
		s.off = false
		if kind == LineResult {
			return true
		}
	}
	return false
}
