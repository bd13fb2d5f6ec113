package engine

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"errtop/tracker"
)

// viewer takes a snapshot after each change, at most once in a refresh, as a screen does.
type viewer struct {
	seen    []*tracker.Snapshot
	notices []string
}

func (v *viewer) look(ctx context.Context, e *Engine, refresh time.Duration) {
	changed, unwatch := e.Watch()
	defer unwatch()
	notices, unsubscribe := e.Notices()
	defer unsubscribe()
	for {
		select {
		case <-ctx.Done():
			return
		case text := <-notices:
			v.notices = append(v.notices, text)
		case <-changed:
			v.seen = append(v.seen, e.Snapshot(time.Now()))
			time.Sleep(refresh) // of the bubble's clock
		}
	}
}

func TestTwoViewersOfOneEngineShareTheirSnapshotsAndMissNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		burst := func(ctx context.Context, in Intake) error {
			for range 100 {
				select {
				case <-ctx.Done():
					return nil
				case <-time.After(7 * time.Millisecond):
					in.Emit(failure("flux"))
				}
			}
			in.engine.Notice("a hundred")
			return nil
		}
		e := newEngine(t, burst)
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		var first, second viewer
		done := make(chan struct{}, 2)
		for _, v := range []*viewer{&first, &second} {
			go func() { v.look(ctx, e, 100*time.Millisecond); done <- struct{}{} }()
		}
		if err := e.Run(ctx); err != nil {
			t.Error(err)
		}
		<-done
		<-done
		if !slices.Equal(first.seen, second.seen) || len(first.seen) < 5 || len(first.seen) > 10 {
			t.Errorf("one viewer took %d snapshots, the other %d, and they are not the same 5 to 10", len(first.seen), len(second.seen))
		}
		for _, v := range []viewer{first, second} {
			last := v.seen[len(v.seen)-1]
			if last.Overall.Hour.Errors != 100 {
				t.Errorf("a viewer last saw %d errors of 100", last.Overall.Hour.Errors)
			}
			if !slices.Equal(v.notices, []string{"a hundred"}) {
				t.Errorf("a viewer was told %q", v.notices)
			}
		}
	})
}

// A viewer that comes between two refreshes of another gets its snapshot, and is woken for what that one lacks.
func TestAViewerThatWasGivenAnOlderSnapshotIsWokenForTheNewer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		in := e.intake()
		in.Health(tracker.Source{Name: "test", State: tracker.SourceReading, Live: true})
		in.Emit(failure("flux"))
		changed, stop := e.Watch()
		defer stop()
		before := e.Snapshot(time.Now())
		time.Sleep(40 * time.Millisecond)
		in.Emit(failure("flux"))
		<-changed
		if e.Snapshot(time.Now()) != before {
			t.Error("the snapshot is not shared")
		}
		began := time.Now()
		<-changed
		if waited := time.Since(began); waited != 60*time.Millisecond {
			t.Errorf("woken after %v", waited)
		}
		if got := e.Snapshot(time.Now()).Overall.Hour.Errors; got != 2 {
			t.Errorf("%d errors", got)
		}
		time.Sleep(time.Hour)
		select {
		case <-changed:
			t.Error("woken where nothing has changed")
		default:
		}
	})
}

func TestNoticesReachEveryViewerAndTheLastFewThoseThatComeLater(t *testing.T) {
	e := newEngine(t)
	early, stop := e.Notices()
	defer stop()
	stalled, stopStalled := e.Notices()
	defer stopStalled()
	var told []string
	for n := range 100 {
		text := fmt.Sprint("notice ", n)
		e.Notice(text)
		told = append(told, <-early)
	}
	if told[0] != "notice 0" || told[99] != "notice 99" {
		t.Errorf("told %q", told)
	}
	late, stopLate := e.Notices()
	defer stopLate()
	if got := len(late); got != noticesKept {
		t.Errorf("a late viewer is told %d", got)
	}
	if got := <-late; got != "notice 95" {
		t.Errorf("a late viewer is first told %q", got)
	}
	if got := <-stalled; got != "notice 36" { // the newest 64 are left
		t.Errorf("a viewer that did not read is first told %q", got)
	}
	if len(stalled) != noticesWaiting-1 {
		t.Errorf("%d notices wait for it", len(stalled)+1)
	}
}

func TestWhatCameLastIsSeenAsSoonAsTheEngineHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, fill)
		e.options.EndWithSources = true
		e.intake().Emit(failure("veo"))
		e.Snapshot(time.Now())
		if err := e.Run(t.Context()); err != nil {
			t.Error(err)
		}
		if got := e.Snapshot(time.Now()).Overall.Hour.Errors; got != 2 {
			t.Errorf("%d errors of 2", got)
		}
	})
}
