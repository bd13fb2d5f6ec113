package tracker

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// brute is the slow truth about windows: every result with the moment at which it counts.
type brute struct {
	placed []placed
}

type placed struct {
	at time.Time
	r  Result
}

// window counts what lies in the steps that end with the running one.
func (b *brute) window(target string, now time.Time, step time.Duration, steps int) (w Window, latencies []time.Duration) {
	last := now.UnixNano() / int64(step)
	for _, p := range b.placed {
		if target != "" && p.r.Target != target {
			continue
		}
		if s := p.at.UnixNano() / int64(step); s > last || s <= last-int64(steps) {
			continue
		}
		if p.r.Kind.Sent() {
			w.Requests++
			if p.r.Kind.Failed() {
				w.Errors++
			}
			if p.r.Latency > 0 {
				latencies = append(latencies, p.r.Latency)
			}
		} else {
			w.NotSent++
		}
		if p.r.Kind.Failed() {
			w.ByOutcome = addOutcome(w.ByOutcome, p.r.Outcome(), 1)
		}
	}
	sortOutcomes(w.ByOutcome)
	return w, latencies
}

// check compares an activity with the truth.
func (b *brute) check(t *testing.T, target string, now time.Time, a *Activity) {
	t.Helper()
	for _, c := range []struct {
		name                string
		got                 Window
		step, slide         time.Duration
		steps, latencySteps int
	}{
		{"minute", a.Minute, stepLength, stepLength, 6, 6},
		{"five minutes", a.FiveMinutes, stepLength, stepLength, 30, 30},
		{"hour", a.Hour, stepLength, time.Minute, 360, 60},
		{"day", a.Day, time.Minute, 15 * time.Minute, 1440, 96},
	} {
		want, _ := b.window(target, now, c.step, c.steps)
		_, latencies := b.window(target, now, c.slide, c.latencySteps)
		got := c.got
		got.Latency = Quantiles{}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%q %s at %s:\n got %+v\nwant %+v", target, c.name, now, got, want)
		}
		checkQuantiles(t, c.got.Latency, latencies)
	}
	for i := range a.Minutes {
		w, _ := b.window(target, now.Add(-time.Duration(59-i)*time.Minute), time.Minute, 1)
		if got := a.Minutes[i]; uint64(got.Requests) != w.Requests || uint64(got.Errors) != w.Errors {
			t.Fatalf("%q minute bar %d at %s: got %+v, want %d %d", target, i, now, got, w.Requests, w.Errors)
		}
	}
	for i := range a.Hours {
		w, _ := b.window(target, now.Add(-time.Duration(23-i)*time.Hour), time.Hour, 1)
		if got := a.Hours[i]; uint64(got.Requests) != w.Requests || uint64(got.Errors) != w.Errors {
			t.Fatalf("%q hour bar %d at %s: got %+v, want %d %d", target, i, now, got, w.Requests, w.Errors)
		}
	}
	if w, _ := b.window(target, now.Add(-24*time.Hour), time.Hour, 1); uint64(a.Yesterday.Requests) != w.Requests {
		t.Fatalf("%q yesterday at %s: got %+v, want %d", target, now, a.Yesterday, w.Requests)
	}
}

// checkQuantiles holds each quantile to 2 % of the nearest-rank one.
func checkQuantiles(t *testing.T, got Quantiles, latencies []time.Duration) {
	t.Helper()
	if got.Count != uint64(len(latencies)) {
		t.Fatalf("latencies: got %d, want %d", got.Count, len(latencies))
	}
	if len(latencies) == 0 {
		return
	}
	slices.Sort(latencies)
	for _, c := range []struct {
		percent int
		got     time.Duration
	}{{50, got.P50}, {90, got.P90}, {95, got.P95}, {99, got.P99}} {
		want := latencies[(len(latencies)*c.percent+99)/100-1]
		if off := float64(c.got-want) / float64(want); off > 0.02 || off < -0.02 {
			t.Fatalf("p%d of %d: got %s, want %s", c.percent, len(latencies), c.got, want)
		}
	}
}

