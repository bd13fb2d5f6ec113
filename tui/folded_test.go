package tui

import (
	"testing"

	"errtop/tracker"
)

func TestFoldedGroupsSayHowManyTheyStandFor(t *testing.T) {
	for _, c := range []struct {
		text   string
		folded int
		want   string
	}{
		{"bucket {any} does not exist", 143, "bucket {any of 143} does not exist"},
		{"/files/{any}/thumb", 100, "/files/{any of 100}/thumb"},
		{"bucket {any} does not exist", 0, "bucket {any} does not exist"}, // somebody's own words
		{"no space left", 120, "no space left"},                           // the place is in the other text
	} {
		if got := withFolded(c.text, &tracker.Group{Folded: c.folded}); got != c.want {
			t.Errorf("%q of %d: %q, want %q", c.text, c.folded, got, c.want)
		}
	}
}
