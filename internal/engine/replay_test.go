package engine

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"errtop/internal/config"
	"errtop/internal/recording"
	"errtop/tracker"
)

// demoTape opens the recording of the demo: 40 minutes with a deploy, an incident and a roll back.
func demoTape(t testing.TB) *recording.Tape {
	t.Helper()
	tape, err := recording.OpenTape(filepath.Join("testdata", "demo.ndjson.zst"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tape.Close() })
	return tape
}

// playAll plays to the end and returns the snapshot of every hundredth second.
func playAll(t *testing.T, p *Playback) (snaps []*tracker.Snapshot) {
	t.Helper()
	for n := 0; !p.Ended(); n++ {
		if err := p.Step(); err != nil {
			t.Fatal(err)
		}
		if n%100 == 0 || p.Ended() {
			snaps = append(snaps, p.Snapshot())
		}
	}
	return snaps
}

func TestAPlaybackIsTheSameEachTimeAlsoAfterGoingBack(t *testing.T) {
	p := NewPlayback(config.Default(), demoTape(t), "demo")
	first := playAll(t, p)
	p.Rewind()
	for i, again := range playAll(t, p) {
		again.Version = first[i].Version
		if !reflect.DeepEqual(first[i], again) {
			t.Fatalf("differs at %v", again.At)
		}
	}
	last := first[len(first)-1]
	if len(last.Incidents) == 0 || last.Incidents[0].Lead().Name != "flux/dev" || len(last.Marks) < 3 || last.Overall.Day.Requests < 15_000 || len(last.Sources) < 4 {
		t.Errorf("%d incidents, %d marks, %d requests, %d sources", len(last.Incidents), len(last.Marks), last.Overall.Day.Requests, len(last.Sources))
	}
}

// probes records a target that fails five times, is held back, and recovers; and returns what the gate of a live tracker says.
func probes(t *testing.T) (tape *recording.Tape, live *tracker.Target) {
	t.Helper()
	start := time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC)
	path := filepath.Join(t.TempDir(), "a")
	f, err := recording.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	e := recording.NewEncoder(nil)
	e.Header(start, recording.Header{Version: recording.Version, Name: "prod"})
	info := tracker.TargetInfo{Name: "pay", URL: "https://pay", Interval: 10 * time.Second}
	e.Target(start, info)
	tr := tracker.New(trackerSettings(config.Default()))
	tr.AddTargets(start, info)
	gate := tr.Gate("pay")
	for i := range 20 {
		at := start.Add(time.Duration(i+1) * 10 * time.Second)
		r := tracker.Result{Time: at, Target: "pay", Origin: tracker.OriginProbe, Status: 503, Kind: tracker.KindServer}
		generation, ok := gate.Allow(at)
		switch {
		case !ok:
			r.Status, r.Kind = 0, tracker.KindShortCircuit
		case i > 8:
			r.Status, r.Kind = 200, tracker.KindOK
		}
		if ok {
			gate.Observe(generation, &r, at)
		}
		tr.Record(at, []tracker.Result{r})
		e.Result(at, &r)
	}
	e.Mark(start.Add(time.Minute), tracker.Mark{At: start.Add(time.Minute), Text: "deploy"})
	e.Gone(start.Add(10*time.Minute), "nobody")
	if _, err := f.Write(e.Take(nil)); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if tape, err = recording.OpenTape(path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tape.Close() })
	return tape, tr.Snapshot(start.Add(10 * time.Minute)).Targets[0]
}

func TestThePlaybackOfProbesMovesTheirBreakersAsTheyMoved(t *testing.T) {
	tape, live := probes(t)
	p := NewPlayback(config.Default(), tape, "a")
	playAll(t, p)
	got := p.Snapshot()
	story := func(tg *tracker.Target) (s string) {
		for _, b := range tg.Breakers {
			s += fmt.Sprintln(b.Role, b.State, b.Opened, b.Skipped, b.Transitions)
		}
		return s
	}
	if a, b := story(got.Targets[0]), story(live); a != b || live.Breakers[0].Opened == 0 {
		t.Errorf("played\n%slive\n%s", a, b)
	}
	if got.LogTime || len(got.Marks) != 1 || !got.At.Equal(tape.Last()) || got.Targets[0].URL != "https://pay" {
		t.Errorf("%v of %v, marks %v", got.LogTime, got.At, got.Marks)
	}
}

func TestAReplayPlaysPausesGoesFasterAndToAnyMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tape, _ := probes(t)
		start := tape.First().Add(-time.Second) // where nothing was given yet
		r := NewReplay(NewPlayback(config.Default(), tape, "a"), time.Time{}, 1)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx) }()
		changed, stop := r.Watch()
		defer stop()
		shows := func(what string, want time.Duration) {
			t.Helper()
			synctest.Wait()
			if got := r.Now().Sub(start); got != want || !r.Snapshot(time.Now()).At.Equal(r.Now()) {
				t.Errorf("%s: at %v, want %v; the picture is of %v", what, got, want, r.Snapshot(time.Now()).At)
			}
		}
		time.Sleep(10 * time.Second)
		shows("played at 1x", 10*time.Second)
		if len(changed) != 1 {
			t.Error("viewers were not woken")
		}
		r.Faster()
		r.Faster()
		time.Sleep(2 * time.Second)
		shows("played at 5x", 20*time.Second)
		r.Pause()
		time.Sleep(time.Minute)
		shows("paused", 20*time.Second)
		r.Seek(start.Add(100 * time.Second))
		shows("sent ahead while paused", 100*time.Second)
		r.Seek(start.Add(5 * time.Second))
		shows("sent back", 5*time.Second)
		r.Seek(start.Add(-time.Hour))
		shows("sent before the start", 0)
		r.Slower()
		r.Pause()
		time.Sleep(5 * time.Second)
		shows("goes on at 2x", 10*time.Second)
		r.Seek(start.Add(24 * time.Hour))
		shows("sent beyond the end", tape.Last().Sub(start))
		if c := r.Course(); !c.Ended || c.Paused || c.Speed != 2 || !c.Last.Equal(tape.Last()) || !c.Wanted.IsZero() {
			t.Errorf("%+v", c)
		}
		r.Pause()
		shows("played again after its end", 0)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestAReplayCanBeginAtAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tape, _ := probes(t)
		at := tape.First().Add(3 * time.Minute)
		r := NewReplay(NewPlayback(config.Default(), tape, "a"), at, 60)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx) }()
		synctest.Wait()
		if !r.Now().Equal(at) {
			t.Errorf("begins at %v, not %v", r.Now(), at)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// A recording of hours is to be gone through in seconds.
func BenchmarkPlayback(b *testing.B) {
	tape := demoTape(b)
	b.ReportAllocs()
	for b.Loop() {
		p := NewPlayback(config.Default(), tape, "demo")
		for !p.Ended() {
			if err := p.Step(); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*tape.Len()), "µs/entry")
}
