package terminal

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
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

// after is a picture that follows p: another one, one of another size, p with a row changed, rows moved, or drawn anew.
func after(r *rand.Rand, p Picture) Picture {
	rows := strings.Split(p.Rows, "\n")
	p.Redraw = false
	switch r.IntN(8) {
	case 0:
		return randomPicture(r, p.W, p.H)
	case 1:
		return randomPicture(r, 1+r.IntN(250), 1+r.IntN(70))
	case 2:
		p.Redraw = true
	case 3, 4:
		for range 1 + r.IntN(3) {
			rows[r.IntN(len(rows))] = strings.Split(randomPicture(r, p.W, 1).Rows, "\n")[0]
		}
	case 5: // some rows make place for others
		from, fresh := r.IntN(len(rows)), strings.Split(randomPicture(r, p.W, 1+r.IntN(3)).Rows, "\n")
		rows = slices.Insert(rows, from, fresh...)
		if to := from + len(fresh) + r.IntN(len(rows)-from-len(fresh)+1); to+len(fresh) <= len(rows) {
			rows = slices.Delete(rows, to, to+len(fresh))
		}
	case 6:
		from := r.IntN(len(rows))
		rows = slices.Delete(rows, from, min(from+1+r.IntN(3), len(rows)))
		for len(rows) < p.H {
			rows = append(rows, "below")
		}
	default: // a few characters
		for range 1 + r.IntN(5) {
			y := r.IntN(len(rows))
			rows[y] = strings.Replace(rows[y], []string{"errtop", "▁", "é", "日", "4", "k"}[r.IntN(6)], []string{"errtip", "▂", "e", "本", "5", " "}[r.IntN(6)], 1)
		}
	}
	p.Rows = strings.Join(rows[:p.H], "\n")
	return p
}

func TestEveryPictureEndsUpOnTheScreenWhateverStoodThereBefore(t *testing.T) {
	for _, env := range [][]string{nil, {"TERM=xterm-256color"}, {"TERM=linux"}, {"TERM=vt100"}} {
		for _, crlf := range []bool{false, true} {
			r := rand.New(rand.NewPCG(1, 2))
			s := NewScreen(env, colorprofile.TrueColor, false)
			e := newEmulator(t, 80, 24)
			p := randomPicture(r, 80, 24)
			for range 150 {
				p = after(r, p)
				if p.W != e.w || p.H != e.h {
					e = newEmulator(t, p.W, p.H)
				}
				e.crlf, s.crlf = crlf, crlf
				e.obey(s.Next(p))
				e.shows(p)
				p.Redraw = false
				if again := s.Next(p); len(again) != 0 {
					t.Fatalf("the same picture took %q", again)
				}
			}
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
	if got := int64(after.HeapAlloc) - int64(before.HeapAlloc); got > 4<<20 {
		t.Errorf("the largest screen keeps %d KB", got>>10)
	} else {
		t.Logf("the largest screen keeps %d KB", got>>10)
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

// A list that got a row on top and lost one at its end takes about that row.
func TestRowsThatMoveAreMovedNotDrawn(t *testing.T) {
	rows := make([]string, 24)
	for y := range rows {
		rows[y] = fmt.Sprintf("%d: %s", y, strings.Repeat(string(rune('a'+y)), 70))
	}
	for name, move := range map[string]func() []string{
		"down": func() []string { return slices.Insert(slices.Delete(slices.Clone(rows), 20, 21), 4, "new") },
		"up":   func() []string { return slices.Insert(slices.Delete(slices.Clone(rows), 4, 5), 20, "new") },
	} {
		s := NewScreen([]string{"TERM=xterm-256color"}, colorprofile.TrueColor, false)
		e := newEmulator(t, 80, 24)
		e.obey(s.Next(Picture{Rows: strings.Join(rows, "\n"), W: 80, H: 24}))
		p := Picture{Rows: strings.Join(move(), "\n"), W: 80, H: 24}
		out := s.Next(p)
		e.obey(out)
		e.shows(p)
		if len(out) > 40 {
			t.Errorf("%s: %d bytes: %q", name, len(out), out)
		}
	}
}

// What a screen holds is eight bytes a cell and the rows: a hundred people may look at one process.
func TestAScreenHoldsLittle(t *testing.T) {
	const screens = 20
	held := make([]*Screen, screens)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range held {
		held[i] = NewScreen(nil, colorprofile.TrueColor, false)
		held[i].Next(randomPicture(r, 160, 45))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(held)
	if each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / screens; each > 200<<10 {
		t.Errorf("a screen of 160 by 45 holds %d KB", each>>10)
	} else {
		t.Logf("a screen of 160 by 45 holds %d KB", each>>10)
	}
}
