package terminal

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
)

// randomPicture is a picture with styles, wide characters and combining marks, as a dashboard might draw it.
func randomPicture(r *rand.Rand, w, h int) Picture {
	pieces := []string{"errtop", "  ", "✖ failing", "▁▂▃▇█", "日本語", "é", "0.4", "│", "👩‍🚀", "kling"}
	rows := make([]string, h)
	for y := range rows {
		var row strings.Builder
		for range r.IntN(w/3 + 1) {
			fmt.Fprintf(&row, "\x1b[%dm%s\x1b[m", []int{0, 1, 7, 31, 90}[r.IntN(5)], pieces[r.IntN(len(pieces))])
		}
		rows[y] = row.String()
	}
	return Picture{Rows: strings.Join(rows, "\n"), W: w, H: h}
}

func TestEveryPictureEndsUpOnTheScreenWhateverStoodThereBefore(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s := NewScreen(nil, colorprofile.TrueColor, false)
	for i := range 400 {
		p := randomPicture(r, 80, 24)
		if i%7 == 0 { // another size
			p = randomPicture(r, 1+r.IntN(250), 1+r.IntN(70))
		}
		s.Next(p)
		fresh := NewScreen(nil, colorprofile.TrueColor, false)
		fresh.Next(p)
		if got, want := s.cells.Render(), fresh.cells.Render(); got != want {
			t.Fatalf("after others the picture is\n%s\ninstead of\n%s", got, want)
		}
		if again := s.Next(p); len(again) != 0 {
			t.Fatalf("the same picture took %q", again)
		}
	}
}

// A terminal that claims to be 65535 by 65535 used to cost 849 MB.
func TestASizeThatNobodyCanLookAtIsBounded(t *testing.T) {
	for size, want := range map[[2]int][2]int{
		{0, 0}: {80, 24}, {-1, 50}: {80, 24}, {120, 40}: {120, 40}, {65535, 65535}: {MaxWidth, MaxHeight}, {65535, 20}: {MaxWidth, 20}, {20, 65535}: {20, MaxHeight},
	} {
		if w, h := Bounded(size[0], size[1]); w != want[0] || h != want[1] {
			t.Fatalf("%v is drawn as %d by %d, want %v", size, w, h, want)
		}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s := NewScreen(nil, colorprofile.TrueColor, false)
	w, h := Bounded(65535, 65535)
	s.Next(randomPicture(rand.New(rand.NewPCG(1, 2)), w, h))
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(s)
	if got := int64(after.HeapAlloc) - int64(before.HeapAlloc); got > 100<<20 {
		t.Errorf("the largest screen keeps %d MB", got>>20)
	} else {
		t.Logf("the largest screen keeps %d MB", got>>20)
	}
}

// The title that a window had before comes back, also where the screen is taken more than once.
func TestTheTitleIsKeptAndGivenBack(t *testing.T) {
	s := NewScreen([]string{"TERM=xterm-256color"}, colorprofile.TrueColor, false)
	for range 2 {
		enter := string(s.Enter())
		shown := string(s.Next(Picture{Rows: "x", W: 1, H: 1, Title: "errtop"}))
		leave := string(s.Leave())
		if !strings.Contains(enter, "\x1b[22;2t") || !strings.Contains(shown, "\x1b]2;errtop\a") || !strings.Contains(leave, "\x1b]2;\a\x1b[23;2t") {
			t.Errorf("%q, %q, %q", enter, shown, leave)
		}
	}
	silent := NewScreen([]string{"TERM=linux"}, colorprofile.TrueColor, false)
	if text := string(silent.Enter()) + string(silent.Next(Picture{Rows: "x", W: 1, H: 1, Title: "errtop"})) + string(silent.Leave()); strings.Contains(text, "t\x1b") || strings.Contains(text, "]2;") {
		t.Errorf("a silent terminal got %q", text)
	}
}
