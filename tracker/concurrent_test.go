package tracker

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// TestEveryMethodMayBeCalledFromAnyGoroutine is for the race detector; it also counts that nothing was lost.
func TestEveryMethodMayBeCalledFromAnyGoroutine(t *testing.T) {
	tr := live()
	for i := range 40 { // so that the past is put together in several goes
		tr.Record(noon, []Result{traffic(noon, fmt.Sprint("quiet", i), 500)})
	}
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			gate := tr.Gate(fmt.Sprint("t", worker%2))
			for i := range 200 {
				now := noon.Add(time.Duration(i) * 100 * time.Millisecond)
				x := traffic(now, fmt.Sprint("t", i%3), 200+300*(i%2))
				x.Breaker = BreakerClosed
				tr.Record(now, []Result{x})
				generation, ok := gate.Allow(now)
				if ok {
					gate.Observe(generation, &x, now)
				}
				switch i % 20 {
				case 0:
					tr.Snapshot(now)
				case 5:
					tr.SnapshotAt(now, now.Add(-time.Minute))
				case 10:
					tr.UpdateSource(now, Source{Name: "log", Live: true, Lines: uint64(i)})
					tr.AddTargets(now, TargetInfo{Name: "t1", URL: "u", Interval: time.Second})
				case 15:
					tr.State(now, Part{})
					_, stop := tr.Watch()
					stop()
				}
			}
		})
	}
	wg.Wait()
	if s := tr.Snapshot(noon.Add(20 * time.Second)); s.Overall.Hour.Requests != 840 {
		t.Errorf("%d requests, want 840", s.Overall.Hour.Requests)
	}
}
