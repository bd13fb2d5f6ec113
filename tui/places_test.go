package tui

import (
	"testing"

	"errtop/tracker"
)

// fleetOf returns a snapshot of two places, of which eu-1 has the target kling alone, and us-1 flux/dev.
func fleetOf(t *testing.T) *tracker.Snapshot {
	t.Helper()
	snap := incident()
	alone := func(place, target string) *tracker.Snapshot {
		out := *snap
		out.Targets, out.Incidents = nil, nil
		for _, of := range snap.Targets {
			if of.Name == target {
				shown := *of
				shown.Places = []tracker.Place{{Name: "eu-1"}, {Name: "us-1"}}
				out.Targets = append(out.Targets, &shown)
			}
		}
		out.Fleet = &tracker.Fleet{Agents: 2, Heard: 2, Places: []string{"eu-1", "us-1"}, Alone: place}
		return &out
	}
	pictures := map[string]*tracker.Snapshot{"eu-1": alone("eu-1", "kling"), "us-1": alone("us-1", "flux/dev")}
	snap.Fleet = &tracker.Fleet{Agents: 2, Heard: 2, Places: []string{"eu-1", "us-1"}, Picture: func(place string) *tracker.Snapshot { return pictures[place] }}
	return snap
}

// A filter by one place shows that place's own figures and says so; with other terms beside it, and until it is cleared.
func TestAPlaceIsShownAlone(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 50}} {
		u := visit(t, size[0], size[1], fleetOf(t)).sees("kling", "flux/dev").lacks("alone")
		u.press("/").write("place:us").press("enter").sees("FILTER place:us  figures of us-1 alone", "flux/dev").lacks("▌ ✖ kling")
		u.press("enter").sees("of us-1 alone, as the filter asks", "PLACES").press("esc")
		u.press("esc").sees("kling", "flux/dev").lacks("alone")
		u.press("/").write("place:eu-1 target:kling").press("enter").sees("figures of eu-1 alone; 0 of 1 hidden", "kling")
	}
}

// What does not name one place is shown of all of them, and says so.
func TestAFilterByPlacesSaysWhoseFiguresItShows(t *testing.T) {
	for _, text := range []string{"place:1", "!place:eu-1", "place:ap", `=place == "eu-1"`} {
		u := visit(t, 120, 40, fleetOf(t)).press("/").write(text).press("enter").sees("figures of all 2 places").lacks("alone")
		u.press("esc").lacks("figures of")
	}
	visit(t, 120, 40, fleetOf(t)).press("/").write("target:kling").press("enter").lacks("figures of")
}
