package tracker

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// TestTheFirstOpeningIsKeptWhoeverLooksWhen plays an outage of three hours, in which a breaker makes hundreds of trials, with
// snapshots at other moments each time: the first opening stays, and all pictures are one.
func TestTheFirstOpeningIsKeptWhoeverLooksWhen(t *testing.T) {
	var want *Snapshot
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 1))
		tr := live()
		end := noon.Add(4 * time.Hour)
		for at := noon; at.Before(end); at = at.Add(5 * time.Second) {
			status := 200
			if since := at.Sub(noon); since >= 30*time.Minute && since < 210*time.Minute {
				status = 503
			}
			tr.Record(at, []Result{traffic(at, "a", status), traffic(at, "b", status)})
			if seed > 0 && r.IntN(200) < int(seed)*40 {
				tr.Snapshot(at)
			}
		}
		s := tr.Snapshot(end)
		if want == nil {
			want = s
		}
		if !reflect.DeepEqual(s.Breakers, want.Breakers) || !reflect.DeepEqual(s.find("a").Breakers, want.find("a").Breakers) {
			t.Errorf("seed %d: another picture: %d events, want %d", seed, len(s.Breakers), len(want.Breakers))
		}
	}
	opened := noon.Add(30*time.Minute + 20*time.Second)
	if first := want.Breakers[0]; first.From != BreakerClosed || !first.At.Equal(opened) {
		t.Errorf("first event: %+v", first)
	}
	story := want.find("a").Breakers[0].Transitions
	if len(want.Breakers) > eventsKept || len(story) > storyKept || story[0].From != BreakerClosed || !story[0].At.Equal(opened) {
		t.Errorf("%d events, story of %d begins %+v", len(want.Breakers), len(story), story[0])
	}
}

// TestAClientThatGaveUpSaysNothingOfABreaker: an upstream that times out and clients that do not wait for that are one outage.
func TestAClientThatGaveUpSaysNothingOfABreaker(t *testing.T) {
	for _, gone := range []int{499, 460} {
		tr := live()
		gate := tr.Gate("g")
		for i := range 12 {
			at := noon.Add(time.Duration(i) * time.Second)
			x := traffic(at, "t", 504)
			if i%3 == 2 {
				x = traffic(at, "t", gone)
			}
			tr.Record(at, []Result{x})
			if generation, ok := gate.Allow(at); ok {
				gate.Observe(generation, &x, at)
			}
		}
		s := tr.Snapshot(noon.Add(12 * time.Second))
		if b := s.find("t").Breakers[0]; b.State != BreakerOpen || b.Role != RoleObserved {
			t.Errorf("%d: observed %s", gone, b.State)
		}
		if b := s.find("g").Breakers[0]; b.State != BreakerOpen {
			t.Errorf("%d: gate %s", gone, b.State)
		}
	}
}
