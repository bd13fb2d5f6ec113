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
		f := &feed{ctx: ctx, tracker: tr, changed: changed, now: time.Now, refresh: 100 * time.Millisecond}
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
		for begun, taken := time.Now(), time.Now(); time.Since(begun) < seconds*time.Second; {
			news, ok := f.next(taken)().(newsMsg)
			if !ok {
				t.Fatal("no news")
			}
			if news.snap != nil {
				pictures, taken, shown = pictures+1, news.now, news.snap.Overall.Hour.Requests
			}
		}
		if pictures > seconds*10 || pictures < seconds*5 {
			t.Errorf("%d pictures in %d s, want at most ten a second, and not none", pictures, seconds)
		}
		if want := uint64(seconds * 9_000); shown < want {
			t.Errorf("the last picture counts %d results, want at least %d", shown, want)
		}
	})
}
