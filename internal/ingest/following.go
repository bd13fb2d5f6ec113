package ingest

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"

	"errtop/internal/logline"
	"errtop/tracker"
)

// maxLeft bounds the positions of gone files that are kept, in case one is back.
const maxLeft = 1000

// following is all that one call of [Follow] reads. But for done, found and listings, it is the dispatcher's.
type following struct {
	options  Options
	sink     Sink
	patterns []string
	model    *workspace // whose decoder every follower's is a sibling of

	schedule schedule
	watch    *watch
	files    map[string]*follower // by path
	passed   map[string]bool      // paths that are there and not read any more
	left     map[string]Position  // where files were left that are gone
	leftList []string             // their paths, the oldest first

	free       int // readers
	unfinished int // followers
	restless   int // followers whose changes the watch missed lately
	problems   []error

	listings listings // the readers' too

	done  chan reading
	found chan []string
}

// newFollowing returns what reads files for so many readers.
func newFollowing(o Options, sink Sink, patterns []string, readers int) (*following, error) {
	model, err := newWorkspace(o)
	if err != nil {
		return nil, err
	}
	a := &following{
		options: o, sink: sink, patterns: patterns, model: model, free: readers, watch: newWatch(!o.NoFollow),
		files: map[string]*follower{}, passed: map[string]bool{}, left: map[string]Position{},
		done: make(chan reading, readers), found: make(chan []string),
	}
	a.schedule.most = max(1, readers-1)
	if o.NoFollow {
		a.schedule.most = readers
	}
	return a, nil
}

// add starts files, in order, that are not read yet; those in named go on when their file is gone. Of a followed file's
// rotations, as "access.log*" names them, those that are there at first are read to their ends; what takes their place
// later was read when it was the followed file.
func (a *following) add(files, named []string) {
	first := len(a.files)+len(a.passed) == 0
	why := errorLogs(files)
	if len(why) > 0 && a.options.Reasons != nil {
		a.options.Reasons.Expect()
	}
	for _, path := range files {
		if a.files[path] != nil || a.passed[path] {
			continue
		}
		rotated := a.isRotated(path, files)
		if rotated && (!first || a.options.resumesBase(path)) {
			a.passed[path] = true
			continue
		}
		f := &follower{path: path, rotated: rotated, options: a.options, listings: &a.listings, pump: newPumpIn(a.model, path, a.options, a.sink)}
		f.tellPlaces()
		f.reaches = !rotated && !a.options.NoFollow && !a.options.All && !hasRotation(path, files)
		f.place.leaves = !slices.Contains(named, path)
		if at, ok := a.left[path]; ok {
			f.options.Resume = func(string) (Position, bool) { return at, true }
		}
		a.files[path] = f
		a.unfinished++
		if !a.options.NoFollow {
			a.watch.add(f)
		}
		due := time.Time{}
		if len(why) > 0 && !why[path] {
			due = time.Now().Add(errorsFirst)
		}
		a.schedule.add(f, due)
	}
}

const (
	errorsFirst  = 100 * time.Millisecond // by which error logs are read before the logs that count their requests
	maxErrorLogs = 64                     // files that are looked into for that
)

// errorLogs returns which of a few files are error logs.
func errorLogs(files []string) map[string]bool {
	why := map[string]bool{}
	if len(files) < 2 || len(files) > maxErrorLogs {
		return why
	}
	for _, path := range files {
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			continue
		}
		file, err := openLog(path)
		if err != nil {
			continue // told when it is read
		}
		head, err := readAt(file, make([]byte, 256), 0)
		_ = file.Close() // only read from
		if err == nil && logline.IsErrorLog(head) {
			why[path] = true
		}
	}
	return why
}

// isRotated reports whether a path is the rotation of a file that is read, or in sorted files.
func (a *following) isRotated(path string, files []string) bool {
	for i := 1; i < len(path)-1; i++ {
		if base := path[:i]; isRotation(path, base) {
			if _, found := slices.BinarySearch(files, base); found || a.files[base] != nil || a.passed[base] {
				return true
			}
		}
	}
	return false
}

// hasRotation reports whether sorted files hold a rotation of path.
func hasRotation(path string, files []string) bool {
	for _, separator := range rotationSeparators {
		first := path + string(separator)
		for i, _ := slices.BinarySearch(files, first+"0"); i < len(files) && files[i] < first+":"; i++ {
			if isRotation(files[i], path) {
				return true
			}
		}
	}
	return false
}

// matched handles a new search of the patterns: it starts new files and checks those that are no longer there.
func (a *following) matched(files []string) {
	a.add(files, nil)
	for path, f := range a.files {
		if _, found := slices.BinarySearch(files, path); found || !f.place.leaves {
			continue
		}
		switch {
		case f.finished:
			a.leave(f)
		case f.place.cancel != nil:
			f.place.cancel()
		default:
			a.schedule.hasten(f, time.Now())
		}
	}
	for path := range a.passed {
		if _, found := slices.BinarySearch(files, path); !found {
			delete(a.passed, path)
		}
	}
}

