package triage

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"errtop/tracker"
)

// Scene is one drawn incident, or a quiet time.
type Scene struct {
	Kind string
	Seed uint64

	Start, Now time.Time // of the results; Now is when somebody looks
	Announced  []tracker.TargetInfo
	Results    []tracker.Result // by time
	Marks      []tracker.Mark   // by time
	Truth      Truth
}

// Truth is what a headline has to say of a scene.
type Truth struct {
	Quiet   bool     // nothing is wrong: no incident may be open
	Targets []string // any of them may be named as the worst
	Spread  []string // all that belong to the incident
	Apart   []string // that have trouble of their own, which is another incident

	Alone bool // no other target belongs to the incident

	Onset  time.Time
	Again  time.Time     // when it began again after a calm, which may be told as its onset as well; zero: it did not
	Within time.Duration // how far off "since" may be; the interval that is stated may make up for more
	Before bool          // it began before the results begin

	Classes  []tracker.CauseClass // any of them is the cause
	Trends   []tracker.Trend      // any of them is right
	Value    string               // what the failures have in common, where that is the point: a route, a tenant, a version; else ""
	Mark     string               // text of the mark to be named; else ""
	Unmarked bool                 // no mark may be named: what was done has nothing to do with it
	Least    float64              // share of the requests that fails now, at least, as the incident tells it
	Over     bool
	End      time.Time
	Scan     bool

	Down, Cycle time.Duration // of trouble that comes and goes: so long of every so long; 0 for other trouble
}

// Kind is a sort of incident.
type Kind struct {
	Name string
	Says string // what happens, in words
	plot func(w *world)
}

// Draw makes a scene of a kind.
func (k Kind) Draw(seed uint64) *Scene {
	w := newWorld(rand.New(rand.NewPCG(seed, 0x7a6e_1d2c))) //nolint:gosec // the same in every run
	k.plot(w)
	s := w.play()
	s.Kind, s.Seed = k.Name, seed
	return s
}

// Play runs a scene through a tracker as a live source would and returns what is to be seen at its end. A snapshot is taken
// now and then on the way, as a dashboard does.
func (s *Scene) Play() *tracker.Snapshot {
	t := tracker.New(tracker.Settings{})
	t.UpdateSource(s.Start, tracker.Source{Name: "log", Live: true})
	t.AddTargets(s.Start, s.Announced...)
	marks := s.Marks
	for i := 0; i < len(s.Results); {
		now := s.Results[i].Time.Truncate(10 * time.Second).Add(10 * time.Second)
		j := i
		for j < len(s.Results) && s.Results[j].Time.Before(now) {
			j++
		}
		for len(marks) > 0 && marks[0].At.Before(now) {
			t.AddMark(now, marks[0])
			marks = marks[1:]
		}
		t.Record(now, s.Results[i:j])
		if now.Second() == 0 && now.Minute()%5 == 0 {
			t.Snapshot(now)
		}
		i = j
	}
	return t.Snapshot(s.Now)
}

// sorted returns results by time, equal ones in the order in which they were drawn. Results are large, so their places are sorted.
func sorted(results []tracker.Result) []tracker.Result {
	type place struct {
		at int64
		of int
	}
	places := make([]place, len(results))
	for i := range results {
		places[i] = place{results[i].Time.UnixNano(), i}
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.of, b.of)) })
	out := make([]tracker.Result, len(results))
	for i, p := range places {
		out[i] = results[p.of]
	}
	return out
}
