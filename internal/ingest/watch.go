package ingest

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// watch wakes followers when something changes in the folders of their files. Where the system can't tell, followers look
// more often instead.
type watch struct {
	events *fsnotify.Watcher // nil where the system can't tell

	mu      sync.Mutex
	folders map[string][]chan struct{}
}

// newWatch returns a watch, or one that never wakes anybody.
func newWatch(wanted bool) *watch {
	w := &watch{folders: map[string][]chan struct{}{}}
	if wanted {
		if events, err := fsnotify.NewWatcher(); err == nil {
			w.events = events
		}
	}
	return w
}

// add returns the channel that receives after a change near path, and how often to look without one.
func (w *watch) add(path string) (changed <-chan struct{}, every time.Duration) {
	c := make(chan struct{}, 1)
	if w.events == nil {
		return c, pollUnwatched
	}
	folders := []string{filepath.Dir(path)}
	if target, err := filepath.EvalSymlinks(path); err == nil && filepath.Dir(target) != folders[0] {
		folders = append(folders, filepath.Dir(target))
	}
	every = pollWatched
	for _, folder := range folders {
		if w.events.Add(folder) != nil {
			every = pollUnwatched
			continue
		}
		w.mu.Lock()
		w.folders[folder] = append(w.folders[folder], c)
		w.mu.Unlock()
	}
	return c, every
}

// run hands changes on until ctx is done.
func (w *watch) run(ctx context.Context) {
	if w.events == nil {
		return
	}
	defer w.events.Close() //nolint:errcheck // nothing to lose
	for {
		select {
		case <-ctx.Done():
			return
		case event, ok := <-w.events.Events:
			if !ok {
				return
			}
			w.wake(filepath.Dir(event.Name))
		case _, ok := <-w.events.Errors: // changes were lost; the next look finds them
			if !ok {
				return
			}
		}
	}
}

// wake tells the followers of a folder, without waiting for any.
func (w *watch) wake(folder string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.folders[folder] {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
