package tracker

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// keeper keeps a tracker as a store does: the newest of each part.
type keeper struct {
	mark KeptMark
	kept Kept
}

func (k *keeper) keep(tr *ErrorTracker, now time.Time) {
	kept, mark, ok := tr.Keep(now, k.mark)
	if !ok {
		return
	}
	if kept.Earlier.At().IsZero() {
		kept.Earlier = k.kept.Earlier
	}
	k.kept, k.mark = kept, mark
}

// TestWhatIsKeptIsTheWhole keeps a tracker at random moments and restores it at some of them: it then goes on as one that never stopped.
func TestWhatIsKeptIsTheWhole(t *testing.T) {
	for seed := range uint64(16) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 43))
			now := noon
			trackers := [2]*ErrorTracker{New(bounded), New(bounded)}
			var keep keeper
			both := func(do func(tr *ErrorTracker)) {
				for _, tr := range trackers {
					do(tr)
				}
			}
			if seed%3 > 0 {
				both(func(tr *ErrorTracker) { tr.UpdateSource(now, Source{Name: "log", Live: true}) })
			}
			for step := range 600 {
				now = now.Add(pause(r) / 3)
				late := time.Duration(r.Int64N(int64(time.Minute))) * time.Duration(r.IntN(2))
				if r.IntN(40) == 0 {
					late = time.Duration(r.Int64N(int64(20 * time.Hour)))
				}
				x := randomResult(r, now.Add(-late))
				x.Message = fmt.Sprintf("it went wrong %c", 'a'+rune(r.IntN(12)))
				if r.IntN(3) == 0 {
					x.Evidence = &Evidence{Stack: strings.Repeat("at main.go\n", r.IntN(3)*100)}
				}
				both(func(tr *ErrorTracker) {
					tr.RecordBatch(now, Batch{Source: "log", Position: Position{Head: []byte("head"), Offset: int64(step)}, Results: []Result{x}})
				})
				switch r.IntN(14) {
				case 0:
					both(func(tr *ErrorTracker) {
						tr.AddTargets(now, TargetInfo{Name: "t1", URL: "https://example.com", Interval: 20 * time.Second, Objective: 0.99})
					})
				case 1:
					if r.IntN(4) == 0 {
						both(func(tr *ErrorTracker) { tr.RemoveTargets(now, "t2") })
					}
				case 2:
					both(func(tr *ErrorTracker) { tr.AddMark(now, Mark{Text: "deploy", Version: fmt.Sprint(step)}) })
				case 3:
					if r.IntN(3) == 0 {
						lost := Gap{From: now, To: now.Add(time.Duration(r.Int64N(int64(2 * time.Hour)))), Why: "stopped"}
						now = lost.To
						both(func(tr *ErrorTracker) { tr.AddGap(now, lost) })
					}
				case 4, 5, 6, 7:
					keep.keep(trackers[1], now)
				case 8:
					keep.keep(trackers[1], now)
					trackers[0] = New(bounded)
					if err := trackers[0].Restore(now, reread(t, keep.kept.Now), reread(t, keep.kept.Earlier)); err != nil {
						t.Fatal(err)
					}
				case 9, 10:
					both(func(tr *ErrorTracker) { tr.Snapshot(now) })
				case 11:
					sameContent(t, trackers[0], trackers[1], now, now.Add(-time.Duration(r.Int64N(int64(30*time.Hour)))))
				}
			}
			now = now.Add(time.Hour) // by when no reason says how many seconds ago something was seen
			sameContent(t, trackers[0], trackers[1], now, now.Add(-time.Hour))
		})
	}
}

func TestNothingIsKeptWhileASourceHasReadMoreThanItsPositionSays(t *testing.T) {
	tr := live()
	tr.RecordBatch(noon, Batch{Source: "a.log", Unplaced: true, Results: []Result{traffic(noon, "t", 500)}})
	if _, _, ok := tr.Keep(noon, KeptMark{}); ok {
		t.Fatal("kept results without the position that belongs to them")
	}
	at := Position{Head: []byte("b"), Offset: 5, Older: []Position{{Head: []byte("a"), Offset: 900}}}
	tr.RecordBatch(noon, Batch{Source: "a.log", Position: at})
	kept, mark, ok := tr.Keep(noon, KeptMark{})
	if !ok {
		t.Fatal("nothing kept although the position is known")
	}
	again := restored(t, noon, kept.Now, kept.Earlier)
	if got, _ := again.Position("a.log"); len(got.Older) != 1 || got.Older[0].Offset != 900 || got.Offset != 5 {
		t.Errorf("position %+v, want %+v", got, at)
	}
	if _, _, ok := tr.Keep(noon, mark); ok {
		t.Error("kept again what had not changed")
	}
}

// TestTheHoursBeforeAreKeptAgainOnlyWhenTheyChanged holds what is written every few seconds small.
func TestTheHoursBeforeAreKeptAgainOnlyWhenTheyChanged(t *testing.T) {
	tr := live()
	now := filled(tr, 5, 5*time.Hour+20*time.Minute, 20*time.Second)
	first, mark, _ := tr.Keep(now, KeptMark{})
	tr.Record(now, []Result{traffic(now, "target-1", 500)})
	second, mark, _ := tr.Keep(now, mark)
	tr.Record(now, []Result{traffic(now.Add(-time.Hour), "target-1", 500)})
	third, mark, _ := tr.Keep(now, mark)
	now = now.Add(time.Hour)
	fourth, _, _ := tr.Keep(now, mark)
	for i, kept := range []Kept{first, second, third, fourth} {
		if has := !kept.Earlier.At().IsZero(); has != (i != 1) {
			t.Errorf("%d: the hours before: %v", i, has)
		}
	}
}

func TestRestoreKeepsTheTargetsThatWereAddedBefore(t *testing.T) {
	tr := live()
	tr.Record(noon, []Result{traffic(noon, "old", 500)})
	kept, _, _ := tr.Keep(noon, KeptMark{})
	again := New(Settings{})
	again.AddTargets(noon, TargetInfo{Name: "new", Interval: time.Minute}, TargetInfo{Name: "old", Interval: time.Minute})
	if err := again.Restore(noon, kept.Now, kept.Earlier); err != nil {
		t.Fatal(err)
	}
	s := again.Snapshot(noon)
	if s.find("new") == nil || s.find("old").Activity.Day.Requests != 1 || !s.find("old").Probed {
		t.Errorf("restored: %+v", s.Targets)
	}
	again.Record(noon, []Result{traffic(noon, "old", 500)})
	if again.Restore(noon, kept.Now) == nil {
		t.Error("restored over results")
	}
}
