package engine

import (
	"slices"
	"time"

	"errtop/internal/recording"
	"errtop/tracker"
)

const (
	statesEvery = 2 * time.Minute // of the recording's time, while there is room
	statesMost  = 64 << 20        // bytes that they take together
)

// playbackStates are what a playback held at moments that it has passed, so that going back does not play from the start.
type playbackStates struct {
	every time.Duration
	list  []playbackState // by time
	bytes int
}

// playbackState is what a playback held at one moment.
type playbackState struct {
	at     time.Time
	next   int // entry
	source tracker.Source
	packed []byte // the tracker's State
}

// keep keeps what a playback holds, unless it was kept lately. Where there is no room any more, every second one goes, and they are kept half
// as often.
func (s *playbackStates) keep(p *Playback) {
	if n := len(s.list); n > 0 && p.at.Before(s.list[n-1].at.Add(s.every)) {
		return
	}
	encoded, err := p.tracker.State(p.at, tracker.Part{}).MarshalBinary()
	if err != nil {
		return
	}
	one := playbackState{at: p.at, next: p.next, source: p.source, packed: recording.Pack(encoded)}
	s.list, s.bytes = append(s.list, one), s.bytes+len(one.packed)
	for s.bytes > statesMost && len(s.list) > 1 {
		s.thin()
	}
}

// thin removes every second state, and never the newest.
func (s *playbackStates) thin() {
	s.every *= 2
	kept := s.list[:0]
	s.bytes = 0
	for i, one := range s.list {
		if (len(s.list)-1-i)%2 == 0 {
			kept = append(kept, one)
			s.bytes += len(one.packed)
		}
	}
	clear(s.list[len(kept):])
	s.list = kept
}

// before returns the last state that is not after a moment.
func (s *playbackStates) before(at time.Time) (state playbackState, ok bool) {
	i, found := slices.BinarySearchFunc(s.list, at, func(one playbackState, at time.Time) int { return one.at.Compare(at) })
	if found {
		return s.list[i], true
	}
	if i == 0 {
		return playbackState{}, false
	}
	return s.list[i-1], true
}

// Back goes back to the last moment not after another that was kept, which may be the start.
func (p *Playback) Back(to time.Time) {
	kept, ok := p.states.before(to)
	if !ok || p.restore(&kept) != nil {
		p.Rewind()
	}
}

// restore makes the playback what it was.
func (p *Playback) restore(kept *playbackState) error {
	encoded, err := recording.Unpack(kept.packed)
	if err != nil {
		return err
	}
	var state tracker.State
	if err := state.UnmarshalBinary(encoded); err != nil {
		return err
	}
	restored := tracker.New(p.settings)
	if err := restored.Restore(kept.at, state); err != nil {
		return err
	}
	p.tracker, p.gates = restored, newProbeGates(restored)
	p.at, p.next, p.source, p.batch = kept.at, kept.next, kept.source, p.batch[:0]
	p.snap = p.tracker.Snapshot(p.at)
	return nil
}
