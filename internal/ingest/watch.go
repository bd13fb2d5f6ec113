package ingest

import (
	"path/filepath"
	"slices"

	"github.com/fsnotify/fsnotify"
)

// watch knows which followers a change in a folder concerns. It is the dispatcher's.
type watch struct {
	events  *fsnotify.Watcher // nil if the system can't tell
	byName  map[string][]*follower
	folders map[string]*watchedFolder
}

// watchedFolder is a folder that followed files are in.
type watchedFolder struct {
	followers int
	live      bool // the system reports its changes
}

// newWatch returns a watch, or one that is never told of anything.
func newWatch(wanted bool) *watch {
	w := &watch{byName: map[string][]*follower{}, folders: map[string]*watchedFolder{}}
	if wanted {
		if events, err := fsnotify.NewWatcher(); err == nil {
			w.events = events
		}
	}
	return w
}

// changes returns what the system tells: nil channels where it can't.
func (w *watch) changes() (<-chan fsnotify.Event, <-chan error) {
	if w.events == nil {
		return nil, nil
	}
	return w.events.Events, w.events.Errors
}

func (w *watch) close() {
	if w.events != nil {
		_ = w.events.Close() // nothing to lose
	}
}

// add has changes of a follower's file told, those of what a symbolic link points to included. It may be called again.
func (w *watch) add(f *follower) {
	names := []string{filepath.Clean(f.path)}
	if f.place.target != "" {
		names = append(names, f.place.target)
	}
	if !slices.Equal(names, f.place.names) {
		w.remove(f)
		f.place.names = names
		for _, name := range names {
			w.byName[name] = append(w.byName[name], f)
			folder := filepath.Dir(name)
			if w.folders[folder] == nil {
				w.folders[folder] = &watchedFolder{}
			}
			w.folders[folder].followers++
			f.place.folders = append(f.place.folders, folder)
		}
	}
	for _, folder := range f.place.folders {
		if watched := w.folders[folder]; !watched.live && w.events != nil {
			watched.live = w.events.Add(folder) == nil
		}
	}
}

// remove ends what add began. A folder without followers is not watched any more.
func (w *watch) remove(f *follower) {
	for _, name := range f.place.names {
		if w.byName[name] = slices.DeleteFunc(w.byName[name], func(other *follower) bool { return other == f }); len(w.byName[name]) == 0 {
			delete(w.byName, name)
		}
	}
	for _, folder := range f.place.folders {
		watched := w.folders[folder]
		if watched.followers--; watched.followers > 0 {
			continue
		}
		if watched.live {
			_ = w.events.Remove(folder) // it may be deleted
		}
		delete(w.folders, folder)
	}
	f.place.names, f.place.folders = nil, nil
}

// covers reports whether the system reports a follower's changes.
func (w *watch) covers(f *follower) bool {
	return len(f.place.folders) > 0 && !slices.ContainsFunc(f.place.folders, func(folder string) bool { return !w.folders[folder].live })
}

// concerned returns the followers of a file that changed: those of that path, and those of one whose rotation it is.
func (w *watch) concerned(path string) []*follower {
	followers := w.byName[path]
	for i := len(path) - 1; i > 0 && path[i] != filepath.Separator; i-- {
		if rotated := w.byName[path[:i]]; len(rotated) > 0 && isRotation(path, path[:i]) {
			return slices.Concat(followers, rotated)
		}
	}
	return followers
}

// deleted notes that a path is gone: a folder with its name has to be watched anew once it is back.
func (w *watch) deleted(path string) {
	if watched := w.folders[path]; watched != nil {
		watched.live = false
	}
}
