package ingest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"errtop/internal/logline"
	"errtop/internal/safego"
)

const (
	pollWatched   = 500 * time.Millisecond // between looks where the system reports changes
	pollUnwatched = 200 * time.Millisecond // between looks where it does not
	pollPerFile   = 2 * time.Millisecond   // between looks at any files: many are looked at less often
	pollTick      = 500 * time.Millisecond // looks that are seconds apart come together
	gather        = 40 * time.Millisecond  // waited after a change, so that a busy log is read in larger pieces
	rescan        = 5 * time.Second        // between searches for new files of a pattern
	rescanShare   = 200                    // searches take at most one part in so many of the time
)

// Follow reads files, given by path or pattern ("/var/log/*.log"), from the start of the window on and goes on with what
// is written to them, until ctx is done; with NoFollow until all are read. Every file is a source of its own.
//
// Of a large file the newest hour comes first, then what the window holds before it; where the window begins before the
// file does, that is looked for in the rotations beside it, unless they are compressed, named themselves, or All is asked
// for. A file that is renamed, deleted, truncated, replaced or switched by a symbolic link is read to its end before its
// successor, so every line comes once; also where it was rotated several times between two looks, if the rotations stand
// beside it under the usual names ("access.log.1", "access.log-20260102") and are not compressed yet; what copytruncate
// copied before anybody read it is read from the copy, if it has such a name. What is lost is copytruncate's own loss, what
// was written between the copy and the truncation, and a file that was deleted, moved elsewhere or compressed before
// anybody looked: at once where the system reports changes, else after 0.2 s, or 2 ms a followed file.
//
// Files that do not exist yet are waited for. Compressed files, and those that the system makes up (/proc), are read once,
// whole. A file that is deleted is read until it was quiet for ten seconds and then closed; one that was found by a pattern
// is then no source any more (tracker.SourceGone).
//
// A few readers serve all files: one that is at rest costs a descriptor and some hundred bytes.
//
// A wrong option or pattern is returned at once. What goes wrong with a file is its source's problem, and no error while
// following; with NoFollow it is returned as [logline.SourceError].
func Follow(ctx context.Context, paths []string, o Options, sink Sink) error {
	files, patterns, err := expand(paths)
	if err != nil {
		return err
	}
	if o.NoFollow && len(files) == 0 && len(patterns) > 0 {
		return &logline.SourceError{Name: strings.Join(patterns, " "), Err: errors.New("no such file")}
	}
	if o.Reasons == nil {
		o.Reasons = logline.NewReasons()
	}
	readers := min(max(2, runtime.GOMAXPROCS(0)), 8)
	all, err := newFollowing(o, sink, patterns, readers)
	if err != nil {
		return err
	}
	all.add(files, paths)
	group, running := safego.WithContext(ctx)
	work := make(chan *follower, readers)
	for range readers {
		group.Go(func() error { return all.read(running, work) })
	}
	if len(patterns) > 0 && !o.NoFollow {
		group.Go(func() error {
			all.search(running)
			return nil
		})
	}
	group.Go(func() error {
		defer close(work)
		return all.dispatch(running, group, work)
	})
	err = group.Wait()
	if errors.Is(err, errAllRead) {
		err = nil
	}
	return errors.Join(err, all.finish(err == nil))
}

// errAllRead ends the readers where nothing is followed.
var errAllRead = errors.New("all files are read")

// expand returns the files that paths name now, and those of paths that are patterns.
func expand(paths []string) (files, patterns []string, err error) {
	for _, path := range paths {
		if !isPattern(path) {
			files = append(files, path)
			continue
		}
		found, err := filepath.Glob(path)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", path, err)
		}
		patterns = append(patterns, path)
		files = append(files, found...)
	}
	slices.Sort(files)
	return slices.Compact(files), patterns, nil
}

// isPattern reports whether a path names files by a pattern.
func isPattern(path string) bool { return strings.ContainsAny(path, "*?[") }

// search looks for files of the patterns now and then, less often where that takes long.
func (a *following) search(ctx context.Context) {
	timer := time.NewTimer(rescan)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		began := time.Now()
		files, _, err := expand(a.patterns)
		timer.Reset(max(rescan, rescanShare*time.Since(began)))
		if err != nil { // they were patterns at the start
			continue
		}
		select {
		case a.found <- files:
		case <-ctx.Done():
			return
		}
	}
}

// reading is a follower that a reader has finished with for now.
type reading struct {
	f    *follower
	more bool // of what is already there waits
	gone bool
	own  bool // it had a reader of its own
}

// read serves followers, with one workspace for all of them.
func (a *following) read(ctx context.Context, work <-chan *follower) error {
	space, err := newWorkspace(a.options)
	if err != nil {
		return err
	}
	for f := range work {
		select {
		case a.done <- a.serve(ctx, f, space, time.Now()):
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// serve lets a follower read.
func (a *following) serve(ctx context.Context, f *follower, space *workspace, now time.Time) reading {
	f.pump.lend(space)
	more := f.run(ctx, now)
	gone := !more && f.place.leaves && !f.finished && f.isGone()
	f.rest()
	return reading{f: f, more: more, gone: gone}
}

// dispatch hands followers to readers when they are due, until ctx is done or all is read.
func (a *following) dispatch(ctx context.Context, group *safego.Group, work chan<- *follower) error {
	changes, problems := a.watch.changes()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		now := time.Now()
		for a.free > 0 {
			f := a.schedule.next(now)
			if f == nil {
				break
			}
			a.free--
			work <- f // there are as many places as readers
		}
		if a.options.NoFollow && a.unfinished == 0 {
			return errAllRead
		}
		if timer.Stop(); a.free > 0 {
			timer.Reset(a.schedule.wait(now))
		}
		select {
		case <-ctx.Done():
			return nil
		case r := <-a.done:
			a.took(r, time.Now())
			if r.f.place.lane == lanePipe && !r.own {
				piped, cancel := context.WithCancel(ctx)
				r.f.place.cancel = cancel
				group.Go(func() error {
					defer cancel()
					return a.pipe(piped, ctx, r.f)
				})
			}
		case files := <-a.found:
			a.matched(files)
		case change := <-changes:
			a.changed(change, time.Now())
		case _, ok := <-problems:
			if ok { // changes were lost
				a.hastenAll(time.Now())
			}
		case <-timer.C:
		}
	}
}

// pipe reads a named pipe, as a stream that outlives its writers, until its own context or that of all is done.
func (a *following) pipe(own, all context.Context, f *follower) error {
	if err := f.stream(own); err != nil {
		return err
	}
	select {
	case a.done <- reading{f: f, own: true}:
	case <-all.Done():
	}
	return nil
}
