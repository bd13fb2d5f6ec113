package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"errtop/internal/logline"
	"errtop/internal/safego"
)

const (
	pollWatched   = 500 * time.Millisecond // between looks where the system tells of changes
	pollUnwatched = 200 * time.Millisecond // between looks where it does not
	gather        = 40 * time.Millisecond  // waited after a change, so that a busy log is read in larger pieces
	rescan        = 5 * time.Second        // between searches for new files of a pattern
)

// Follow reads files, given by path or pattern ("/var/log/*.log"), from the start of the window on and goes on with what
// is written to them, until ctx is done; with NoFollow until all are read. Every file is a source of its own.
//
// Of a large file the newest hour comes first, then what the window holds before it; where the window begins before the
// file does, that is looked for in the rotations beside it, unless they are compressed, named themselves, or All is asked
// for. A file that is renamed, deleted,
// truncated, replaced or switched by a symbolic link is read to its end before its successor, so every line comes once;
// also where it was rotated several times between two looks, if the rotations stand beside it under the usual names
// ("access.log.1", "access.log-20260102") and are not compressed yet; what copytruncate copied before anybody read it is
// read from the copy, if it has such a name. What is lost is copytruncate's own loss, what was written between the copy and
// the truncation, and a file that was deleted, moved elsewhere or compressed before anybody looked, which is half a second
// at most. Files that do not exist yet are waited for. Compressed files are read once, whole.
//
// A wrong option or pattern is returned at once. What goes wrong with a file is its source's problem, and no error while
// following; with NoFollow it is returned as [SourceError].
func Follow(ctx context.Context, paths []string, o Options, sink Sink) error {
	if _, err := logline.NewDecoder(o.Options, time.Now()); err != nil {
		return err
	}
	files, patterns, err := expand(paths)
	if err != nil {
		return err
	}
	if o.NoFollow && len(files) == 0 && len(patterns) > 0 {
		return &logline.SourceError{Name: strings.Join(patterns, " "), Err: errors.New("no such file")}
	}
	group, ctx := safego.WithContext(ctx)
	all := following{ctx: ctx, options: o, sink: sink, watch: newWatch(!o.NoFollow), known: map[string]bool{}, group: group}
	all.start(files)
	if !o.NoFollow {
		group.Go(func() error {
			all.watch.run(ctx)
			return nil
		})
		if len(patterns) > 0 {
			group.Go(func() error {
				all.search(patterns)
				return nil
			})
		}
	}
	if err := group.Wait(); err != nil {
		return err // a panic of ours
	}
	return errors.Join(all.problems...)
}

// following is all that one call of Follow reads.
type following struct {
	ctx     context.Context // the call's own
	options Options
	sink    Sink
	watch   *watch
	known   map[string]bool // paths that were started
	group   *safego.Group

	mu       sync.Mutex
	problems []error
}

// start reads the files that are not read yet. Of a followed file's rotations, as "access.log*" names them, those that
// are there at first are read to their ends; what takes their place later was read when it was the followed file.
func (a *following) start(files []string) {
	first := len(a.known) == 0
	for _, path := range files {
		if a.known[path] {
			continue
		}
		a.known[path] = true
		is := func(other string) bool { return isRotation(path, other) }
		rotated := slices.ContainsFunc(files, is) || slices.ContainsFunc(slices.Collect(maps.Keys(a.known)), is)
		if rotated && !first {
			continue
		}
		named := func(other string) bool { return isRotation(other, path) }
		reaches := !rotated && !a.options.NoFollow && !a.options.All && !slices.ContainsFunc(files, named)
		a.group.Go(func() error {
			if err := a.followOne(path, rotated, reaches); err != nil {
				a.mu.Lock()
				defer a.mu.Unlock()
				a.problems = append(a.problems, err)
			}
			return nil // what is wrong with one file does not end the others
		})
	}
}

// expand returns the files that paths name now, and those of paths that are patterns.
func expand(paths []string) (files, patterns []string, err error) {
	for _, path := range paths {
		if !strings.ContainsAny(path, "*?[") {
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

// search starts files that appear under a pattern.
func (a *following) search(patterns []string) {
	ticker := time.NewTicker(rescan)
	defer ticker.Stop()
	for {
		select {
		case <-a.ctx.Done():
			return
		case <-ticker.C:
		}
		if files, _, err := expand(patterns); err == nil { // they were patterns at the start
			a.start(files)
		}
	}
}

// followOne reads one file until the call's context is done, or with NoFollow to its end.
func (a *following) followOne(path string, rotated, reaches bool) error {
	ctx, o := a.ctx, a.options
	f, err := newFollower(path, o, a.sink)
	if err != nil {
		return err
	}
	f.rotated, f.reaches = rotated, reaches
	defer f.close()
	if streamed, err := f.once(ctx); streamed || o.NoFollow {
		if err != nil && o.NoFollow {
			return &logline.SourceError{Name: path, Err: err}
		}
		return nil
	}
	changed, every := a.watch.add(path)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		for f.step(time.Now()) {
			if ctx.Err() != nil {
				break
			}
		}
		select {
		case <-ctx.Done():
			f.finish()
			return nil
		case <-ticker.C:
			continue
		case <-changed:
		}
		select { // let a busy writer write more
		case <-ctx.Done():
		case <-time.After(gather):
		}
	}
}
