//go:build unix

package engine

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
	"time"

	"errtop/tracker"
)

// footprint is what a process holds on to.
type footprint struct {
	heap                    uint64
	goroutines, descriptors int
}

func footprintNow() (f footprint) {
	runtime.GC()
	runtime.GC() // what finalizers let go of
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	f.heap, f.goroutines = m.HeapAlloc, runtime.NumGoroutine()
	for _, folder := range [...]string{"/proc/self/fd", "/dev/fd"} {
		if entries, err := os.ReadDir(folder); err == nil {
			f.descriptors = len(entries)
			break
		}
	}
	return f
}

// TestThreeDaysTakeNoMoreThanOne lives through 72 hours with a store, in virtual time: memory grows by at most a megabyte a day after the first
// one and a half, and there are no more goroutines and descriptors. What is scaled: ten results a second stand for a thousand, and the state is
// kept every two minutes and not every twelve seconds; targets, kinds of failures, hours and incidents are as many as in earnest.
func TestThreeDaysTakeNoMoreThanOne(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	const (
		step      = 2 * time.Minute
		perSecond = 10
		targets   = 50
	)
	c := newClocked(t, clockStart)
	r := rand.New(rand.NewPCG(7, 2))
	batch := make([]tracker.Result, int(step/time.Second)*perSecond)
	var half footprint
	for elapsed := time.Duration(0); elapsed < 72*time.Hour; elapsed += step {
		outage := elapsed%(9*time.Hour) < 20*time.Minute
		for i := range batch {
			x := tracker.Result{
				Time: c.now.Add(time.Duration(i) * step / time.Duration(len(batch))), Target: fmt.Sprintf("service-%d", r.IntN(targets)), Source: "log",
				Method: "GET", Route: fmt.Sprintf("/v1/items/%d", r.IntN(5)), Status: 200, Latency: time.Duration(float64(20*time.Millisecond) * (1 + r.ExpFloat64())),
			}
			if r.IntN(100) == 0 || outage && x.Target == "service-7" {
				x.Status, x.Kind, x.Message = 503, tracker.KindServer, fmt.Sprintf("upstream %d did not answer request %x", r.IntN(8), r.Uint64())
			}
			batch[i] = x
		}
		c.now = c.now.Add(step)
		c.tracker.Record(c.now, batch)
		c.storing.tick(t.Context(), c.now)
		if elapsed == 36*time.Hour {
			half = footprintNow()
		}
	}
	end := footprintNow()
	perDay := (float64(end.heap) - float64(half.heap)) / 1.5 / (1 << 20)
	t.Logf("after 36 hours %d KB, %d goroutines, %d descriptors; after 72 hours %d KB, %d, %d: %.2f MB a day", half.heap>>10, half.goroutines, half.descriptors, end.heap>>10, end.goroutines, end.descriptors, perDay)
	if perDay > 1 || end.goroutines > half.goroutines || end.descriptors > half.descriptors {
		t.Errorf("%+v became %+v", half, end)
	}
	if problem := c.problem(); problem != "" {
		t.Error(problem)
	}
}
