package tracker

import (
	"runtime"
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
