package demo

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestTheLimitLiftsWhenItSaysSo(t *testing.T) {
	l := newLimiter(time.Minute)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	end := now.Add(time.Minute)
	for _, c := range []struct {
		after time.Duration
		owner string
		left  int
		reset time.Time
		ok    bool
	}{
		{0, "a", 1, end, true},
		{time.Second, "a", 0, end, true},
		{2 * time.Second, "a", 0, end, false},
		{2 * time.Second, "b", 1, now.Add(62 * time.Second), true}, // a key of its own, a window of its own
		{time.Minute - 1, "a", 0, end, false},
		{time.Minute, "a", 1, end.Add(time.Minute), true},
	} {
		left, reset, ok := l.take(c.owner, 2, now.Add(c.after))
		if left != c.left || !reset.Equal(c.reset) || ok != c.ok {
			t.Errorf("%s after %v: %d left until %v, %v; want %d until %v, %v", c.owner, c.after, left, reset, ok, c.left, c.reset, c.ok)
		}
	}
}

func TestNoWindowHoldsMoreThanItsLimit(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	l := newLimiter(time.Minute)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	granted := map[time.Time]int{} // by the window's end
	refused := 0
	for range 5000 {
		now = now.Add(time.Duration(r.Int64N(int64(4 * time.Second))))
		left, reset, ok := l.take("a", 25, now)
		if !reset.After(now) || reset.Sub(now) > time.Minute {
			t.Fatalf("at %v the window ends at %v", now, reset)
		}
		if !ok {
			refused++
			if granted[reset] != 25 {
				t.Fatalf("refused with %d of 25 used", granted[reset])
			}
			continue
		}
		granted[reset]++
		if granted[reset]+left != 25 {
			t.Fatalf("%d used and %d left of 25", granted[reset], left)
		}
	}
	if refused == 0 {
		t.Error("nothing was refused: the load was too small to show anything")
	}
}
