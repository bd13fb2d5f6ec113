package engine

import (
	"time"

	"errtop/internal/config"
	"errtop/internal/recording"
	"errtop/tracker"
)

// playbackStep is how far a playback goes at once. The tracker is looked at after each step, whoever else looks or does not: that is what
// makes two playbacks of one recording the same to the last figure.
const playbackStep = time.Second

// Playback gives a recording to a tracker in the recording's own time. It is for one goroutine at a time; its tracker's snapshots may
// be taken by any.
type Playback struct {
	tape     *recording.Tape
	settings tracker.Settings
	source   tracker.Source // how far it has come, as viewers see it

	tracker *tracker.ErrorTracker
	gates   *probeGates
	at      time.Time // everything until then was given
	next    int       // entry
	snap    *tracker.Snapshot
	batch   []tracker.Result
	states  playbackStates
}

// NewPlayback returns a playback that stands right before the first entry of a tape. The rules are those of the settings, not those
// that were in effect when it was recorded.
func NewPlayback(settings *config.Config, tape *recording.Tape, name string) *Playback {
	p := &Playback{tape: tape, settings: trackerSettings(settings), source: tracker.Source{Name: name, Format: "recording", Live: true}}
	p.states.every = statesEvery
	p.Rewind()
	return p
}

// Rewind goes back to the start.
func (p *Playback) Rewind() {
	p.tracker = tracker.New(p.settings)
	p.gates = newProbeGates(p.tracker)
	p.at = p.start()
	p.next = 0
	p.source.State, p.source.Results, p.source.LastSeen = tracker.SourceReading, 0, time.Time{}
	p.tracker.UpdateSource(p.at, p.source) // it is live: its clock is that of the recording
	p.snap = p.tracker.Snapshot(p.at)
}

// start returns the last whole second before the first entry.
func (p *Playback) start() time.Time { return p.tape.First().Add(-1).Truncate(playbackStep) }

// Now returns the moment that the playback stands at, a whole second.
func (p *Playback) Now() time.Time { return p.at }

// Snapshot returns the state as of Now.
func (p *Playback) Snapshot() *tracker.Snapshot { return p.snap }

// SnapshotAt returns the state at an earlier moment of the last 24 hours before Now.
func (p *Playback) SnapshotAt(at time.Time) *tracker.Snapshot { return p.tracker.SnapshotAt(p.at, at) }

// Ended reports whether everything was given.
func (p *Playback) Ended() bool { return p.next == p.tape.Len() }

// Step goes on by a second. The error is one of the file.
func (p *Playback) Step() error {
	p.at = p.at.Add(playbackStep)
	for ; p.next < p.tape.Len() && !p.tape.Moment(p.next).After(p.at); p.next++ {
		e, ok, err := p.tape.Entry(p.next)
		if err != nil {
			return err
		}
		if ok {
			p.give(&e, p.tape.Moment(p.next))
		}
	}
	p.flush()
	if p.Ended() && p.source.State != tracker.SourceEnded {
		p.source.State = tracker.SourceEnded
		p.tracker.UpdateSource(p.at, p.source)
	}
	p.snap = p.tracker.Snapshot(p.at)
	p.states.keep(p)
	return nil
}

// give gives an entry to the tracker. Results are gathered: flush gives them.
func (p *Playback) give(e *recording.Entry, moment time.Time) {
	if e.Result != nil {
		p.batch = append(p.batch, *e.Result)
		p.gates.observe(e.Result, moment)
		return
	}
	p.flush()
	switch {
	case e.Target != nil:
		p.tracker.AddTargets(p.at, *e.Target)
	case e.Gone != "":
		p.tracker.RemoveTargets(p.at, e.Gone)
		p.gates.forget(e.Gone)
	case e.Source != nil:
		p.tracker.UpdateSource(p.at, *e.Source)
	case e.Mark != nil:
		p.tracker.AddMark(p.at, *e.Mark)
	case e.Note != nil:
		p.tracker.AddNote(p.at, *e.Note)
	case e.Gap != nil:
		p.tracker.AddGap(p.at, *e.Gap)
	}
}

// flush gives the tracker the results that were gathered.
func (p *Playback) flush() {
	if len(p.batch) == 0 {
		return
	}
	p.tracker.Record(p.at, p.batch)
	p.source.Results += uint64(len(p.batch))
	p.source.LastSeen = p.at
	p.tracker.UpdateSource(p.at, p.source)
	p.batch = p.batch[:0]
}
