package tracker

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// essence is what a merge promises to keep: everything but the numbers that identify errors, and what depends on the order in
// which results of two streams came (states, breakers, badges of groups that fell silent in one half only).
func essence(tr *ErrorTracker, now time.Time) Snapshot {
	s := *tr.Snapshot(now)
	s.Version, s.Breakers, s.Sources, s.Skew.OutOfOrder = 0, nil, nil, 0
	s.Errors = slices.Clone(s.Errors)
	for i := range s.Errors {
		s.Errors[i].Seq = 0
	}
	s.Groups = slices.Clone(s.Groups)
	for i := range s.Groups {
		g := new(Group)
		*g, s.Groups[i] = *s.Groups[i], g
		g.Badge, g.RegressedAt, g.Example = 0, time.Time{}, nil
		g.Exemplars = slices.Clone(g.Exemplars)
		for k := range g.Exemplars {
			g.Exemplars[k].Seq = 0
		}
	}
	slices.SortFunc(s.Groups, func(a, b *Group) int { return int(a.ID>>1) - int(b.ID>>1) })
	s.Targets = slices.Clone(s.Targets)
	for i := range s.Targets {
		t := new(Target)
		*t, s.Targets[i] = *s.Targets[i], t
		t.StateChanges = nil
		t.State, t.Since, t.Reason, t.Disagreement, t.Breakers, t.Cause = 0, time.Time{}, "", "", nil, nil
	}
	slices.SortFunc(s.Targets, func(a, b *Target) int { return int(a.Name[1]) - int(b.Name[1]) })
	return s
}

// TestHalvesOfAStreamMergeToTheWhole splits streams at random over three trackers. Merged in any order they equal the one
// that got everything.
func TestHalvesOfAStreamMergeToTheWhole(t *testing.T) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 31))
		var stream []Result
		now := noon
		for range 400 {
			now = now.Add(pause(r)/8 + 1)
			x := randomResult(r, now)
			x.RequestID = fmt.Sprint(len(stream))
			stream = append(stream, x)
		}
		owner := make([]int, len(stream))
		for i := range owner {
			owner[i] = r.IntN(3)
		}
		part := func(which ...int) *ErrorTracker {
			tr := live()
			for i, x := range stream {
				if slices.Contains(which, owner[i]) {
					tr.Record(x.Time, []Result{x})
				}
			}
			return tr
		}
		want := essence(part(0, 1, 2), now)
		state := func(which ...int) State { return part(which...).State(now, Part{}) }
		view := func(states ...State) State { return viewOf(t, now, states...).State(now, Part{}) }
		for name, merged := range map[string]func() State{
			"a+b+c":           func() State { return view(state(0), state(1), state(2)) },
			"c+b+a":           func() State { return view(state(2), state(1), state(0)) },
			"a+(b+c)":         func() State { return view(state(0), view(state(1), state(2))) },
			"nothing+(a+b)+c": func() State { return view(State{}, live().State(now, Part{}), state(0, 1), state(2)) },
		} {
			if got := essence(viewOf(t, now, merged()), now); !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d, %s: got, want\n%s", seed, name, differences(got, want))
			}
		}
	}
}

// viewOf returns the sum of states, each of an origin of its own.
func viewOf(t *testing.T, now time.Time, states ...State) *ErrorTracker {
	t.Helper()
	origins := map[OriginID]State{}
	for i, s := range states {
		origins[OriginID(rune('a'+i))] = s
	}
	v, err := View(now, Settings{}, origins)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAStateThatArrivesTwiceCountsOnce(t *testing.T) {
	a, b := live(), live()
	a.Record(noon, []Result{traffic(noon, "a", 500)})
	b.Record(noon, []Result{traffic(noon, "b", 500)})
	before := b.Snapshot(noon)
	origins := map[OriginID]State{"host1/errtop": a.State(noon, Part{}), "host2/errtop": b.State(noon, Part{})}
	origins["host1/errtop"] = a.State(noon, Part{})
	first, err := View(noon, Settings{}, origins)
	if err != nil {
		t.Fatal(err)
	}
	one := first.Snapshot(noon)
	if one.Overall.Day.Requests != 2 || one.Ring.Total != 2 || len(one.Groups) != 2 || one.find("b").Activity.Day.Requests != 1 {
		t.Errorf("the sum: %+v", one)
	}
	later := noon.Add(time.Second)
	b.Record(later, []Result{traffic(later, "b", 500)})
	origins["host2/errtop"] = b.State(later, Part{})
	second, err := View(later, Settings{}, origins)
	if err != nil {
		t.Fatal(err)
	}
	if s := second.Snapshot(later); s.find("b").Activity.Day.Requests != 2 || s.Version <= one.Version {
		t.Errorf("after a newer state: version %d after %d, %+v", s.Version, one.Version, s)
	}
	if b.Snapshot(noon); before.find("b").Activity.Day.Requests != 1 {
		t.Errorf("the tracker changed: %+v", before)
	}
}

func TestATargetOfSeveralOriginsIsJudgedAnew(t *testing.T) {
	a, b := live(), live()
	for i := range 60 {
		now := noon.Add(time.Duration(i) * time.Second)
		a.Record(now, []Result{traffic(now, "t", 200)})
		b.Record(now, []Result{traffic(now, "t", 500), traffic(now, "t", 500), traffic(now, "only here", 500)})
	}
	now := noon.Add(61 * time.Second)
	if state := a.Snapshot(now).find("t").State; state != StateOK {
		t.Fatalf("before: %s", state)
	}
	want := b.Snapshot(now)
	s := viewOf(t, now, a.State(now, Part{}), b.State(now, Part{})).Snapshot(now)
	if tg := s.find("t"); tg.State != StateFailing || tg.Reason != "67 % of 180 requests failed in 5 min, all answered 500" || !tg.Since.Equal(want.find("t").Since) {
		t.Errorf("%s since %s: %s", tg.State, tg.Since, tg.Reason)
	}
	if got, want := s.find("only here"), want.find("only here"); got.State != want.State || !got.Since.Equal(want.Since) || got.Reason != want.Reason {
		t.Errorf("of one origin: %s since %s: %s", got.State, got.Since, got.Reason)
	}
}
