package tui

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"errtop/tracker"
)

func TestTenThousandResultsASecondCostAtMostTenPictures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		tr := tracker.New(tracker.Settings{})
		changed, stop := tr.Watch()
		defer stop()
		f := &feed{ctx: ctx, engine: tr, changed: changed, now: time.Now, refresh: 100 * time.Millisecond}
		const seconds = 3
		go func() {
			batch := make([]tracker.Result, 100)
			for range seconds * 100 {
				time.Sleep(10 * time.Millisecond)
				for i := range batch {
					batch[i] = tracker.Result{Time: time.Now(), Target: "flux", Status: 200}
				}
				tr.Record(time.Now(), batch)
			}
		}()
		pictures, shown := 0, uint64(0)
		var last *tracker.Snapshot
		for begun, taken := time.Now(), time.Now(); time.Since(begun) < seconds*time.Second; {
			news, ok := f.next(last, taken)().(newsMsg)
			if !ok {
				t.Fatal("no news")
			}
			if news.snap != nil {
				pictures, taken, shown, last = pictures+1, news.now, news.snap.Overall.Hour.Requests, news.snap
			}
		}
		if pictures > seconds*10+1 || // the first comes sooner
			pictures < seconds*5 {
			t.Errorf("%d pictures in %d s, want at most ten a second, and not none", pictures, seconds)
		}
		if want := uint64(seconds * 9_000); shown < want {
			t.Errorf("the last picture counts %d results, want at least %d", shown, want)
		}
	})
}

func TestTheFirstResultIsShownSooner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := tracker.New(tracker.Settings{})
		changed, stop := tr.Watch()
		defer stop()
		f := &feed{ctx: t.Context(), engine: tr, changed: changed, now: time.Now, refresh: time.Second}
		first := f.take()
		tr.Record(time.Now(), []tracker.Result{{Time: time.Now(), Target: "flux", Status: 200}})
		second := f.next(first.snap, first.now)().(newsMsg)
		if waited := second.now.Sub(first.now); waited != 100*time.Millisecond || len(second.snap.Targets) != 1 {
			t.Errorf("after %v", waited)
		}
		tr.Record(time.Now(), []tracker.Result{{Time: time.Now(), Target: "flux", Status: 200}})
		third := f.next(second.snap, second.now)().(newsMsg)
		for third.snap == nil {
			third = f.next(second.snap, second.now)().(newsMsg)
		}
		if waited := third.now.Sub(second.now); waited != time.Second {
			t.Errorf("then after %v", waited)
		}
	})
}
