package serve

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"errtop/tracker"
)

// counted counts the snapshots that are taken of it.
type counted struct {
	*tracker.ErrorTracker
	taken atomic.Int64
}

func (c *counted) Snapshot(now time.Time) *tracker.Snapshot {
	c.taken.Add(1)
	return c.ErrorTracker.Snapshot(now)
}

// Ten viewers that came at different times cost one snapshot a refresh, and one that does not look holds up nobody.
func TestTenViewersCostOneSnapshotARefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := &counted{ErrorTracker: tracker.New(tracker.Settings{})}
		shared := NewShared(engine, time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _ = shared.Run(ctx) }()
		go func() {
			for ctx.Err() == nil {
				engine.Record(time.Now(), []tracker.Result{{Time: time.Now(), Target: "a", Status: 500, Kind: tracker.KindServer}})
				time.Sleep(10 * time.Millisecond)
			}
		}()
		_, stop := shared.Watch() // never looks
		defer stop()
		var looked [10]int
		for i := range looked {
			go func() {
				time.Sleep(time.Duration(i) * 137 * time.Millisecond)
				changed, stop := shared.Watch()
				defer stop()
				for {
					select {
					case <-ctx.Done():
						return
					case <-changed:
						shared.Snapshot(time.Now())
						looked[i]++
						time.Sleep(time.Second)
					}
				}
			}()
		}
		time.Sleep(time.Minute)
		cancel()
		synctest.Wait()
		if n := engine.taken.Load(); n < 55 || n > 62 {
			t.Errorf("%d snapshots in a minute", n)
		}
		for i, n := range looked {
			if n < 55 {
				t.Errorf("viewer %d looked %d times in a minute", i, n)
			}
		}
		time.Sleep(2 * time.Second) // the others end
	})
}
