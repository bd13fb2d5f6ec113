package tracker

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

// reread passes a state through its binary form.
func reread(t testing.TB, s State) (again State) {
	t.Helper()
	b, err := s.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if err := again.UnmarshalBinary(bytes.Clone(b)); err != nil {
		t.Fatal(err)
	}
	return again
}

// restored returns a new tracker that holds what states say.
func restored(t testing.TB, now time.Time, states ...State) *ErrorTracker {
	t.Helper()
	tr := New(Settings{})
	if err := tr.Restore(now, states...); err != nil {
		t.Fatal(err)
	}
	return tr
}

// sameContent compares everything that two trackers show, now and at a moment of the past.
func sameContent(t *testing.T, got, want *ErrorTracker, now, past time.Time) {
	t.Helper()
	for name, look := range map[string]func(*ErrorTracker) *Snapshot{
		"now":  func(tr *ErrorTracker) *Snapshot { return tr.Snapshot(now) },
		"past": func(tr *ErrorTracker) *Snapshot { return tr.SnapshotAt(now, past) },
	} {
		a, b := *look(got), *look(want)
		a.Version, b.Version = 0, 0
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("%s at %s: got, want\n%s", name, now, differences(a, b))
		}
	}
}

// TestATrackerGoesOnAsIfItHadNeverStopped saves and restores one tracker at random moments, and compares it with one that was
// never saved, at once and after more results.
func TestATrackerGoesOnAsIfItHadNeverStopped(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 41))
			now := noon
			trackers := [2]*ErrorTracker{New(bounded), New(bounded)}
			both := func(do func(tr *ErrorTracker)) {
				for _, tr := range trackers {
					do(tr)
				}
			}
			if seed%3 > 0 {
				both(func(tr *ErrorTracker) {
					tr.UpdateSource(now, Source{Name: "log", Live: true, Samples: []Unreadable{{7, "?", "not JSON"}}})
				})
			}
			for step := range 400 {
				now = now.Add(pause(r) / 4)
				x := randomResult(r, now.Add(-time.Duration(r.Int64N(int64(time.Minute)))*time.Duration(r.IntN(2))))
				x.Breaker = BreakerState(r.IntN(4) * r.IntN(2))
				x.Message = fmt.Sprintf("it went wrong %c", 'a'+rune(r.IntN(12)))
				if r.IntN(3) == 0 {
					x.Evidence = &Evidence{Stack: strings.Repeat("at main.go\n", r.IntN(3)*1000), CertExpiry: now.Add(time.Hour)}
					x.ResetAt = now.Add(time.Duration(r.Int64N(int64(time.Hour))))
				}
				switch r.IntN(12) {
				case 0:
					both(func(tr *ErrorTracker) {
						tr.AddTargets(now, TargetInfo{Name: "t1", URL: "https://example.com", Interval: 20 * time.Second, Objective: 0.99})
					})
				case 1:
					both(func(tr *ErrorTracker) { tr.RemoveTargets(now, "t2") })
				case 2:
					both(func(tr *ErrorTracker) { tr.AddMark(now, Mark{Text: "deploy", Version: fmt.Sprint(step)}) })
					source := Source{Name: fmt.Sprint("pod", r.IntN(3)), State: []SourceState{SourceReading, SourceGone}[r.IntN(2)], Lines: uint64(step), LastSeen: now}
					both(func(tr *ErrorTracker) { tr.UpdateSource(now, source) })
					if r.IntN(4) == 0 {
						now = now.Add(-time.Duration(r.Int64N(int64(2 * time.Hour))))
					} else if r.IntN(3) == 0 {
						lost := Gap{From: now, To: now.Add(time.Duration(r.Int64N(int64(2 * time.Hour)))), Why: "stopped"}
						now = lost.To
						both(func(tr *ErrorTracker) { tr.AddGap(now, lost) })
					}
				case 3, 4:
					both(func(tr *ErrorTracker) {
						gate := tr.Gate("t0")
						generation, ok := gate.Allow(now)
						if y := x; ok {
							y.Origin, y.Inconclusive = OriginProbe, false
							gate.Observe(generation, &y, now)
						}
					})
				case 5:
					trackers[0] = New(bounded)
					if err := trackers[0].Restore(now, reread(t, trackers[1].State(now, Part{}))); err != nil {
						t.Fatal(err)
					}
				case 6, 7:
					both(func(tr *ErrorTracker) { tr.Snapshot(now) })
				case 8:
					sameContent(t, trackers[0], trackers[1], now, now.Add(-time.Duration(r.Int64N(int64(30*time.Hour)))))
				}
				both(func(tr *ErrorTracker) {
					tr.RecordBatch(now, Batch{Source: "log", Position: Position{Head: []byte("head"), Offset: int64(step)}, Results: []Result{x}})
				})
			}
			sameContent(t, trackers[0], trackers[1], now, now.Add(-time.Hour))
		})
	}
}

