package tui

import (
	"fmt"
	"testing"
	"time"

	"errtop/tracker"
)

// TestEveryViewMakesFewAllocationsAfterAChange takes in a snapshot that differs from the one before and draws it, for every
// view and every page at 200×50 with 50 targets and a full ring. The bar is 200 for the picture; what it takes to sort and
// filter the new snapshot is in there.
func TestEveryViewMakesFewAllocationsAfterAChange(t *testing.T) {
	two := [2]*tracker.Snapshot{crowd(50), crowd(50)}
	for i := range two[1].Targets {
		two[1].Targets[i].Activity.FiveMinutes.Requests += 7
		two[1].Targets[i].Activity.Minutes[59].Errors += 3
		two[1].Targets[i].Activity.Minute.Latency.P95 += time.Millisecond
	}
	two[1].Overall.Minutes[59].Errors += 40
	views := map[string][]string{
		"error": {"2", "enter"}, "group": {"3", "enter"}, "target": {"4", "j", "enter"}, "breaker": {"5", "enter"}, "source": {"7", "j", "enter"},
		"help": {"?"}, "filtered": {"2", "/", "5", "enter"},
	}
	for i, name := range viewNames {
		views[name] = []string{fmt.Sprint(i + 1)}
	}
	views["second target"] = []string{"4", "j"}
	for name, keys := range views {
		s, now := visit(t, 200, 50, two[0]).press(keys...), noon
		i := 0
		draw := func() {
			i++
			now = now.Add(2 * time.Second)
			s.m.news(newsMsg{now: now, snap: two[i%2]})
			_ = s.m.View()
		}
		draw()
		got := testing.AllocsPerRun(20, draw)
		if got > 200 {
			t.Errorf("%s: %v allocations; the bar is 200", name, got)
		}
		t.Logf("%s: %v allocations", name, got)
	}
}
