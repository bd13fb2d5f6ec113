package tui

import (
	"strings"
	"testing"
	"time"

	"errtop/tracker"
)

func TestAStackTellsOutcomesApartByLetterAndSumsUpTheRest(t *testing.T) {
	snap := &tracker.Snapshot{}
	for i, status := range []int{429, 500, 503, 401, 404, 502, 504} {
		g := tracker.Group{ID: uint64(i), Target: "kling", Outcome: tracker.Outcome{Status: status, Kind: tracker.KindOf(status)}}
		g.Minutes[59] = uint32(20 - 2*i)
		g.Minutes[58] = 1
		snap.Groups = append(snap.Groups, &g)
	}
	snap.Groups = append(snap.Groups, &tracker.Group{ID: 99, Target: "veo", Outcome: tracker.Outcome{Kind: tracker.KindDNS}, Minutes: [60]uint32{59: 7}})
	layers := layersOf(snap, "kling")
	if len(layers) != layersShown || layers[0].outcome.Status != 429 || layers[4].letter != "+" || layers[4].total != 12+1+10+1+8+1 {
		t.Fatalf("%+v", layers)
	}
	got := unstyled(noon, time.UTC).drawn(60, 10, func(a area) { stack(a, layers, 15, chartEnd{at: noon, now: true}) })
	column := ""
	for line := range strings.SplitSeq(got, "\n") {
		if cells := []rune(line); len(cells) == 59 && !strings.Contains(line, "now") {
			column = string(cells[58:]) + column
		}
	}
	if column != "aabcdd++" && column != "aabbcd++" && column != "aabccd++" {
		t.Errorf("the newest minute reads %q from below:\n%s", column, got)
	}
	if !strings.Contains(got, "a 429 21  b 500 19  c 503 17  d 401 15  + others 33") {
		t.Errorf("the letters are not explained:\n%s", got)
	}
	if len(layersOf(snap, "")) != layersShown || len(layersOf(snap, "nobody")) != 0 {
		t.Error("the wrong groups were summed up")
	}
}
