package engine

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"errtop/internal/config"
	"errtop/internal/recording"
	"errtop/tracker"
)

// tapeOf writes a recording of so long a time, with so many results a second of so many targets, and opens it.
func tapeOf(t testing.TB, span time.Duration, perSecond, targets int) *recording.Tape {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.ndjson")
	r := rand.New(rand.NewPCG(4, 2))
	first := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	var b strings.Builder
	fmt.Fprintf(&b, `{"errtop":"recording","version":1,"at":%q}`+"\n", first.Format(time.RFC3339Nano))
	for i := range int(span/time.Second) * perSecond {
		at := first.Add(time.Duration(i) * time.Second / time.Duration(perSecond))
		status, kind, message := 200, "ok", ""
		if r.IntN(50) == 0 || i/perSecond > 1200 && i/perSecond < 1800 && r.IntN(3) == 0 {
			status, kind, message = 503, "server", "upstream did not answer"
		}
		fmt.Fprintf(&b, `{"ts":%q,"target":"t%d","status":%d,"kind":%q,"message":%q,"duration_ms":%.1f}`+"\n", at.Format(time.RFC3339Nano), r.IntN(targets), status, kind, message, 20+50*r.ExpFloat64())
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	tape, err := recording.OpenTape(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tape.Close() })
	return tape
}

// BenchmarkSeekBack goes back by a minute at the end of an hour of 200 results a second over 50 targets. Bar: a second.
func BenchmarkSeekBack(b *testing.B) {
	tape := tapeOf(b, time.Hour, 200, 50)
	p := NewPlayback(config.Default(), tape, "a")
	for !p.Ended() {
		if err := p.Step(); err != nil {
			b.Fatal(err)
		}
	}
	end := p.Now()
	for b.Loop() {
		p.Back(end.Add(-time.Minute))
		for p.Now().Before(end.Add(-time.Minute)) {
			if err := p.Step(); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// picture is all that a snapshot says, but for the version.
func picture(t *testing.T, s *tracker.Snapshot) string {
	t.Helper()
	shown := *s
	shown.Version = 0
	text, err := json.Marshal(&shown)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestGoingBackShowsWhatWasShown plays a recording, and goes back and forth: each moment is as it was when it was played from the start.
func TestGoingBackShowsWhatWasShown(t *testing.T) {
	t.Parallel()
	span, rate := 50*time.Minute, 20
	if testing.Short() {
		span, rate = 35*time.Minute, 5
	}
	tape := tapeOf(t, span, rate, 7)
	p := NewPlayback(config.Default(), tape, "a")
	start := p.Now()
	pictures := map[time.Time]string{}
	for !p.Ended() {
		if err := p.Step(); err != nil {
			t.Fatal(err)
		}
		if p.Now().Sub(start)%(30*time.Second) == 0 {
			pictures[p.Now()] = picture(t, p.Snapshot())
		}
	}
	if len(p.states.list) < 10 {
		t.Fatalf("%d states were kept", len(p.states.list))
	}
	r := rand.New(rand.NewPCG(1, 9))
	for range 12 {
		to := start.Add(time.Duration(1+r.IntN(len(pictures)-1)) * 30 * time.Second)
		if to.Before(p.Now()) {
			from := p.Now()
			if p.Back(to); p.Now().After(to) || from.Sub(to) > statesEvery && to.Sub(p.Now()) > statesEvery {
				t.Fatalf("from %v back to %v went to %v", from, to, p.Now())
			}
		}
		for p.Now().Before(to) {
			if err := p.Step(); err != nil {
				t.Fatal(err)
			}
		}
		if now := picture(t, p.Snapshot()); now != pictures[to] {
			i := 0
			for i < min(len(now), len(pictures[to])) && now[i] == pictures[to][i] {
				i++
			}
			t.Fatalf("%v after the start it is not what it was:\n%.300s\n%.300s", to.Sub(start), now[max(i-100, 0):], pictures[to][max(i-100, 0):])
		}
	}
}

// TestKeptStatesStayWithinTheirRoom keeps large states for a day.
func TestKeptStatesStayWithinTheirRoom(t *testing.T) {
	p := NewPlayback(config.Default(), tapeOf(t, time.Minute, 1, 1), "a")
	s := &playbackStates{every: statesEvery}
	for i := range 400 {
		s.list = append(s.list, playbackState{at: p.Now().Add(time.Duration(i) * s.every), packed: make([]byte, 1<<20)})
		for s.bytes += 1 << 20; s.bytes > statesMost; {
			s.thin()
		}
		if total := len(s.list) << 20; total > statesMost || total != s.bytes {
			t.Fatalf("%d bytes, counted as %d", total, s.bytes)
		}
	}
	last := s.list[len(s.list)-1].at
	if kept, ok := s.before(last.Add(time.Second)); !ok || !kept.at.Equal(last) {
		t.Error("the newest went")
	}
	if _, ok := s.before(s.list[0].at.Add(-1)); ok {
		t.Error("there is one before the first")
	}
}
