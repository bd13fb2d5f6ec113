package tracker

import (
	"maps"
	"math/rand/v2"
	"testing"
	"time"
)

// naive is the reference API's own tracker: a list that shifts.
type naive struct{ errors []Failure }

func (n *naive) track(f Failure) {
	n.errors = append(n.errors, f)
	if len(n.errors) > 100 {
		n.errors = append(n.errors[:0], n.errors[1:]...)
	}
}

func (n *naive) stats(now time.Time) (total, lastHour int, byStatus map[Outcome]uint64) {
	byStatus = map[Outcome]uint64{}
	for i := range n.errors {
		if now.UnixMilli()-n.errors[i].Time.UnixMilli() < 3600000 {
			lastHour++
			byStatus[n.errors[i].Outcome()]++
		}
	}
	return len(n.errors), lastHour, byStatus
}

func TestRingEqualsTheNaiveListToTheMillisecond(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		ring, list, now := newRing(100), &naive{}, noon
		for range r.IntN(400) {
			now = now.Add(time.Duration(r.Int64N(int64(2 * time.Minute))))
			f := Failure{Result: randomResult(r, now.Add(-time.Duration(r.Int64N(int64(time.Second)<<r.IntN(14)))))}
			switch r.IntN(50) {
			case 0:
				f.Time = time.Time{}
			case 1:
				f.Time = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
			case 2:
				f.Time = now.Add(-time.Hour).Add(time.Duration(r.IntN(3)-1) * time.Millisecond)
			}
			ring.push(&f)
			list.track(f)
			if r.IntN(3) == 0 {
				continue
			}
			if r.IntN(60) == 0 {
				now = now.Add(-time.Duration(r.Int64N(int64(48 * time.Hour))))
			}
			total, lastHour, byStatus := list.stats(now)
			got := ring.stats(now)
			counts := map[Outcome]uint64{}
			for _, c := range got.ByStatus {
				counts[c.Outcome] = c.Count
			}
			if got.Total != total || got.LastHour != lastHour || !maps.Equal(counts, byStatus) {
				t.Fatalf("got %+v, want %d, %d, %v", got, total, lastHour, byStatus)
			}
		}
	}
}
