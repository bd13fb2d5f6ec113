package tracker

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// A stream draws requests of some targets for a time; broken says what fails of each.
type stream struct {
	r       *rand.Rand
	results []Result
}

func newStream(seed uint64) *stream { return &stream{r: rand.New(rand.NewPCG(seed, 99))} }

// add draws requests of a target, so many a minute; outcome says what becomes of each.
func (s *stream) add(target string, from, to time.Time, perMinute float64, outcome func(at time.Time) (status int, message string)) {
	for at := from; ; {
		at = at.Add(time.Duration(s.r.ExpFloat64() * float64(time.Minute) / perMinute))
		if !at.Before(to) {
			break
		}
		x := traffic(at, target, 200)
		x.Route = fmt.Sprintf("/%s/%d", target, s.r.IntN(3))
		x.Latency = time.Duration(float64(30*time.Millisecond) * (1 + s.r.ExpFloat64()))
		if status, message := outcome(at); status != 200 {
			x.Status, x.Kind, x.Message = status, KindOf(status), message
		}
		s.results = append(s.results, x)
	}
	slices.SortStableFunc(s.results, func(a, b Result) int { return a.Time.Compare(b.Time) })
}

// fails returns an outcome that fails with a share, and with another between two moments.
func (s *stream) fails(usual, then float64, from, to time.Time, message string) func(time.Time) (int, string) {
	return func(at time.Time) (int, string) {
		share := usual
		if !at.Before(from) && at.Before(to) {
			share = then
		}
		if s.r.Float64() < share {
			return 500, message
		}
		return 200, ""
	}
}

// troubled is some hours with an outage that is over, one that goes on, flapping, silence and noise.
func troubled(seed uint64) (s *stream, end time.Time) {
	s, end = newStream(seed), noon.Add(5*time.Hour+17*time.Minute+20*time.Second)
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	s.add("calm", noon, end, 20, s.fails(0.01, 0, end, end, "chance"))
	s.add("over", noon, end, 12, s.fails(0.01, 0.9, at(90), at(120), "no space left on device"))
	s.add("open", noon, end, 15, s.fails(0.002, 1, at(290), end, "dial tcp 10.0.0.1:80: connect: connection refused"))
	s.add("flaps", noon, end, 15, func(at time.Time) (int, string) {
		if at.After(noon.Add(4*time.Hour)) && at.Minute()%10 < 4 {
			return 503, "service unavailable"
		}
		return 200, ""
	})
	s.add("silent", noon, at(280), 30, s.fails(0, 0, end, end, ""))
	s.add("always", noon, end, 2, s.fails(1, 1, end, end, "not supported"))
	return s, end
}

// TestIncidentsDoNotDependOnTheOrderOfArrival gives the same results in order, shuffled, in chunks with the newest hour first,
// and with snapshots at any moments: the incidents are the same.
func TestIncidentsDoNotDependOnTheOrderOfArrival(t *testing.T) {
	for seed := range uint64(3) {
		s, end := troubled(seed)
		want := inOrder(s.results, end).Incidents
		if len(want) != 4 {
			t.Fatalf("%d incidents: %v", len(want), named(want))
		}
		for name, play := range map[string]func(*rand.Rand, []Result, time.Time) *Snapshot{
			"in order, looked at often": playLooking, "newest hour first": playNewestFirst, "shuffled": playShuffled,
		} {
			got := play(rand.New(rand.NewPCG(seed, 7)), s.results, end).Incidents
			if !reflect.DeepEqual(got, want) {
				for i := range min(len(got), len(want)) {
					if !reflect.DeepEqual(got[i], want[i]) {
						t.Errorf("seed %d, %s:\n got %+v\nwant %+v", seed, name, got[i], want[i])
					}
				}
				t.Fatalf("seed %d, %s: %v, want %v", seed, name, named(got), named(want))
			}
		}
	}
}

func named(list []Incident) (names []string) {
	for i := range list {
		names = append(names, fmt.Sprintf("%s %s %s", list[i].Lead().Name, list[i].State, list[i].Onset.At.Format("15:04:05")))
	}
	return names
}

// recordAll records in batches of any length and looks at the end.
func inOrder(results []Result, end time.Time) *Snapshot {
	tr := New(Settings{})
	for len(results) > 0 {
		n := min(len(results), 1000)
		tr.Record(end, results[:n])
		results = results[n:]
	}
	tr.UpdateSource(end, Source{Name: "log", Live: true})
	return tr.Snapshot(end)
}

func playLooking(r *rand.Rand, results []Result, end time.Time) *Snapshot {
	tr := New(Settings{})
	tr.UpdateSource(results[0].Time, Source{Name: "log", Live: true})
	for len(results) > 0 {
		n := min(len(results), 1+r.IntN(300))
		tr.Record(results[n-1].Time, results[:n])
		tr.Snapshot(results[n-1].Time)
		results = results[n:]
	}
	return tr.Snapshot(end)
}

func playNewestFirst(r *rand.Rand, results []Result, end time.Time) *Snapshot {
	tr := New(Settings{})
	tr.UpdateSource(end, Source{Name: "log", Live: true})
	for to := end; len(results) > 0; to = to.Add(-time.Hour) {
		from := len(results)
		for from > 0 && !results[from-1].Time.Before(to.Add(-time.Hour)) {
			from--
		}
		tr.Record(end, results[from:])
		if r.IntN(2) == 0 {
			tr.Snapshot(end)
		}
		results = results[:from]
	}
	return tr.Snapshot(end)
}

func playShuffled(r *rand.Rand, results []Result, end time.Time) *Snapshot {
	tr := New(Settings{})
	tr.UpdateSource(end, Source{Name: "log", Live: true})
	for _, i := range r.Perm(len(results)) {
		tr.Record(end, results[i:i+1])
		if r.IntN(2000) == 0 {
			tr.Snapshot(end)
		}
	}
	return tr.Snapshot(end)
}
