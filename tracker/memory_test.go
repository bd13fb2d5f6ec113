package tracker

import (
	"runtime"
	"strconv"
	"testing"
	"time"
)

// TestADayOfTrafficFitsInMemory fills a tracker with 24 h of traffic on every target and measures what it holds.
// Bars: 1000 targets 100 MB, 50 targets 12 MB; what a target holds does not depend on how many there are, so a tenth of the
// first is filled here.
func TestADayOfTrafficFitsInMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const targets, bar = 100, 10e6
	before := heap()
	tr := live()
	now := filled(tr, targets, 24*time.Hour, 20*time.Second)
	tr.Snapshot(now)
	used := heap() - before
	t.Logf("%d targets: %.1f MB", targets, float64(used)/1e6)
	if used > bar {
		t.Errorf("%d targets hold %.1f MB, want at most %.0f", targets, float64(used)/1e6, bar/1e6)
	}
	runtime.KeepAlive(tr)
}

// heap returns the bytes in use after a collection.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestCountersOfARareTargetAreShared probes many targets in turn: those that have no result at the moment hold no counters of
// latencies of their own.
func TestCountersOfARareTargetAreShared(t *testing.T) {
	tr := New(Settings{MaxTargets: 5000})
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for i := range 5000 {
		at = at.Add(3 * time.Millisecond)
		tr.Record(at, []Result{{Time: at, Target: "t" + strconv.Itoa(i), Status: 200, Latency: time.Millisecond, Origin: OriginProbe}})
		if i%30 == 0 {
			tr.Snapshot(at)
		}
	}
	tr.Snapshot(at)
	own := 0
	for _, tg := range tr.targets {
		if tg.open.dense != nil {
			own++
		}
	}
	if spare := len(tr.spare.free); own > 0 || spare > 64 {
		t.Errorf("%d targets hold counters, %d are spare", own, spare)
	}
}
