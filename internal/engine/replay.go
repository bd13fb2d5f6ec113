package engine

import (
	"context"
	"sync"
	"time"

	"errtop/tracker"
)

const (
	replayTick = 200 * time.Millisecond // between two pictures
	replayWork = 150 * time.Millisecond // of a tick that is spent on going forward, so that keys are answered
)

// replaySpeeds are the speeds that Faster and Slower go through.
var replaySpeeds = [...]float64{1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600}

// Replay plays a recording for viewers: it goes on by itself, at a speed, stops at the end, and can be paused and sent to any moment.
// What is seen at a moment depends on nothing but the recording and the settings. All methods may be called from any goroutine.
type Replay struct {
	playback *Playback // of the goroutine that runs Run

	mu      sync.Mutex
	viewers map[chan struct{}]struct{}
	wanted  time.Time // where to go at once; zero where it plays
	speed   float64
	paused  bool
	now     time.Time // as viewers see it
	reached time.Time // where the playback is
	snap    *tracker.Snapshot
	first   time.Time
	last    time.Time
	asked   chan struct{} // somebody has changed something
}

// NewReplay returns a replay that goes to a moment first, where that is not zero, and then plays at a speed: seconds of the recording
// in a second.
func NewReplay(playback *Playback, at time.Time, speed float64) *Replay {
	r := &Replay{
		playback: playback, viewers: map[chan struct{}]struct{}{}, speed: speed, asked: make(chan struct{}, 1),
		first: playback.start(), last: playback.end(),
	}
	r.publish()
	if !at.IsZero() {
		r.Seek(at)
	}
	return r
}

// end returns the second in which the last entry is given.
func (p *Playback) end() time.Time {
	last := p.tape.Last()
	end := last.Truncate(playbackStep)
	if end.Before(last) {
		end = end.Add(playbackStep)
	}
	return end
}

// Run plays until ctx is done. The error is one of the file.
func (r *Replay) Run(ctx context.Context) error {
	tick := time.NewTicker(replayTick)
	defer tick.Stop()
	due := 0.0 // seconds of the recording that are to be played
	was := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.asked:
		case <-tick.C:
		}
		wanted, speed := r.course()
		now := time.Now()
		due += now.Sub(was).Seconds() * speed
		was = now
		if speed == 0 {
			due = 0
		}
		moved, err := r.forward(wanted, &due)
		if err != nil {
			return err
		}
		if moved || !wanted.IsZero() {
			r.publish()
		}
	}
}

// course returns where to go at once, else the speed; 0 where it is paused.
func (r *Replay) course() (wanted time.Time, speed float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.wanted.IsZero() && !r.paused {
		speed = r.speed
	}
	return r.wanted, speed
}

// forward goes towards a moment that is wanted, else by the seconds that are due, for a while at most. Who cannot keep up plays slower.
func (r *Replay) forward(wanted time.Time, due *float64) (moved bool, err error) {
	p := r.playback
	if !wanted.IsZero() && wanted.Before(p.Now()) {
		p.Back(wanted)
		moved = true
	}
	for began := time.Now(); time.Since(began) < replayWork; {
		switch {
		case !wanted.IsZero() && !p.Now().Before(wanted):
			r.arrived(wanted)
			return moved, nil
		case wanted.IsZero() && *due < 1:
			return moved, nil
		case !p.Now().Before(r.last):
			*due = 0
			if !wanted.IsZero() {
				r.arrived(wanted)
			}
			return moved, nil
		}
		if err := p.Step(); err != nil {
			return moved, err
		}
		moved = true
		*due = max(*due-1, 0)
	}
	if wanted.IsZero() {
		*due = min(*due, 1)
	}
	return moved, nil
}

// arrived notes that a moment is reached that was wanted.
func (r *Replay) arrived(wanted time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.wanted.Equal(wanted) { // and not another one meanwhile
		r.wanted = time.Time{}
	}
}

// publish shows viewers where the playback is. On the way to a moment that is wanted they keep the picture they have.
func (r *Replay) publish() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reached = r.playback.Now()
	if r.snap == nil || r.wanted.IsZero() {
		r.now, r.snap = r.playback.Now(), r.playback.Snapshot()
	}
	r.wake()
}

// wake wakes the viewers. The caller holds the lock.
func (r *Replay) wake() {
	for viewer := range r.viewers {
		select {
		case viewer <- struct{}{}:
		default:
		}
	}
}

// change changes the course, and wakes everybody.
func (r *Replay) change(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
	select {
	case r.asked <- struct{}{}:
	default:
	}
	r.wake()
}

// Watch is that of [Engine].
func (r *Replay) Watch() (changed <-chan struct{}, stop func()) {
	viewer := make(chan struct{}, 1)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.viewers[viewer] = struct{}{}
	return viewer, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.viewers, viewer)
	}
}

// Now returns the moment of the recording that is shown.
func (r *Replay) Now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

// Snapshot returns the state at Now.
func (r *Replay) Snapshot(time.Time) *tracker.Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.snap
}

// SnapshotAt returns the state at Now too: other moments are reached with Seek.
func (r *Replay) SnapshotAt(now, _ time.Time) *tracker.Snapshot { return r.Snapshot(now) }

// Pause pauses, or goes on. At the end it begins anew.
func (r *Replay) Pause() {
	r.change(func() {
		if !r.paused && r.wanted.IsZero() && !r.now.Before(r.last) {
			r.wanted = r.first
			return
		}
		r.paused = !r.paused
	})
}

// Faster plays at the next higher speed.
func (r *Replay) Faster() {
	r.change(func() {
		for _, speed := range replaySpeeds {
			if speed > r.speed {
				r.speed = speed
				return
			}
		}
	})
}

// Slower plays at the next lower speed.
func (r *Replay) Slower() {
	r.change(func() {
		for i := len(replaySpeeds) - 1; i >= 0; i-- {
			if replaySpeeds[i] < r.speed {
				r.speed = replaySpeeds[i]
				return
			}
		}
	})
}

// Seek goes to a moment, or to the nearest end.
func (r *Replay) Seek(to time.Time) {
	r.change(func() {
		to = to.Truncate(playbackStep)
		if to.Before(r.first) {
			to = r.first
		}
		if to.After(r.last) {
			to = r.last
		}
		r.wanted = to
	})
}

// Course says how a replay goes on.
type Course struct {
	First, Last time.Time // of the recording
	Wanted      time.Time // where it is going to at once; zero where it plays
	Reached     time.Time // where it is on the way there
	Speed       float64
	Paused      bool
	Ended       bool
}

// Course returns how the replay goes on.
func (r *Replay) Course() Course {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Course{r.first, r.last, r.wanted, r.reached, r.speed, r.paused, r.wanted.IsZero() && !r.now.Before(r.last)}
}
