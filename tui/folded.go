package tui

import (
	"strconv"
	"strings"

	"errtop/tracker"
)

// withFolded says in a route or message of a group that was folded how many others it stands for: "bucket {any of 143} does not
// exist". The text of other groups stays as it is.
func withFolded(text string, g *tracker.Group) string {
	if g.Folded == 0 {
		return text
	}
	return strings.Replace(text, tracker.Folded, strings.TrimSuffix(tracker.Folded, "}")+" of "+strconv.Itoa(g.Folded)+"}", 1)
}
