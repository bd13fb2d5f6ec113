package tracker

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// partsOf returns the state of a tracker cut into its hours, the newest first, as machines send it.
func partsOf(t *testing.T, tr *ErrorTracker, now time.Time, hours int) (parts []State) {
	t.Helper()
	hour := now.Truncate(time.Hour)
	for range hours {
		parts = append(parts, reread(t, tr.State(now, Part{From: hour, To: hour.Add(time.Hour), Brief: true})))
		hour = hour.Add(-time.Hour)
	}
	return parts
}

// summed adds up the hours of several origins as a viewer does: what is known now from the newest, then the older hours as sums.
func summed(t *testing.T, now time.Time, origins map[OriginID][]State, labels map[OriginID][]Label) *ErrorTracker {
	t.Helper()
	add := func(a *Assembly, p Piece) {
		t.Helper()
		if err := a.Add(p); err != nil {
			t.Fatal(err)
		}
	}
	total := NewAssembly(now, Settings{})
	for id, parts := range origins {
		add(total, Piece{State: parts[0], Origin: id, Labels: labels[id], Facts: true})
	}
	for h := 1; ; h++ {
		older := NewAssembly(now, Settings{})
		some := false
		for id, parts := range origins {
			if h < len(parts) {
				add(older, Piece{State: parts[h], Origin: id, Labels: labels[id]})
				some = true
			}
		}
		if !some {
			return total.Tracker(0)
		}
		add(total, Piece{State: older.State(Part{Brief: true})})
	}
}

// The sum of what several machines send, hour by hour, counts what one tracker counts that gets everything.
func TestAssemblyOfHoursEqualsTheWhole(t *testing.T) {
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 77))
		trackers := []*ErrorTracker{live(), live(), live()}
		whole := live()
		now := noon
		for i := 0; now.Before(noon.Add(20 * time.Hour)); i++ {
			now = now.Add(min(pause(r)/8+1, 2*time.Minute))
			x := randomResult(r, now)
			x.RequestID = fmt.Sprint(i)
			whole.Record(now, []Result{x})
			trackers[r.IntN(3)].Record(now, []Result{x})
		}
		origins := map[OriginID][]State{}
		for i, tr := range trackers {
			origins[OriginID(fmt.Sprintf("web-%d", i))] = partsOf(t, tr, now, 25)
		}
		got, want := summed(t, now, origins, nil).Snapshot(now), whole.Snapshot(now)
		compareCounts(t, seed, got, want)
	}
}

func compareCounts(t *testing.T, seed uint64, got, want *Snapshot) {
	t.Helper()
	for what, pair := range map[string][2]any{
		"overall windows": {[...]Window{got.Overall.Minute, got.Overall.FiveMinutes, got.Overall.Hour, got.Overall.Day}, [...]Window{want.Overall.Minute, want.Overall.FiveMinutes, want.Overall.Hour, want.Overall.Day}},
		"hours":           {got.Overall.Hours, want.Overall.Hours},
		"minutes":         {got.Overall.Minutes, want.Overall.Minutes},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("seed %d: %s: got %+v, want %+v", seed, what, pair[0], pair[1])
		}
	}
	for _, tg := range want.Targets {
		mine := got.find(tg.Name)
		if mine == nil {
			t.Errorf("seed %d: no %s", seed, tg.Name)
			continue
		}
		if !reflect.DeepEqual(mine.Activity.Day, tg.Activity.Day) || !reflect.DeepEqual(mine.Activity.Hours, tg.Activity.Hours) || mine.Usual != tg.Usual {
			t.Errorf("seed %d: %s: got %+v, want %+v", seed, tg.Name, mine.Activity.Day, tg.Activity.Day)
		}
		if !reflect.DeepEqual(mine.Totals, tg.Totals) {
			t.Errorf("seed %d: totals of %s: got %+v, want %+v", seed, tg.Name, mine.Totals, tg.Totals)
		}
	}
	counts := map[uint64]uint64{}
	for _, g := range got.Groups {
		counts[g.ID] = g.Count
	}
	day := want.At.Add(-24 * time.Hour)
	for _, g := range want.Groups {
		if g.First.After(day) && counts[g.ID] != g.Count {
			t.Errorf("seed %d: group %s: %d, want %d", seed, g.Message, counts[g.ID], g.Count)
		}
	}
	if len(got.Incidents) != len(want.Incidents) {
		t.Errorf("seed %d: %d incidents, want %d", seed, len(got.Incidents), len(want.Incidents))
		return
	}
	for i := range want.Incidents {
		if a, b := &got.Incidents[i], &want.Incidents[i]; a.ID != b.ID || !a.Onset.At.Equal(b.Onset.At) || a.Cause.Class != b.Cause.Class {
			t.Errorf("seed %d: incident %+v, want %+v", seed, a, b)
		}
	}
}

