package ingest

import "time"

// IsLeft reports whether a position is one of the file that a path names, or of one beside it that had the name before.
func IsLeft(path string, at Position) bool {
	left := append([]Position{{Head: at.Head, Offset: at.Offset}}, at.Older...)
	fits := func(r *rotation) bool {
		for i := range left {
			if r.fits(&left[i]) {
				return true
			}
		}
		return false
	}
	if file, err := openLog(path); err == nil {
		defer file.Close() //nolint:errcheck // only read from
		if fits(&rotation{file: file}) {
			return true
		}
	}
	f := follower{path: path, listings: &listings{folders: map[string]*listing{}}}
	found := false
	for _, r := range append(f.rotations(time.Time{}, fits), f.packedRotations()...) {
		found = found || fits(&r)
		_ = r.file.Close() // only read from
	}
	return found
}