func randomResult(r *rand.Rand, at time.Time) Result {
	statuses := []int{200, 200, 200, 200, 204, 302, 400, 404, 429, 500, 503}
	x := traffic(at, fmt.Sprintf("t%d", r.IntN(4)), statuses[r.IntN(len(statuses))])
	switch r.IntN(20) {
	case 0:
		x.Status, x.Kind = 0, KindTimeout
	case 1:
		x.Status, x.Kind = 0, KindValidation
	case 2:
		x.Kind = KindAssertion
	case 3:
		x.Origin, x.Source = OriginProbe, ""
	}
	if r.IntN(5) > 0 {
		x.Latency = time.Microsecond + time.Duration(r.Int64N(int64(time.Microsecond)<<r.IntN(24)))
	}
	return x
}

// TestWindowsEqualABruteForceCount drives a live tracker with streams that burst, pause and come out of order.
func TestWindowsEqualABruteForceCount(t *testing.T) {
	for seed := range uint64(10) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			tr, truth := live(), &brute{}
			now := noon.Add(time.Duration(r.Int64N(int64(time.Hour))))
			for range 60 {
				now = now.Add(pause(r))
				var batch []Result
				for range r.IntN(30) {
					at := now
					if r.IntN(3) == 0 {
						at = at.Add(-time.Duration(r.Int64N(int64(time.Second) << r.IntN(17))))
					}
					x := randomResult(r, at)
					batch = append(batch, x)
					if at.Unix()/60 > now.Unix()/60-1440 {
						truth.placed = append(truth.placed, placed{at, x})
					}
				}
				tr.Record(now, batch)
				if r.IntN(3) == 0 {
					s := tr.Snapshot(now)
					truth.check(t, "", now, &s.Overall)
					for i := range s.Targets {
						truth.check(t, s.Targets[i].Name, now, &s.Targets[i].Activity)
					}
				}
			}
		})
	}
}

// pause is mostly short, now and then hours, seldom days.
func pause(r *rand.Rand) time.Duration {
	switch r.IntN(12) {
	case 0:
		return time.Duration(r.Int64N(int64(3 * time.Hour)))
	case 1, 2:
		return time.Duration(r.Int64N(int64(20 * time.Minute)))
	case 3:
		if r.IntN(10) == 0 {
			return time.Duration(r.Int64N(int64(60 * time.Hour)))
		}
		return 0
	default:
		return time.Duration(r.Int64N(int64(15 * time.Second)))
	}
}

// FuzzWindows reads a stream of results and pauses from bytes, three each, and holds the windows against the truth.
func FuzzWindows(f *testing.F) {
	f.Add([]byte{0, 0, 0, 10, 0, 1, 200, 3, 2, 255, 255, 3})
	f.Add([]byte{90, 0, 7, 90, 0, 8, 91, 200, 9, 150, 0, 1, 151, 1, 2})
	f.Fuzz(func(t *testing.T, in []byte) {
		tr, truth, now := live(), &brute{}, noon
		for ; len(in) >= 3; in = in[3:] {
			// The first byte is a pause from nothing to 26 h, growing; the second how far the stamp lies back.
			now = now.Add(time.Duration(in[0]) * time.Duration(in[0]) * time.Duration(in[0]) * 5650 * time.Microsecond)
			x := traffic(now.Add(-time.Duration(in[1])*time.Duration(in[1])*1300*time.Millisecond), "t", 200+100*int(in[2]%4))
			x.Latency = time.Microsecond << (in[2] / 8)
			if in[2] >= 250 {
				tr.Snapshot(now)
			}
			tr.Record(now, []Result{x})
			if x.Time.Unix()/60 > now.Unix()/60-1440 {
				truth.placed = append(truth.placed, placed{x.Time, x})
			}
		}
		s := tr.Snapshot(now)
		truth.check(t, "", now, &s.Overall)
		for i := range s.Targets {
			truth.check(t, s.Targets[i].Name, now, &s.Targets[i].Activity)
		}
	})
}

func TestAMinuteHoldsMoreThanSixteenBitsCount(t *testing.T) {
	tr := live()
	batch := make([]Result, 50000)
	for i := range batch {
		batch[i] = traffic(noon, "t", 200+300*(i%2))
	}
	for range 7 {
		tr.Record(noon, batch)
	}
	now := noon.Add(23 * time.Hour)
	if day := tr.Snapshot(now).Overall.Day; day.Requests != 350000 || day.Errors != 175000 {
		t.Errorf("%d requests, %d errors", day.Requests, day.Errors)
	}
	if past := tr.SnapshotAt(now, noon); past.Overall.Minute.Requests != 350000 || past.Overall.Minutes[59].Errors != 175000 {
		t.Errorf("%+v", past.Overall.Minute)
	}
}