// A failure of one place only is what its failing requests have in common, and the errors carry the label.
func TestAssemblyTellsPlacesApart(t *testing.T) {
	origins, labels := map[OriginID][]State{}, map[OriginID][]Label{}
	end := noon.Add(2 * time.Hour)
	for _, place := range []string{"eu-1", "us-1", "ap-1"} {
		tr := live()
		for now := noon; now.Before(end); now = now.Add(2 * time.Second) {
			x := traffic(now, "checkout", 200)
			if place == "eu-1" && end.Sub(now) < 20*time.Minute {
				x = traffic(now, "checkout", 503)
				x.Message = "no healthy upstream"
			}
			tr.Record(now, []Result{x})
		}
		id := OriginID("web-" + place)
		origins[id], labels[id] = partsOf(t, tr, end, 3), []Label{{"place", place}}
	}
	s := summed(t, end, origins, labels).Snapshot(end)
	if len(s.Incidents) != 1 {
		t.Fatalf("%d incidents", len(s.Incidents))
	}
	in := &s.Incidents[0]
	if len(in.Contrasts) == 0 || in.Contrasts[0].Field != "place" || in.Contrasts[0].Value != "eu-1" || in.Contrasts[0].OfFailures < 0.99 {
		t.Errorf("contrasts: %+v", in.Contrasts)
	}
	if c := in.Contrasts[0]; c.OfRequests < 0.30 || c.OfRequests > 0.37 {
		t.Errorf("eu-1 has %.2f of all requests, want a third", c.OfRequests)
	}
	for _, f := range s.Errors {
		if f.Labels == nil || (*f.Labels)[0] != (Label{"place", "eu-1"}) {
			t.Errorf("labels of an error: %v", f.Labels)
		}
	}
}

// A machine whose clock is ahead must not push everybody else's day out of the windows.
func TestAssemblyRefusesWhatLiesAhead(t *testing.T) {
	tr := live()
	tr.Record(noon.Add(time.Hour), []Result{traffic(noon.Add(time.Hour), "a", 200)})
	err := NewAssembly(noon, Settings{}).Add(Piece{State: tr.State(noon.Add(time.Hour), Part{}), Origin: "x", Facts: true})
	if !errors.Is(err, ErrAhead) {
		t.Errorf("%v", err)
	}
}

// Nobody can count into a group of somebody else's target.
func TestAssemblyRefusesForeignGroups(t *testing.T) {
	honest := live()
	honest.Record(noon, []Result{traffic(noon, "a", 500)})
	other := live()
	other.Record(noon, []Result{traffic(noon, "b", 500)})
	for _, g := range other.groups {
		delete(other.groups, g.id)
		for id := range honest.groups {
			g.id = id
		}
		other.groups[g.id] = g
	}
	a := NewAssembly(noon, Settings{})
	if err := a.Add(Piece{State: honest.State(noon, Part{}), Origin: "x", Facts: true}); err != nil {
		t.Fatal(err)
	}
	if err := a.Add(Piece{State: other.State(noon, Part{}), Origin: "y", Facts: true}); !errors.Is(err, errDamaged) {
		t.Errorf("%v", err)
	}
}

// Only the targets asked for are taken, and nothing of the others is counted.
func TestAssemblyTakesSomeTargets(t *testing.T) {
	tr := live()
	tr.Record(noon, []Result{traffic(noon, "a", 500), traffic(noon, "b", 500)})
	a := NewAssembly(noon, Settings{})
	if err := a.Add(Piece{State: tr.State(noon, Part{}), Origin: "x", Facts: true, Targets: func(name string, _ time.Time) bool { return name == "a" }}); err != nil {
		t.Fatal(err)
	}
	s := a.Tracker(7).Snapshot(noon)
	if len(s.Targets) != 1 || s.Overall.Day.Requests != 1 || len(s.Groups) != 1 || len(s.Errors) != 1 || s.Version < 8 {
		t.Errorf("%+v", s)
	}
}
