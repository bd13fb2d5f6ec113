package engine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"errtop/internal/recording"
	"errtop/tracker"
)

const (
	maxUnwritten   = 16 << 20         // bytes that wait for the disk; more are left out, or waited for
	recordPart     = 256 << 10        // bytes that are written together
	recordInterval = 5 * time.Second  // after which less is written, and a disk that failed is tried again
	sourceInterval = 10 * time.Second // between entries of one source's health where only its counts change
)

// Recorder writes what an engine is given into a recording: results, targets, health, marks and gaps. A disk that fails or is slow
// delays nothing: viewers are told, what waits is bounded, and what does not fit is counted. A nil recorder does nothing. All
// methods may be called from any goroutine.
type Recorder struct {
	path   string
	file   recordFile
	notice func(string)
	waits  bool // sources wait for the disk, rather than results being left out
	wake   chan struct{}
	ended  chan struct{} // closed once the file is

	mu      sync.Mutex
	room    sync.Cond // something was written
	closed  bool
	encoder *recording.Encoder
	health  map[string]recordedHealth // as last written, by source
	done    Recorded
}

// recordFile is where a recording is written: [recording.File]. Write writes all or nothing.
type recordFile interface {
	Write(lines []byte) (int, error)
	Size() int64
	Close() error
}

// Recorded says what was written into a recording.
type Recorded struct {
	Results, Marks uint64
	LeftOut        uint64    // results, because the disk failed or was too slow
	First, Last    time.Time // of the results that have a plausible time
	Bytes          int64     // of the file
	Err            error     // why the end could not be written
}

// recordedHealth is what of a source's health is news.
type recordedHealth struct {
	at      time.Time
	state   tracker.SourceState
	live    bool
	format  string
	problem string
}

// Record makes the engine write everything it is given into a new file, from its start on: call it before Run. With wait, sources wait for the
// disk, and a disk that fails ends them; otherwise nothing waits. The error is [fs.ErrExist] where there is a file of that name.
func (e *Engine) Record(path string, wait bool) (*Recorder, error) {
	file, err := recording.Create(path)
	if err != nil {
		return nil, err
	}
	settings := e.options.Settings
	r := &Recorder{
		path: path, file: file, notice: e.Notice, waits: wait, wake: make(chan struct{}, 1), ended: make(chan struct{}),
		encoder: recording.NewEncoder(func(s string) string { return settings.Known().Mask(s) }), health: map[string]recordedHealth{},
	}
	r.room.L = &r.mu
	now := time.Now()
	r.encoder.Header(now, recording.Header{Version: recording.Version, Name: settings.Name})
	for _, info := range targetInfos(settings) {
		r.encoder.Target(now, info)
	}
	e.recorder = r
	return r, nil
}

// put encodes with write, and waits for room or returns false where there is none.
func (r *Recorder) put(write func(*recording.Encoder)) bool {
	if r == nil {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.waits && !r.closed && r.encoder.Len() > maxUnwritten {
		r.room.Wait()
	}
	if r.closed || r.encoder.Len() > maxUnwritten {
		return false
	}
	write(r.encoder)
	if r.encoder.Len() >= recordPart {
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
	return true
}

// results records a batch that came at now.
func (r *Recorder) results(now time.Time, results []tracker.Result) {
	kept := r.put(func(to *recording.Encoder) {
		for i := range results {
			to.Result(now, &results[i])
			r.done.count(now, results[i].Time)
		}
	})
	if !kept {
		r.mu.Lock()
		r.done.LeftOut += uint64(len(results))
		r.mu.Unlock()
	}
}

// count notes a result.
func (d *Recorded) count(now, at time.Time) {
	d.Results++
	if at.IsZero() || at.After(now.Add(time.Minute)) {
		return
	}
	if d.First.IsZero() || at.Before(d.First) {
		d.First = at
	}
	if at.After(d.Last) {
		d.Last = at
	}
}

func (r *Recorder) mark(now time.Time, mark tracker.Mark) {
	r.put(func(to *recording.Encoder) {
		to.Mark(now, mark)
		r.done.Marks++
	})
}

func (r *Recorder) note(now time.Time, note tracker.Note) {
	r.put(func(to *recording.Encoder) { to.Note(now, note) })
}

func (r *Recorder) gap(now time.Time, gap tracker.Gap) {
	r.put(func(to *recording.Encoder) { to.Gap(now, gap) })
}

func (r *Recorder) targets(now time.Time, infos []tracker.TargetInfo, gone []string) {
	r.put(func(to *recording.Encoder) {
		for _, name := range gone {
			to.Gone(now, name)
		}
		for _, info := range infos {
			to.Target(now, info)
		}
	})
}

// source records a source's health where it is news, and now and then otherwise.
func (r *Recorder) source(now time.Time, s tracker.Source) {
	r.put(func(to *recording.Encoder) {
		is := recordedHealth{now, s.State, s.Live, s.Format, s.Problem}
		was := r.health[s.Name]
		if was.at = is.at; was == is && now.Sub(r.health[s.Name].at) < sourceInterval {
			return
		}
		r.health[s.Name] = is
		if s.State == tracker.SourceGone {
			delete(r.health, s.Name)
		}
		to.Source(now, s)
	})
}

// run writes until ctx is done, and then what is left. It never returns an error: a disk that fails is told as a notice, once.
func (r *Recorder) run(ctx context.Context) error {
	defer close(r.ended)
	tick := time.NewTicker(recordInterval)
	defer tick.Stop()
	var part []byte // is being written
	var failed error
	for {
		select {
		case <-ctx.Done():
			r.end(part)
			return nil
		case <-tick.C:
		case <-r.wake:
			if failed != nil { // the disk is tried again by the clock
				continue
			}
		}
		if len(part) == 0 {
			part = r.take(part)
		}
		_, err := r.file.Write(part)
		switch {
		case err != nil && r.waits:
			r.end(part)
			return nil
		case err != nil && failed == nil:
			r.notice("recording to " + filepath.Base(r.path) + " has stopped: " + err.Error() + "; everything else goes on, and it is tried again")
		case err == nil && failed != nil:
			r.notice("recording to " + filepath.Base(r.path) + " goes on" + r.lost())
		}
		if failed = err; err == nil {
			part = part[:0]
			r.room.Broadcast()
		}
	}
}

// lost says how many results were left out; "" for none.
func (r *Recorder) lost() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done.LeftOut == 0 {
		return ""
	}
	return fmt.Sprintf("; %d results could not be kept", r.done.LeftOut)
}

// take takes what waits to be written. Secrets that came meanwhile are masked from now on.
func (r *Recorder) take(into []byte) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.encoder.Forget()
	return r.encoder.Take(into)
}

// end writes what is left and closes the file. Nothing is taken any more.
func (r *Recorder) end(part []byte) {
	r.mu.Lock()
	r.closed = true
	part = r.encoder.Take(part)
	r.mu.Unlock()
	r.room.Broadcast()
	_, err := r.file.Write(part)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done.Bytes = r.file.Size()
	if err = errors.Join(err, r.file.Close()); err != nil {
		r.done.Err = fmt.Errorf("cannot write the recording: %w", err)
	}
}

// Wait waits until the file is closed, which it is when the engine has ended, and says what is in it. ok is false where ctx ended
// before.
func (r *Recorder) Wait(ctx context.Context) (done Recorded, ok bool) {
	select {
	case <-r.ended:
	case <-ctx.Done():
		return done, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.done, true
}
