package tracker

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// checkSeries holds every bar against the truth; minute and quarter are the first moments that the series does not cover.
func (b *brute) checkSeries(t *testing.T, target string, minute, quarter time.Time, s *LatencySeries) {
	t.Helper()
	if s == nil {
		s = &LatencySeries{MinutesKnown: minuteSlots - 1, QuartersKnown: quarterSlots - 1}
	}
	check := func(i, known, n int, end time.Time, step time.Duration, got LatencyBar) {
		t.Helper()
		_, latencies := b.window(target, end.Add(-time.Duration(n-i)*step), step, 1)
		if len(latencies) == 0 || i < n-known {
			if got != (LatencyBar{}) {
				t.Fatalf("%q %s bar %d before %s: got %+v of nothing", target, step, i, end, got)
			}
			return
		}
		slices.Sort(latencies)
		for percent, d := range map[int]time.Duration{50: got.P50(), 95: got.P95(), 99: got.P99()} {
			want := latencies[(len(latencies)*percent+99)/100-1]
			if off := float64(d-want) / float64(want); off > 0.02 || off < -0.02 {
				t.Fatalf("%q %s bar %d before %s: p%d is %s, want %s", target, step, i, end, percent, d, want)
			}
		}
	}
	for i, got := range s.Minutes {
		check(i, s.MinutesKnown, len(s.Minutes), minute, time.Minute, got)
	}
	for i, got := range s.Quarters {
		check(i, s.QuartersKnown, len(s.Quarters), quarter, 15*time.Minute, got)
	}
}

// TestLatencySeriesEqualABruteForceSort drives a tracker with results that come late and pauses that empty windows, looking
// at it between some of them, so that what was laid aside for a snapshot must be seen to be out of date.
func TestLatencySeriesEqualABruteForceSort(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 7))
		tr, truth := live(), &brute{}
		now := noon.Add(time.Duration(r.Int64N(int64(time.Hour))))
		for range 120 {
			now = now.Add(pause(r))
			for range r.IntN(12) {
				at := now
				if r.IntN(3) == 0 {
					at = at.Add(-time.Duration(r.Int64N(int64(time.Second) << r.IntN(17))))
				}
				x := randomResult(r, at)
				tr.Record(now, []Result{x})
				if at.Unix()/60 > now.Unix()/60-1440 {
					truth.placed = append(truth.placed, placed{at, x})
				}
			}
			if r.IntN(2) == 0 {
				continue
			}
			s := tr.Snapshot(now)
			truth.checkSeries(t, "", now, now, s.Overall.Latencies)
			for i := range s.Targets {
				truth.checkSeries(t, s.Targets[i].Name, now, now, s.Targets[i].Activity.Latencies)
			}
			at := now.Add(-time.Duration(r.Int64N(int64(20 * time.Hour)))).Truncate(time.Minute)
			past := tr.SnapshotAt(now, at)
			after := at.Add(time.Minute)
			checkKnown(t, past.Overall.Latencies, now, at)
			truth.checkSeries(t, "", at, after, past.Overall.Latencies)
			for i := range past.Targets {
				truth.checkSeries(t, past.Targets[i].Name, at, after, past.Targets[i].Activity.Latencies)
			}
		}
	}
}

// checkKnown holds what is said to be remembered of a past moment against what can be: an hour by the minute, a day by the
// quarter.
func checkKnown(t *testing.T, s *LatencySeries, now, at time.Time) {
	t.Helper()
	if s == nil {
		return
	}
	ago := int(now.Unix()/60 - at.Unix()/60)
	if want := max(59-ago, 0); ago > 0 && s.MinutesKnown != want {
		t.Errorf("%d minutes ago: %d minutes known, want %d", ago, s.MinutesKnown, want)
	}
	quarters := int(now.Unix()/900 - (at.Unix()+60)/900)
	if want := 95 - quarters; s.QuartersKnown != want {
		t.Errorf("%d quarters ago: %d quarters known, want %d", quarters, s.QuartersKnown, want)
	}
}

func TestAClockThatGoesBackTakesTheLatencySeriesAlong(t *testing.T) {
	tr := live()
	at := func(d time.Duration, latency time.Duration) {
		x := traffic(noon.Add(d), "t", 200)
		x.Latency = latency
		tr.Record(noon.Add(d), []Result{x})
	}
	at(0, time.Second)
	at(10*time.Minute, 2*time.Second)
	tr.Snapshot(noon.Add(20 * time.Minute))
	s := tr.Snapshot(noon.Add(5 * time.Minute)).find("t").Activity.Latencies
	bars := 0
	for i, bar := range s.Minutes {
		if bar == (LatencyBar{}) {
			continue
		}
		if bars++; i != len(s.Minutes)-5 || bar.P50().Round(100*time.Millisecond) != time.Second {
			t.Errorf("minute %d: %+v", i, bar)
		}
	}
	if bars != 1 {
		t.Errorf("%d minutes have latencies, want 1", bars)
	}
}

// TestALatencySeriesIsMadeAnewOnceAMinute: a snapshot shares it with the one before.
func TestALatencySeriesIsMadeAnewOnceAMinute(t *testing.T) {
	tr, made := live(), map[*LatencySeries]bool{}
	for i := range 300 {
		now := noon.Add(time.Duration(i) * time.Second)
		x := traffic(now, "t", 200)
		x.Latency = time.Second
		tr.Record(now, []Result{x})
		made[tr.Snapshot(now).Targets[0].Activity.Latencies] = true
	}
	if len(made) != 5 {
		t.Errorf("%d series in five minutes", len(made))
	}
}
