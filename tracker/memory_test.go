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

// TestAProbedTargetHoldsLittle probes a thousand targets every 30 s for five minutes, with latencies that vary much. The bar of ten thousand
// targets is 150 MB for the process.
func TestAProbedTargetHoldsLittle(t *testing.T) {
	const targets, bar = 1000, 10_500
	before := heap()
	tr := New(Settings{MaxTargets: targets + 1})
	now, infos := noon, make([]TargetInfo, targets)
	for i := range infos {
		infos[i] = TargetInfo{Name: "target-" + strconv.Itoa(i), URL: "http://127.0.0.1/", Interval: 30 * time.Second}
	}
	tr.AddTargets(now, infos...)
	var snap *Snapshot
	for second := range 300 {
		now = now.Add(time.Second)
		var batch []Result
		for i := second % 30; i < targets; i += 30 {
			latency := time.Duration(5000+(i*7919+second*1301)%330_000) * time.Microsecond
			batch = append(batch, Result{Time: now, Target: infos[i].Name, Status: 200, Origin: OriginProbe, Latency: latency})
		}
		tr.Record(now, batch)
		snap = tr.Snapshot(now)
	}
	each := (heap() - before) / targets
	t.Logf("a target holds %d bytes", each)
	if each > bar {
		t.Errorf("a target holds %d bytes, want at most %d", each, bar)
	}
	runtime.KeepAlive(tr)
	runtime.KeepAlive(snap)
}

// TestGroupsHoldLittle lets 4000 groups of errors come again and again for an hour. The bar of such a process is 40 MB beside its program.
func TestGroupsHoldLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const groups, bar = 4000, 25e6
	before := heap()
	tr := live()
	now := noon
	var snap *Snapshot
	for second := range 3600 {
		now = now.Add(time.Second)
		batch := make([]Result, 20)
		for i := range batch {
			g := (second*len(batch) + i) % groups
			worker := string([]byte{'a' + byte(g/40%26), 'a' + byte(g/40/26)})
			batch[i] = Result{
				Time: now, Target: "target-" + strconv.Itoa(g%40), Method: "POST", Route: "/v1/" + worker + "/things", Status: 500, Kind: KindServer,
				Error: "Generation failed", Message: "the worker " + worker + " did not answer, request " + strconv.Itoa(second),
			}
		}
		tr.Record(now, batch)
		if second%5 == 0 {
			snap = tr.Snapshot(now)
		}
	}
	used := heap() - before
	t.Logf("%d groups: %.1f MB", len(snap.Groups), float64(used)/1e6)
	if len(snap.Groups) != groups || used > bar {
		t.Errorf("%d groups hold %.1f MB, want at most %.0f", len(snap.Groups), float64(used)/1e6, bar/1e6)
	}
	runtime.KeepAlive(tr)
}
