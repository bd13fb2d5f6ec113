package tracker

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// TestEqualVersionsHaveEqualContent takes snapshots at random between results, quiet times and calls that change nothing.
// Content that differs must have another version; a version that moved must show something else.
func TestEqualVersionsHaveEqualContent(t *testing.T) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 21))
		tr, now := live(), noon
		tr.AddTargets(now, TargetInfo{Name: "probed", URL: "https://example.com", Interval: 20 * time.Second})
		gate := tr.Gate("t1")
		var last *Snapshot
		for range 300 {
			now = now.Add(pause(r) / 4)
			touched := false
			switch r.IntN(8) {
			case 0:
				tr.Record(now, []Result{randomResult(r, now)})
				touched = true
			case 1:
				x := randomResult(r, now)
				generation, _ := gate.Allow(now)
				gate.Observe(generation, &x, now)
				touched = true
			case 2:
				tr.Record(now, nil)
				tr.UpdateSource(now, Source{Name: "log", Live: true})
				tr.RemoveTargets(now, "nobody")
				tr.AddTargets(now, TargetInfo{Name: "probed", URL: "https://example.com", Interval: 20 * time.Second})
				gate.Allow(now) // CLOSED, and does not count
			}
			s := tr.Snapshot(now)
			if last != nil {
				a, b := *last, *s
				a.At, b.At, a.Version, b.Version = time.Time{}, time.Time{}, 0, 0
				same := reflect.DeepEqual(a, b)
				if last.Version == s.Version && !same {
					t.Fatalf("seed %d at %s: version %d twice, but\n%+v\n%+v", seed, now, s.Version, a, b)
				}
				if last.Version != s.Version && same && !touched {
					t.Fatalf("seed %d at %s: version %d after %d, but nothing changed", seed, now, s.Version, last.Version)
				}
			}
			last = s
		}
	}
}

// TestASnapshotNeverChanges holds on to a snapshot while the tracker goes on.
func TestASnapshotNeverChanges(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 22))
	tr, now := live(), noon
	record := func(n int) {
		for range n {
			now = now.Add(time.Duration(r.Int64N(int64(time.Minute))))
			tr.Record(now, []Result{randomResult(r, now), randomResult(r, now)})
			tr.Snapshot(now)
		}
	}
	record(100)
	held := tr.Snapshot(now)
	before := deepCopy(reflect.ValueOf(*held)).Interface()
	record(300)
	if !reflect.DeepEqual(before, *held) {
		t.Error("a snapshot changed after it was returned")
	}
}

// deepCopy copies what a value points to, but for times and what they point to.
func deepCopy(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch {
	case v.Type() == reflect.TypeFor[time.Time](), v.Type() == reflect.TypeFor[LatencyBar](): // both are values
		out.Set(v)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			out.Field(i).Set(deepCopy(v.Field(i)))
		}
	case v.Kind() == reflect.Slice && !v.IsNil():
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(deepCopy(v.Index(i)))
		}
	case v.Kind() == reflect.Pointer && !v.IsNil():
		out.Set(reflect.New(v.Type().Elem()))
		out.Elem().Set(deepCopy(v.Elem()))
	case v.Kind() == reflect.Array:
		for i := range v.Len() {
			out.Index(i).Set(deepCopy(v.Index(i)))
		}
	default:
		out.Set(v)
	}
	return out
}

func TestAWatcherThatNeverReadsDelaysNobodyAndMissesNoChange(t *testing.T) {
	tr := live()
	changed, stop := tr.Watch()
	idle, stopIdle := tr.Watch()
	for range 1000 {
		tr.Record(noon, []Result{traffic(noon, "t", 200)})
	}
	<-changed
	select {
	case <-changed:
		t.Error("more than one change waits")
	default:
	}
	stopIdle()
	stop()
	tr.Record(noon, []Result{traffic(noon, "t", 200)})
	select {
	case <-changed:
		t.Error("woken after stop")
	default:
	}
	<-idle
}
