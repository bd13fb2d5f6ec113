package tracker

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// naive is the reference API's own tracker: a list that shifts.
type naive struct{ errors []Failure }

func (n *naive) track(f Failure) {
	n.errors = append(n.errors, f)
	if len(n.errors) > 100 {
		n.errors = n.errors[1:]
	}
}

func (n *naive) stats(now time.Time) RingStats {
	s := RingStats{Total: len(n.errors)}
	for _, f := range n.errors {
		if now.UnixMilli()-f.Time.UnixMilli() < 3600000 {
			s.LastHour++
			s.ByStatus = addOutcome(s.ByStatus, f.Outcome(), 1)
		}
	}
	sortOutcomes(s.ByStatus)
	return s
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
			if got, want := ring.stats(now), list.stats(now); !reflect.DeepEqual(got, want) {
				t.Fatalf("got %+v, want %+v", got, want)
			}
		}
	}
}