// bounded are settings whose bounds a short stream reaches.
var bounded = Settings{MaxGroups: 8, EvidenceBytes: 256 << 10}

func TestPositionsAreThoseOfTheResultsCounted(t *testing.T) {
	tr := live()
	for i := range 10 {
		tr.RecordBatch(noon, Batch{Source: "a.log", Position: Position{Head: []byte("first line"), Offset: int64(100 * (i + 1))}, Results: []Result{traffic(noon, "t", 500)}})
		tr.RecordBatch(noon, Batch{Source: "b.log", Position: Position{Head: []byte("other"), Offset: 7}})
		s := reread(t, tr.State(noon, Part{}))
		positions, err := s.Positions()
		if err != nil {
			t.Fatal(err)
		}
		again := restored(t, noon, s)
		if n := again.Snapshot(noon).Overall.Day.Requests; positions["a.log"].Offset != int64(100*n) || string(positions["b.log"].Head) != "other" {
			t.Fatalf("%d requests, positions %+v", n, positions)
		}
		if at, ok := again.Position("a.log"); !ok || at.Offset != int64(100*(i+1)) || string(at.Head) != "first line" {
			t.Fatalf("restored: %+v, %v", at, ok)
		}
	}
	tr.RecordBatch(noon, Batch{Source: "b.log"})
	if _, ok := tr.Position("b.log"); ok {
		t.Error("a position that was taken back is still there")
	}
}

// TestPartsOfADayAddUpToTheWhole saves each hour by itself, as a store does, and all but one of the targets.
func TestPartsOfADayAddUpToTheWhole(t *testing.T) {
	tr := live()
	begin := noon.Truncate(time.Hour)
	now := filled(tr, 5, 5*time.Hour+20*time.Minute, 20*time.Second)
	var parts []State
	for hour := begin; hour.Before(now); hour = hour.Add(time.Hour) {
		parts = append(parts, reread(t, tr.State(now, Part{From: hour, To: hour.Add(time.Hour)})))
	}
	got, want := essence(restored(t, now, parts...), now), essence(tr, now)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the sum of %d hours: got, want\n%s", len(parts), differences(got, want))
	}
	if tr := restored(t, now, tr.State(now, Part{From: now})); tr.Snapshot(now).Overall.Day.Requests != 5*60 {
		t.Errorf("of the last hour %d requests, want %d", tr.Snapshot(now).Overall.Day.Requests, 5*60)
	}
	one := restored(t, now, tr.State(now, Part{Targets: []string{"target-3"}})).Snapshot(now)
	if len(one.Targets) != 1 || one.Targets[0].Name != "target-3" || one.Overall.Day.Requests != one.Targets[0].Activity.Day.Requests {
		t.Errorf("of one target: %d targets, %d requests", len(one.Targets), one.Overall.Day.Requests)
	}
	whole, part := tr.State(now, Part{}), tr.State(now, Part{From: now, Targets: []string{"target-3"}})
	if len(part.encoded)*5 > len(whole.encoded) {
		t.Errorf("a part takes %d bytes, the whole %d", len(part.encoded), len(whole.encoded))
	}
}

// TestEveryFieldOfAResultIsKept fills every field of a result by reflection, so that none can be forgotten.
func TestEveryFieldOfAResultIsKept(t *testing.T) {
	n := 0
	var fill func(v reflect.Value)
	fill = func(v reflect.Value) {
		n++
		switch {
		case v.Type() == reflect.TypeFor[time.Time]():
			v.Set(reflect.ValueOf(noon.Add(time.Duration(n))))
		case v.Type() == reflect.TypeFor[Kind]():
			v.Set(reflect.ValueOf(KindServer))
		case v.Kind() == reflect.String:
			v.SetString(fmt.Sprint("text ", n))
		case v.Kind() == reflect.Bool:
			v.SetBool(true)
		case v.Kind() == reflect.Struct:
			for _, field := range v.Fields() {
				fill(field)
			}
		case v.Kind() == reflect.Pointer:
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem())
		case v.Kind() == reflect.Slice:
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
			fill(v.Index(0))
			fill(v.Index(1))
		case v.CanInt():
			v.SetInt(int64(100 + n))
		default:
			v.SetUint(1)
		}
	}
	var x Result
	fill(reflect.ValueOf(&x).Elem())
	x.Inconclusive, x.Origin = false, OriginTraffic
	y := x
	y.Evidence = &Evidence{Errors: []string{}, CertExpiry: time.Date(9999, 1, 1, 0, 0, 0, 5, time.UTC)}
	tr := live()
	tr.Record(noon, []Result{x, y})
	got := restored(t, noon, reread(t, tr.State(noon, Part{}))).Snapshot(noon)
	if want := tr.Snapshot(noon); !reflect.DeepEqual(got.Errors, want.Errors) || !reflect.DeepEqual(got.Groups, want.Groups) {
		t.Errorf("got  %+v\nwant %+v", got.Errors, want.Errors)
	}
	if got.Errors[0].Labels == nil || got.Errors[0].Labels != got.Errors[1].Labels {
		t.Error("labels that two results shared are shared no more")
	}
}

