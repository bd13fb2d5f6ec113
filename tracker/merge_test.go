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
		g := &s.Groups[i]
		g.Badge, g.Example = 0, nil
		g.Exemplars = slices.Clone(g.Exemplars)
		for k := range g.Exemplars {
			g.Exemplars[k].Seq = 0
		}
	}
	slices.SortFunc(s.Groups, func(a, b Group) int { return int(a.ID>>1) - int(b.ID>>1) })
	s.Targets = slices.Clone(s.Targets)
	for i := range s.Targets {
		t := &s.Targets[i]
		t.State, t.Since, t.Reason, t.Disagreement, t.Breakers, t.Cause = 0, time.Time{}, "", "", nil, nil
	}
	slices.SortFunc(s.Targets, func(a, b Target) int { return int(a.Name[1]) - int(b.Name[1]) })
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
		for name, merged := range map[string]func() *ErrorTracker{
			"a+b+c": func() *ErrorTracker { a := part(0); a.Merge(part(1)); a.Merge(part(2)); return a },
			"c+b+a": func() *ErrorTracker { c := part(2); c.Merge(part(1)); c.Merge(part(0)); return c },
			"a+(b+c)": func() *ErrorTracker {
				a, b := part(0), part(1)
				b.Merge(part(2))
				a.Merge(b)
				return a
			},
			"nothing+(a+b)+c": func() *ErrorTracker { n := live(); n.Merge(part(0, 1)); n.Merge(part(2)); return n },
		} {
			if got := essence(merged(), now); !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d, %s:\n got %s\nwant %s", seed, name, differ(got, want), differ(want, got))
			}
		}
	}
}

// differ shows the fields of a snapshot that another one has not.
func differ(a, b Snapshot) string {
	text := ""
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range va.NumField() {
		if !reflect.DeepEqual(va.Field(i).Interface(), vb.Field(i).Interface()) {
			text += fmt.Sprintf("%s: %+v\n", va.Type().Field(i).Name, va.Field(i).Interface())
		}
	}
	return text
}

func TestMergingLeavesTheOtherAsItWas(t *testing.T) {
	a, b := live(), live()
	a.Record(noon, []Result{traffic(noon, "a", 500)})
	b.Record(noon, []Result{traffic(noon, "b", 500)})
	before := b.Snapshot(noon)
	a.Merge(b)
	a.Merge(a)
	a.Record(noon, []Result{traffic(noon, "b", 500)})
	if after := b.Snapshot(noon); after.Version != before.Version || after.find("b").Activity.Day.Requests != 1 {
		t.Errorf("the other changed: %+v", after)
	}
	if s := a.Snapshot(noon); s.find("b").Activity.Day.Requests != 2 || s.Ring.Total != 3 || len(s.Groups) != 2 {
		t.Errorf("merged: %+v", s)
	}
}

func TestAMergedTargetIsJudgedAnewAtOnce(t *testing.T) {
	a, b := live(), live()
	for i := range 60 {
		now := noon.Add(time.Duration(i) * time.Second)
		a.Record(now, []Result{traffic(now, "t", 200)})
		b.Record(now, []Result{traffic(now, "t", 500), traffic(now, "t", 500)})
	}
	now := noon.Add(61 * time.Second)
	if state := a.Snapshot(now).find("t").State; state != StateOK {
		t.Fatalf("before: %s", state)
	}
	a.Merge(b)
	if tg := a.Snapshot(now).find("t"); tg.State != StateFailing || tg.Reason != "67 % of 180 requests failed in 5 min, all answered 500" {
		t.Errorf("%s: %s", tg.State, tg.Reason)
	}
}
