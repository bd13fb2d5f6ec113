package demo

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

// week is how many cycles the promises about the script are checked over: a week of the world.
const week = uint64(7 * 24 * time.Hour / cycleLength)

func TestTheSeedAloneDecidesTheScript(t *testing.T) {
	differ := 0
	for cycle := range week {
		a, b, other := script{seed: 7}, script{seed: 7}, script{seed: 8}
		if !reflect.DeepEqual(a.incidents(cycle), b.incidents(cycle)) || !reflect.DeepEqual(a.mishaps(cycle), b.mishaps(cycle)) {
			t.Fatalf("cycle %d: the same seed tells two stories", cycle)
		}
		if !reflect.DeepEqual(a.incidents(cycle), other.incidents(cycle)) {
			differ++
		}
	}
	if differ != int(week) {
		t.Errorf("only %d of %d cycles differ between two seeds", differ, week)
	}
}

func TestEveryIncidentRecursAndQuietFollowsIt(t *testing.T) {
	for seed := range uint64(20) {
		s := script{seed: seed}
		for cycle := range week {
			incidents := s.incidents(cycle)
			seen := map[trouble]int{}
			const step = 5 * time.Second
			busy := 0
			start := time.Duration(cycle) * cycleLength
			for _, i := range incidents {
				seen[i.trouble]++
				if i.start < start || i.start >= i.end || i.end > start+cycleLength {
					t.Fatalf("seed %d cycle %d: %+v is not inside its cycle", seed, cycle, i)
				}
			}
			for at := start; at < start+cycleLength; at += step {
				if len(s.at(at).active) > 0 {
					busy++
				}
				if n := len(s.at(at).active); n > 1 && at >= slotLength {
					t.Fatalf("seed %d at %v: %d incidents at once after the opening", seed, at, n)
				}
			}
			if len(seen) != 4 {
				t.Errorf("seed %d cycle %d: of four sorts of trouble only %v", seed, cycle, seen)
			}
			if quiet := cycleLength - time.Duration(busy)*step; quiet < 8*time.Minute {
				t.Errorf("seed %d cycle %d: only %v of %v are quiet", seed, cycle, quiet, cycleLength)
			}
			if seed > 0 && cycle > 2 {
				break // the walk over a whole week is for one seed
			}
		}
	}
}

func TestAnOutageLastsTwoToThreeMinutesAndRecovers(t *testing.T) {
	s := script{seed: 1}
	for cycle := range week {
		for _, i := range s.incidents(cycle) {
			if i.trouble != outage {
				continue
			}
			if d := i.end - i.start; d < 2*time.Minute || d > 3*time.Minute {
				t.Errorf("cycle %d: an outage of %v", cycle, d)
			}
			for _, c := range []struct {
				at       time.Duration
				low, top float64
			}{
				{i.start - 1, 0, 0},
				{i.start, 1, 1},
				{i.end - recovery, 1, 1},
				{i.end - recovery/2, 0.45, 0.55},
				{i.end - 1, 0, 0.01},
				{i.end, 0, 0},
			} {
				if got := s.at(c.at).outage(i.where); got < c.low || got > c.top {
					t.Errorf("cycle %d: %v of the requests fail at %v of %+v, want %v to %v", cycle, got, c.at, i, c.low, c.top)
				}
			}
		}
	}
}

func TestASlowBurnOnlyRisesUntilItsRollback(t *testing.T) {
	i := script{seed: 3}.incidents(0)[3]
	if i.trouble != slowBurn {
		t.Fatalf("the fourth incident of the opening is %+v", i)
	}
	last := 0.0
	for at := i.start + time.Second; at < i.end; at += time.Second {
		got := script{seed: 3}.at(at).burn(i.where)
		if got < last || got <= 0 || got > burnPeak {
			t.Fatalf("at %v %v of the requests fail, after %v", at, got, last)
		}
		last = got
	}
	if last != burnPeak {
		t.Errorf("it ended at %v, want %v", last, burnPeak)
	}
	if got := (script{seed: 3}).at(i.end).burn(i.where); got != 0 {
		t.Errorf("%v of the requests fail after the rollback", got)
	}
}

func TestMishapsAreRareInOrderAndSpareWhoIsInTrouble(t *testing.T) {
	s := script{seed: 5}
	for cycle := range week {
		all := s.mishaps(cycle)
		if !slices.IsSortedFunc(all, func(a, b mishap) int { return int(a.at - b.at) }) {
			t.Fatalf("cycle %d: not in order", cycle)
		}
		if n := len(all); n < 12 || n > 50 {
			t.Errorf("cycle %d: %d mishaps in %v", cycle, n, cycleLength)
		}
		for _, m := range all {
			if m.at > 10*time.Second && s.at(m.at).troubles(m.model) {
				t.Errorf("%+v befalls a model in trouble", m)
			}
		}
	}
}

func TestAnIncidentTroublesTheModelsItBefalls(t *testing.T) {
	for _, c := range []struct {
		trouble trouble
		where   string
		models  []string
	}{
		{outage, "flux", []string{"flux/dev", "flux/schnell"}},
		{slowBurn, "kling/v2.1", []string{"kling/v2.1"}},
		{storm, stormClient, []string{"flux/schnell"}},
		{expiredKey, keyMarketing, []string{"veo/3"}},
	} {
		w := conditions{active: []incident{{trouble: c.trouble, where: c.where}}}
		for i := range models {
			if got, want := w.troubles(models[i].name), slices.Contains(c.models, models[i].name); got != want {
				t.Errorf("%s at %s: troubles(%s) = %v", []string{"outage", "storm", "expired key", "slow burn"}[c.trouble], c.where, models[i].name, got)
			}
		}
	}
}

func TestAMishapBefallsOneRequestOfItsModel(t *testing.T) {
	s := script{seed: 9}
	p := &pending{plan: s}
	for _, m := range s.mishaps(0) {
		if m.slip.byClient() {
			continue
		}
		if _, ok := p.take("sdxl/turbo", m.at); ok {
			t.Fatalf("%+v befell another model", m)
		}
		if got, ok := p.take(m.model, m.at); !ok || got != m.slip {
			t.Fatalf("take = %v, %v, want that of %+v", got, ok, m)
		}
	}
	if got, ok := p.take("flux/dev", cycleLength-1); ok {
		t.Errorf("%v befell a second request", got)
	}
}

// The server asks the script once a request: the bar is 5 µs.
func BenchmarkConditions(b *testing.B) {
	s := script{seed: 1}
	b.ReportAllocs()
	for i := range b.N {
		s.at(time.Duration(i) * time.Second)
	}
}
