package fleet

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"errtop/tracker"
)

// What a fleet shows is what one errtop shows that reads everything: the same counts by target, outcome and window, latencies of the hour
// and the day within two in a hundred, the same incidents. Agents differ in what they serve and how fast; one place fails, and one
// target fails thinly everywhere.
func TestTheSumOfAFleetEqualsOneErrtop(t *testing.T) {
	seeds := uint64(6)
	if testing.Short() {
		seeds = 2
	}
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T, settings Settings) { compareWithOne(t, settings, rand.New(rand.NewPCG(seed, 21))) })
		})
	}
}

func compareWithOne(t *testing.T, settings Settings, r *rand.Rand) {
	const agents, targets = 6, 8
	time.Sleep(time.Duration(r.IntN(3600)) * time.Second) // the hour begins anywhere
	one := liveTracker()
	var trackers []*tracker.ErrorTracker
	for range agents {
		trackers = append(trackers, liveTracker())
	}
	broken := r.IntN(3)
	request := func(at, end time.Time) tracker.Result {
		target := r.IntN(targets)
		status := 200
		failing := 0.004
		if end.Sub(at) < 25*time.Minute && target == 1 {
			failing = 0.06 // thinly, everywhere
		}
		if r.Float64() < failing {
			status = []int{500, 503, 504}[r.IntN(3)]
		}
		x := result(at, targetNames[target], status)
		x.Latency = time.Duration(float64((target+1)*8) * (1 + r.ExpFloat64()) * float64(time.Millisecond))
		return x
	}
	record := func(from, to time.Time) {
		batches := make([][]tracker.Result, agents)
		var all []tracker.Result
		for at := from; at.Before(to); at = at.Add(time.Duration(20+r.IntN(380)) * time.Millisecond) {
			i := r.IntN(agents)
			x := request(at, to)
			if i%3 == broken && x.Target == targetNames[0] && to.Sub(at) < 40*time.Minute && r.IntN(10) < 8 {
				x = result(at, x.Target, 502)
				x.Latency = time.Millisecond
			}
			batches[i], all = append(batches[i], x), append(all, x)
		}
		for i, batch := range batches {
			trackers[i].Record(to, batch)
		}
		one.Record(to, all)
	}
	now := time.Now()
	record(now.Add(-5*time.Hour), now)
	for i, tr := range trackers {
		settings.Name, settings.Place = fmt.Sprintf("web-%d", i), fmt.Sprintf("place-%d", i%3)
		agentOn(t, settings, tr)
	}
	settings.Name, settings.Place = "viewer", ""
	v := viewerOn(t, settings)
	time.Sleep(75 * time.Second)
	now = time.Now()
	want, got := one.Snapshot(now), v.Snapshot(now)
	sameActivity(t, "all", &want.Overall, &got.Overall)
	if len(got.Targets) != len(want.Targets) {
		t.Fatalf("%d targets, want %d", len(got.Targets), len(want.Targets))
	}
	named := byName(got.Targets)
	for _, target := range want.Targets {
		if of := named[target.Name]; of == nil {
			t.Errorf("%s is missing", target.Name)
		} else {
			sameActivity(t, target.Name, &target.Activity, &of.Activity)
		}
	}
	if a, b := incidentsOf(want), incidentsOf(got); !slices.Equal(a, b) || len(a) < 2 {
		t.Errorf("incidents %q, want %q", b, a)
	}
}

func sameActivity(t *testing.T, name string, want, got *tracker.Activity) {
	t.Helper()
	for _, w := range []struct {
		name      string
		want, got *tracker.Window
		quantiles bool
	}{{"minute", &want.Minute, &got.Minute, false}, {"five minutes", &want.FiveMinutes, &got.FiveMinutes, false}, {"hour", &want.Hour, &got.Hour, true}, {"day", &want.Day, &got.Day, true}} {
		if w.got.Requests != w.want.Requests || w.got.Errors != w.want.Errors || !slices.Equal(w.got.ByOutcome, w.want.ByOutcome) {
			t.Errorf("%s, %s: %d requests, %d errors, %v; want %d, %d, %v", name, w.name, w.got.Requests, w.got.Errors, w.got.ByOutcome, w.want.Requests, w.want.Errors, w.want.ByOutcome)
		}
		a, b := w.want.Latency, w.got.Latency
		for i, q := range [][2]time.Duration{{a.P50, b.P50}, {a.P90, b.P90}, {a.P95, b.P95}, {a.P99, b.P99}} {
			if w.quantiles && (q[1]-q[0]).Abs() > q[0]/50 {
				t.Errorf("%s, %s, quantile %d: %s, want %s", name, w.name, i, q[1], q[0])
			}
		}
	}
	if want.Minutes != got.Minutes {
		t.Errorf("%s: the minutes of the hour differ", name)
	}
}

// incidentsOf says of each incident what it is of, since when and for what.
func incidentsOf(s *tracker.Snapshot) (list []string) {
	for i := range s.Incidents {
		in := &s.Incidents[i]
		var names []string
		for _, part := range in.Targets {
			names = append(names, part.Name)
		}
		slices.Sort(names)
		list = append(list, fmt.Sprintf("%v %s since %s, %v of %v", names, in.Signals, in.Onset.At.Format("15:04"), in.Failed, in.Requests))
	}
	slices.SortFunc(list, cmp.Compare)
	return list
}