func TestAStateSaysWhatIsWrongWithIt(t *testing.T) {
	tr := live()
	filled(tr, 3, time.Hour, time.Minute)
	good := tr.State(noon, Part{}).encoded
	damaged := func(change func(b []byte) []byte) error {
		var s State
		return s.UnmarshalBinary(change(bytes.Clone(good)))
	}
	for i := 0; i < len(good); i += 1 + len(good)/500 {
		if err := damaged(func(b []byte) []byte { b[i] ^= 0x10; return b }); err == nil {
			t.Fatalf("no error with byte %d changed", i)
		}
		if err := damaged(func(b []byte) []byte { return b[:i] }); err == nil && i > 0 {
			t.Fatalf("no error for the first %d of %d bytes", i, len(good))
		}
	}
	err := damaged(func(b []byte) []byte { b[len(stateMagic)] = stateMajor + 1; return b })
	if !errors.Is(err, ErrNewerState) || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("a newer state: %v", err)
	}
	if err := damaged(func(b []byte) []byte { return append([]byte("SQLite format 3\x00"), b...) }); err == nil || !strings.Contains(err.Error(), "not a state") {
		t.Errorf("another file: %v", err)
	}
	if err := live().Restore(noon, State{good}); err == nil {
		t.Error("restored into a tracker that is not new")
	}
	var empty State
	if err := empty.UnmarshalBinary(nil); err != nil || !empty.At().IsZero() || New(Settings{}).Restore(noon, empty) != nil {
		t.Errorf("an empty state: %v", err)
	}
}

// TestWhatALaterVersionAddedIsSkipped appends a section and fields that nobody knows.
func TestWhatALaterVersionAddedIsSkipped(t *testing.T) {
	tr := live()
	now := filled(tr, 3, time.Hour, time.Minute)
	s := tr.State(now, Part{})
	b := bytes.Clone(s.encoded[:len(s.encoded)-4])
	b[len(stateMagic)+1] = stateMinor + 1
	b = append(b, 0xff, 0x01, 3, 0, 0, 0, 'n', 'e', 'w') // tag 255
	b = binary.LittleEndian.AppendUint32(b, stateSum(b))
	var later State
	if err := later.UnmarshalBinary(b); err != nil {
		t.Fatal(err)
	}
	sameContent(t, restored(t, now, later), tr, now, now.Add(-time.Minute))
}

// FuzzState: whatever bytes stand in a state whose checksum is right, it is refused or restored, and then can be looked at,
// filled, and saved again.
func FuzzState(f *testing.F) {
	tr := live()
	filled(tr, 2, time.Hour, time.Minute)
	tr.Gate("target-1")
	tr.RecordBatch(noon.Add(time.Hour), Batch{Source: "log", Position: Position{Offset: 5}})
	good := tr.State(noon.Add(time.Hour), Part{}).encoded
	f.Add(good[headerSize:len(good)-4], uint16(0), byte(0))
	f.Add(good[headerSize:len(good)-4], uint16(900), byte(0xff))
	f.Add([]byte{sectionClock, 9, 0, 0, 0, 0xff, 0xff}, uint16(0), byte(0))
	f.Fuzz(func(t *testing.T, content []byte, at uint16, flip byte) {
		b := append([]byte(stateMagic), stateMajor, stateMinor, 0, 0, 0, 0, 0, 0, 0, 0)
		b = append(b, content...)
		if len(content) > 0 {
			b[headerSize+int(at)%len(content)] ^= flip
		}
		b = binary.LittleEndian.AppendUint32(b, stateSum(b))
		var s State
		if err := s.UnmarshalBinary(b); err != nil {
			t.Fatalf("not even read: %v", err)
		}
		now := noon.Add(2 * time.Hour)
		if _, err := s.Positions(); err != nil && !errors.Is(err, errDamaged) {
			t.Fatal(err)
		}
		tr := New(Settings{})
		if err := tr.Restore(now, s); err != nil {
			if len(tr.targets) > 0 || !errors.Is(err, errDamaged) {
				t.Fatalf("%d targets after %v", len(tr.targets), err)
			}
			return
		}
		if _, err := View(now, Settings{}, map[OriginID]State{"a": s, "b": s}); err != nil {
			t.Fatalf("restored, but not added: %v", err)
		}
		tr.Record(now, []Result{traffic(now, "target-1", 500), traffic(now, "target-1", 200)})
		tr.Snapshot(now)
		tr.SnapshotAt(now, now.Add(-time.Hour))
		restored(t, now, tr.State(now, Part{}))
	})
}
