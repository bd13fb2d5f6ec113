package tui

import (
	"fmt"
	"testing"
	"time"

	"errtop/internal/terminal"
	"errtop/tracker"

	"github.com/charmbracelet/colorprofile"
)

// crowd is a snapshot of n targets with a full ring.
func crowd(n int) *tracker.Snapshot {
	s := incident()
	four := s.Targets
	s.Targets = nil
	for i := range n {
		t := *four[i%4]
		t.Name = fmt.Sprintf("%s-%03d", t.Name, i)
		s.Targets = append(s.Targets, &t)
	}
	for len(s.Errors) < 100 {
		e := s.Errors[len(s.Errors)%40]
		e.Seq = uint64(200 + len(s.Errors))
		s.Errors = append(s.Errors, e)
	}
	return s
}

// The bar: at most 1 ms and 200 allocations with 50 targets, and 2 ms with 1000.
func BenchmarkAPictureAfterAChange(b *testing.B) {
	for _, n := range []int{50, 1000} {
		b.Run(fmt.Sprint(n, "targets"), func(b *testing.B) {
			s := visit(b, 200, 50, crowd(n))
			b.ReportAllocs()
			for i := range b.N {
				s.m.clock = noon.Add(time.Duration(i) * time.Second)
				s.m.dirty = true
				_ = s.m.View()
			}
		})
	}
}

// The same for the lists, with the detail beside them.
func BenchmarkAListAfterAChange(b *testing.B) {
	for i, name := range viewNames[1:] {
		b.Run(name, func(b *testing.B) {
			s := visit(b, 200, 50, crowd(50)).press(fmt.Sprint(i + 2))
			b.ReportAllocs()
			for b.Loop() {
				s.m.dirty = true
				_ = s.m.View()
			}
		})
	}
}

// The bar: at most 50 µs.
func BenchmarkAPictureWithoutAChange(b *testing.B) {
	s := visit(b, 200, 50, crowd(50))
	_ = s.m.View()
	b.ReportAllocs()
	for b.Loop() {
		_ = s.m.View()
	}
}

// All that a new snapshot costs: to take it in, to draw it, and to find the bytes to send.
func BenchmarkASnapshotToBytes(b *testing.B) {
	s := visit(b, 200, 50, nil)
	out := terminal.NewScreen(nil, colorprofile.TrueColor, false)
	two := [2]*tracker.Snapshot{crowd(50), crowd(50)}
	two[1].Targets[0].Activity.FiveMinutes.Requests++
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.m.news(newsMsg{now: noon, snap: two[i%2]})
		s.m.dirty = true
		p, _ := s.m.picture()
		_ = out.Next(p)
	}
}

func TestAPictureOfFiftyTargetsMakesFewAllocations(t *testing.T) {
	s := visit(t, 200, 50, crowd(50))
	_ = s.m.View()
	got := testing.AllocsPerRun(20, func() {
		s.m.clock = s.m.clock.Add(time.Second)
		s.m.dirty = true
		_ = s.m.View()
	})
	if got > 200 {
		t.Errorf("%v allocations; the bar is 200", got)
	}
	t.Logf("%v allocations", got)
	if got := testing.AllocsPerRun(20, func() { _ = s.m.View() }); got > 0 {
		t.Errorf("%v allocations though nothing has changed", got)
	}
}
