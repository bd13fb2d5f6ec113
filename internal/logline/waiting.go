package logline

// ForgetLines forgets the lines that wait for others, as when lines were read only to look at their times.
func (d *Decoder) ForgetLines() {
	d.pending = nil
	if s := d.related; s != nil {
		d.related = &relations{seed: s.seed, paired: s.paired}
	}
}

// LookOnly makes d keep nothing of lines that belong to others, as while times are looked for in a log that is read afterwards.
func (d *Decoder) LookOnly(on bool) { d.looking = on }

// Waits reports whether failures wait for other lines.
func (d *Decoder) Waits() bool { return d.related != nil && len(d.related.waiting) > 0 }

// Waiting is which failures wait no longer.
type Waiting uint8

// The ways to wait.
const (
	WaitForLines   Waiting = iota // until lines enough, or later ones, were read
	WaitForPairs                  // the same, but no longer for an error log
	WaitForNothing                // not at all
)

// Release makes the record that of a failure for which no other line has come in time, and reports whether there is one. A caller that has
// taken a line's record calls it until it reports false.
func (d *Decoder) Release(how Waiting) bool {
	s := d.related
	if s == nil || s.off {
		return false
	}
	for i := 0; i < len(s.waiting); {
		w := s.waiting[i]
		if !s.isDue(&w, how) {
			i++
			continue
		}
		s.waiting = append(s.waiting[:i], s.waiting[i+1:]...)
		if !w.reason {
			s.count(&w.ids, w.sec)
		}
		s.off = true
		kind, _ := d.Decode(w.text)
		s.off = false
		if kind == LineResult {
			return true
		}
	}
	return false
}

// isDue reports whether a failure has waited for long enough.
func (s *relations) isDue(w *waiter, how Waiting) bool {
	longest := int64(maxWaitTime)
	if w.reason {
		longest = reasonTime
	}
	return how == WaitForNothing || how == WaitForPairs && w.reason ||
		len(s.waiting) >= maxWaiting || s.lines-w.line >= maxWaitLines || s.now-w.sec >= longest
}
