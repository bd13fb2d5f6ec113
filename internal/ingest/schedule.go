package ingest

import (
	"container/heap"
	"context"
	"time"
)

// lane is where a follower waits for a reader.
type lane uint8

const (
	laneLive  lane = iota // a growing file: by time
	laneWhole             // a file that is read once: in turn, and never by all readers at once
	lanePipe              // a named pipe, whose reads block: it has a reader of its own
)

// place is where a follower stands in the schedule and the watch. It is the dispatcher's.
type place struct {
	due     time.Time
	index   int // in the heap
	lane    lane
	running bool               // a reader has it
	inTurn  bool               // a reader has it as one of laneWhole
	cancel  context.CancelFunc // ends the reader of a named pipe
	woken   bool               // something changed while a reader had it
	told    bool               // this look comes from a change that was told of

	leaves  bool     // its path matched a pattern: it goes when its file does
	target  string   // of its path, where that is a symbolic link, as the watch knows it
	names   []string // under which the watch knows it
	folders []string // that are watched for it

	bytes    int64     // read when it was looked at last
	rested   bool      // it was read to its end once
	restless time.Time // until when it is looked at often, since the watch missed a change
}

// schedule orders followers by when they are to be looked at next. It is the dispatcher's.
type schedule struct {
	live   dueHeap
	whole  []*follower
	inTurn int // files of laneWhole that readers have
	most   int // as many of them at once
}

// add has a follower looked at when it is due, or when its turn comes.
func (s *schedule) add(f *follower, due time.Time) {
	f.place.running, f.place.due = false, due
	if f.place.lane == laneWhole {
		s.whole = append(s.whole, f)
		return
	}
	heap.Push(&s.live, f)
}

// hasten has a follower looked at no later than at a moment.
func (s *schedule) hasten(f *follower, due time.Time) {
	switch {
	case f.place.running:
		f.place.woken = true
	case f.place.lane == laneLive && !f.finished && due.Before(f.place.due):
		f.place.due, f.place.told = due, true
		heap.Fix(&s.live, f.place.index)
	}
}

// took takes back a follower that a reader had.
func (s *schedule) took(f *follower) {
	if f.place.inTurn {
		f.place.inTurn = false
		s.inTurn--
	}
}

// next takes out the follower whose time or turn it is, or nil if there is none.
func (s *schedule) next(now time.Time) *follower {
	var f *follower
	switch {
	case len(s.live) > 0 && !s.live[0].place.due.After(now):
		f, _ = heap.Pop(&s.live).(*follower)
	case len(s.whole) > 0 && s.inTurn < s.most:
		f, s.whole = s.whole[0], s.whole[1:]
		s.inTurn++
		f.place.inTurn = true
	default:
		return nil
	}
	f.place.running = true
	return f
}

// wait is how long until the next follower is due.
func (s *schedule) wait(now time.Time) time.Duration {
	const long = time.Hour
	if len(s.live) == 0 {
		return long
	}
	return max(0, s.live[0].place.due.Sub(now))
}

// dueHeap has the follower that is due first at its root.
type dueHeap []*follower

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].place.due.Before(h[j].place.due) }

func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place.index, h[j].place.index = i, j
}

// Push is heap.Interface's.
func (h *dueHeap) Push(x any) {
	if f, ok := x.(*follower); ok {
		f.place.index = len(*h)
		*h = append(*h, f)
	}
}

// Pop is heap.Interface's.
func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	f := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return f
}
