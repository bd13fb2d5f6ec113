package fleet

import "time"

// liveSince is what an agent sent live that no sum in the picture has yet. A sum that has come, but is not in the picture, changes
// nothing: what was sent live before it stays shown until then, and what came after it is shown at once.
type liveSince struct {
	list  []live // in the order in which it was sent
	bytes int
	last  map[string]liveMark // by kind: messages of two kinds may overtake each other
}

// liveMark is which live message came last.
type liveMark struct {
	base time.Time
	n    int
}

const (
	maxLiveKept  = 400     // messages of an agent: of two sums, at one of both kinds every two seconds
	maxLiveBytes = 4 << 20 // of an agent
	liveStep     = 10 * time.Second
)

// add keeps a message, and reports whether it is new. What is too much waits for the next sum.
func (s *liveSince) add(kind string, l *live) bool {
	if last := s.last[kind]; l.Base.Before(last.base) || l.Base.Equal(last.base) && l.N <= last.n {
		return false
	}
	if s.bytes+l.bytes > maxLiveBytes || len(s.list) >= maxLiveKept {
		return false
	}
	if s.last == nil {
		s.last = map[string]liveMark{}
	}
	s.last[kind] = liveMark{l.Base, l.N}
	s.bytes += l.bytes
	if !s.merge(l) {
		s.list = append(s.list, *l)
	}
	return true
}

// merge adds a message without failures to one of the same step, because most of them say the same.
func (s *liveSince) merge(l *live) bool {
	for i := len(s.list) - 1; i >= 0; i-- {
		into := &s.list[i]
		if !into.Base.Equal(l.Base) || !into.got.Truncate(liveStep).Equal(l.got.Truncate(liveStep)) {
			return false
		}
		if into.quiet() && l.quiet() {
			into.merge(l)
			return true
		}
	}
	return false
}

// quiet reports whether a message has no failures.
func (l *live) quiet() bool {
	for i := range l.Results {
		if r := &l.Results[i]; r.Kind != "ok" {
			return false
		}
	}
	return true
}

// merge adds the counts of another message.
func (l *live) merge(other *live) {
	at := 0 // most often both are in the same order
	for i := range other.Results {
		r := &other.Results[i]
		if k := l.find(r, at); k < 0 {
			l.Results = append(l.Results, *r)
		} else {
			l.Results[k].Count += r.Count
			at = k + 1
		}
	}
}

// find returns which result is of the same sort, -1 without one; it looks from an index on first.
func (l *live) find(r *liveResult, from int) int {
	n := len(l.Results)
	for i := range n {
		k := (from + i) % n
		if of := &l.Results[k]; of.Target == r.Target && of.Status == r.Status && of.Origin == r.Origin && of.Kind == r.Kind {
			return k
		}
	}
	return -1
}

// drop forgets what a sum has.
func (s *liveSince) drop(sum time.Time) {
	kept := s.list[:0]
	s.bytes = 0
	for i := range s.list {
		if l := &s.list[i]; !l.Base.Before(sum) {
			kept = append(kept, *l)
			s.bytes += l.bytes
		}
	}
	clear(s.list[len(kept):])
	s.list = kept
}

// takeLive takes what happened since an agent's last sum.
func (v *Viewer) takeLive(a address, message []byte) {
	l, err := v.codec.decodeLive(message)
	if err != nil {
		v.refuse(a.agent, err)
		return
	}
	l.got = time.Now()
	v.mu.Lock()
	defer v.mu.Unlock()
	ag := v.agentOf(a.agent)
	if ag == nil {
		return
	}
	ag.heard, ag.left = l.got, false
	if len(l.Results) == 0 || l.Base.Before(v.picture.sumOf[ag.id]) {
		return
	}
	if ag.live.add(a.kind, &l) {
		v.picture.record(ag, &l, l.got)
		v.untold = true
	}
}
