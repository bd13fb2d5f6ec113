package tui

import (
	"strings"
	"testing"
	"time"

	"errtop/internal/config"
	"errtop/internal/engine"
	"errtop/internal/recording"
	"errtop/tracker"
)

// fakePlayer is a player that only notes what it is told.
type fakePlayer struct {
	course Course
	sought []time.Time
}

func (p *fakePlayer) Pause()            { p.course.Paused = !p.course.Paused }
func (p *fakePlayer) Faster()           { p.course.Speed *= 2 }
func (p *fakePlayer) Slower()           { p.course.Speed /= 2 }
func (p *fakePlayer) Seek(to time.Time) { p.sought = append(p.sought, to) }
func (p *fakePlayer) Course() Course    { return p.course }

// filmed shows a moment of the demo's recording in every view.
func filmed(t *testing.T, p *engine.Playback, film *strings.Builder) {
	t.Helper()
	s := visit(t, 100, 30, nil, func(o *Options) { o.Player, o.Now = &fakePlayer{}, p.Now })
	for n := 0; !p.Ended(); n++ {
		if err := p.Step(); err != nil {
			t.Fatal(err)
		}
		s.m.Update(newsMsg{now: p.Now(), snap: p.Snapshot()})
		if n%300 == 0 {
			for _, view := range []string{"1", "2", "3", "4", "5", "6", "7"} {
				film.WriteString(s.press(view).ansi())
			}
			film.WriteString(s.press("1", "e").ansi())
			s.press("esc")
		}
	}
}

func TestAReplayShowsTheSamePicturesEachTime(t *testing.T) {
	tape, err := recording.OpenTape("../internal/engine/testdata/demo.ndjson.zst")
	if err != nil {
		t.Fatal(err)
	}
	defer tape.Close() //nolint:errcheck // only read from
	var films [2]strings.Builder
	for i := range films {
		filmed(t, engine.NewPlayback(config.Default(), tape, "demo"), &films[i])
	}
	if films[0].String() != films[1].String() || films[0].Len() < 100_000 {
		t.Errorf("%d bytes of pictures, then %d others", films[0].Len(), films[1].Len())
	}
}

func TestKeysControlAReplay(t *testing.T) {
	first := noon.Add(-2 * time.Hour)
	c := &fakePlayer{course: Course{First: first, Last: noon.Add(time.Hour), Speed: 60}}
	s := visit(t, 120, 40, incident(), func(o *Options) { o.Player = c })
	shows := func(text string) {
		t.Helper()
		if head, _, _ := strings.Cut(s.text(), "\n"); !strings.Contains(head, text) {
			t.Errorf("%q is not in %q", text, head)
		}
	}
	shows("replay 60x 14:32:07")
	s.press("space")
	shows("paused 60x 14:32:07")
	s.press("+", "+", "-", "space")
	shows("replay 120x 14:32:07")
	s.press("<", ">", "{", "}", "0")
	want := []time.Time{noon.Add(-time.Minute), noon.Add(time.Minute), noon.Add(-time.Hour), noon.Add(time.Hour), c.course.Last}
	for i := range want {
		if i >= len(c.sought) || !c.sought[i].Equal(want[i]) {
			t.Fatalf("sought %v, want %v", c.sought, want)
		}
	}
	c.course.Wanted, c.course.Reached = first.Add(time.Hour), first.Add(15*time.Minute)
	s.press("<") // from where it is going to
	if got := c.sought[len(c.sought)-1]; !got.Equal(c.course.Wanted.Add(-time.Minute)) {
		t.Errorf("sought %v", got)
	}
	shows("seeking 25 % 14:32:07")
	c.course.Wanted, c.course.Ended = time.Time{}, true
	s.press("down")
	shows("ended 14:32:07")
	if help := s.press("?").text(); !strings.Contains(help, "pause the replay") || strings.Contains(help, "acknowledge") {
		t.Error(help)
	}
	if help := visit(t, 120, 60, incident()).press("?").text(); strings.Contains(help, "play faster") {
		t.Error("help tells of a replay where there is none")
	}
}

func TestAReplayThatGoesBackShowsTheEarlierPicture(t *testing.T) {
	s := visit(t, 120, 40, incident(), func(o *Options) { o.Player = &fakePlayer{} })
	before := &tracker.Snapshot{Version: 1, At: noon.Add(-time.Hour)}
	s.m.Update(newsMsg{now: noon, snap: before})
	if s.m.shown != before || !s.m.clock.Equal(before.At) {
		t.Errorf("shows %v at %v", s.m.shown.At, s.m.clock)
	}
}
