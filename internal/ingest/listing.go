package ingest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	largeListing = 1000 // names: a folder with more is not listed for each file in it
	listingShare = 50   // such a list serves for so many times as long as it took
)

// listings are what is in the folders of followed files. Where thousands of files are rotated at once, their folder is not
// listed for each of them. It may be used by several readers.
type listings struct {
	mu      sync.Mutex
	folders map[string]*listing
}

// listing is what was in a folder.
type listing struct {
	names []string // sorted
	at    time.Time
	took  time.Duration
}

// beside returns the paths in a path's folder that start with it and go on.
func (l *listings) beside(path string) []string {
	folder, base := filepath.Split(path)
	names := l.names(folder)
	first, _ := slices.BinarySearch(names, base)
	var found []string
	for _, name := range names[first:] {
		if !strings.HasPrefix(name, base) {
			break
		}
		if len(name) > len(base) {
			found = append(found, folder+name)
		}
	}
	return found
}

// forget has a path's folder listed anew.
func (l *listings) forget(path string) {
	folder, _ := filepath.Split(path)
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.folders, folder)
}

// names returns the sorted names in a folder; none where it cannot be read.
func (l *listings) names(folder string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if known := l.folders[folder]; known != nil && time.Since(known.at) < listingShare*known.took {
		return known.names
	}
	began := time.Now()
	dir, err := os.Open(filepath.Clean(folder))
	if err != nil {
		return nil
	}
	defer dir.Close() //nolint:errcheck // only read from
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil
	}
	slices.Sort(names)
	delete(l.folders, folder)
	if took := time.Since(began); len(names) > largeListing {
		if l.folders == nil || len(l.folders) >= maxListings {
			l.folders = map[string]*listing{}
		}
		l.folders[folder] = &listing{names: names, at: time.Now(), took: took}
	}
	return names
}

// maxListings bounds the folders whose lists are kept.
const maxListings = 16