// changed handles a file system event.
func (a *following) changed(change fsnotify.Event, now time.Time) {
	path := filepath.Clean(change.Name)
	concerned := a.watch.concerned(path)
	for _, f := range concerned {
		a.schedule.hasten(f, now.Add(gather))
	}
	if change.Has(fsnotify.Remove) || change.Has(fsnotify.Rename) {
		a.watch.deleted(path)
	}
	if len(concerned) == 0 && change.Has(fsnotify.Create) && a.matches(path) {
		a.add([]string{path}, nil)
	}
}

// matches reports whether a path is one of a pattern's.
func (a *following) matches(path string) bool {
	return slices.ContainsFunc(a.patterns, func(pattern string) bool {
		is, err := filepath.Match(pattern, path)
		return is && err == nil
	})
}

// hastenAll has every file looked at soon.
func (a *following) hastenAll(now time.Time) {
	for _, f := range a.files {
		a.schedule.hasten(f, now.Add(gather))
	}
}

// took takes back what a reader had.
func (a *following) took(r reading, now time.Time) {
	f := r.f
	if !r.own {
		a.free++
		a.schedule.took(f)
	}
	switch {
	case f.finished || r.own:
		a.unfinished--
		f.finished, f.place.running = true, false
		if f.problem != nil && a.options.NoFollow && !f.pump.onlyReasons() {
			a.problems = append(a.problems, &logline.SourceError{Name: f.path, Err: logline.PlainError(f.problem)})
		}
		return
	case f.place.lane == lanePipe:
		return
	case r.gone:
		f.place.running = false
		a.unfinished--
		f.finished = true
		a.leave(f)
		return
	case a.options.NoFollow:
		a.schedule.add(f, now)
		return
	}
	a.settle(f, now)
	due := f.nextLook(now)
	switch {
	case r.more:
		due = now
	case f.place.woken:
		due = now.Add(gather)
	}
	f.place.told = f.place.woken
	f.place.woken = false
	a.schedule.add(f, due)
}

// settle decides how often a follower is looked at where nothing reports changes.
func (a *following) settle(f *follower, now time.Time) {
	if f.place.target != f.target || !a.watch.covers(f) {
		f.place.woken = f.place.woken || f.place.target != f.target // what was written before it was watched
		f.place.target = f.target
		a.watch.add(f)
	}
	grown := f.pump.health.BytesRead != f.place.bytes
	missed := grown && f.place.rested && !f.place.told && !f.place.woken && a.watch.covers(f)
	wasRestless := !f.place.restless.IsZero()
	switch {
	case missed:
		f.place.restless = now.Add(time.Minute)
	case now.After(f.place.restless):
		f.place.restless = time.Time{}
	}
	if isRestless := !f.place.restless.IsZero(); isRestless && !wasRestless {
		a.restless++
	} else if wasRestless && !isRestless {
		a.restless--
	}
	f.place.bytes, f.place.rested = f.pump.health.BytesRead, f.place.rested || !grown
	switch {
	case !f.place.restless.IsZero():
		f.interval = max(pollUnwatched, time.Duration(a.restless)*pollPerFile)
	case a.watch.covers(f):
		f.interval = max(pollWatched, time.Duration(len(a.files))*pollPerFile)
	default:
		f.interval = max(pollUnwatched, time.Duration(len(a.files))*pollPerFile)
	}
}

// leave lets go of a file that is gone. Should it come back, moved away and here again, it is read on.
func (a *following) leave(f *follower) {
	a.watch.remove(f)
	delete(a.files, f.path)
	if !f.place.restless.IsZero() {
		a.restless--
	}
	if _, err := os.Lstat(f.path); err == nil {
		a.passed[f.path] = true
	}
	if at := f.last; len(at.Head) > 0 {
		if len(a.leftList) >= maxLeft {
			delete(a.left, a.leftList[0])
			a.leftList = a.leftList[1:]
		}
		if _, known := a.left[f.path]; !known {
			a.leftList = append(a.leftList, f.path)
		}
		a.left[f.path] = at
	}
	f.close()
	f.pump.health.State, f.pump.health.Problem, f.pump.health.Live = tracker.SourceGone, "", false
	a.sink.report(&f.pump.health)
}

// finish ends what is still followed and returns what went wrong with files that were to be read once. Nothing is read any
// more.
func (a *following) finish(inOrder bool) error {
	a.watch.close()
	for path, f := range a.files {
		if f.finished && f.pump.onlyReasons() && f.problem != nil && f.pump.verdict() != nil {
			a.problems = append(a.problems, &logline.SourceError{Name: path, Err: logline.PlainError(f.problem)})
		}
	}
	for _, f := range a.files {
		if !f.finished && inOrder {
			f.pump.lend(a.model)
			f.finish()
			f.rest()
		}
		f.close()
	}
	return errors.Join(a.problems...)
}
