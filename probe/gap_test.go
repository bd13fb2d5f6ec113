package probe

import (
	"container/heap"
	"context"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"errtop/internal/safego"
	"errtop/tracker"
)

// These tests run outside of a bubble of testing/synctest, whose times have no monotonic clock; every time is passed in.

// moveWall moves a time's wall clock but not its monotonic one, as the system does when somebody sets the clock and, on
// Linux, when the machine wakes up. Package time offers no such thing: seconds stand above 30 bits of nanoseconds.
func moveWall(t *testing.T, at time.Time, by time.Duration) time.Time {
	t.Helper()
	moved := at
	*(*uint64)(unsafe.Pointer(&moved)) += uint64(by/time.Second) << 30
	if got := moved.Round(0).Sub(at.Round(0)); got != by || moved.Sub(at) != 0 {
		t.Fatalf("the layout of time.Time is another: wall clock moved by %v, monotonic by %v", got, moved.Sub(at))
	}
	return moved
}

// watchedLoop returns a loop with targets in its queue, whose clock can be moved, and its notices.
func watchedLoop(t *testing.T, targets []Target) (*loop, *[]string) {
	t.Helper()
	var notices []string
	marks := 0
	p := New(Options{
		Notice: func(text string) { notices = append(notices, text) },
		Mark: func(m tracker.Mark) {
			if marks++; marks != len(notices) || m.Text != notices[marks-1] || m.At.IsZero() || m.Source != SourceName {
				t.Errorf("mark %+v after the notices %q", m, notices)
			}
		},
	})
	t.Cleanup(func() {
		if marks != len(notices) {
			t.Errorf("%d marks for %d notices", marks, len(notices))
		}
	})
	p.ask = wellAtOnce
	if err := p.Set(targets); err != nil {
		t.Fatal(err)
	}
	l := newLoop(p, new(safego.Group))
	l.applyPlans(time.Now())
	return l, &notices
}

func wellAtOnce(context.Context, *plan, int) tracker.Result { return tracker.Result{Status: 200} }

func TestClockMovedByADayIsOneNoticeAndNoBurst(t *testing.T) {
	for by, want := range map[time.Duration]string{
		24 * time.Hour:  "the clock jumped ahead by 24 hours: the machine was suspended, or the clock was set",
		-24 * time.Hour: "the clock was set back by 24 hours",
		time.Hour:       "the clock jumped ahead by 60 minutes: the machine was suspended, or the clock was set",
	} {
		l, notices := watchedLoop(t, numbered(1000, Target{Interval: 30 * time.Second}))
		start := time.Now()
		l.watchClock(start)
		l.planned = start.Add(time.Second)
		now := moveWall(t, start.Add(time.Second), by)
		for range 5 { // rounds of the loop
			l.watchClock(now)
			l.planned = now.Add(time.Second)
			now = now.Add(time.Second)
		}
		if !slices.Equal(*notices, []string{want}) {
			t.Errorf("moved by %v: notices %q, want one: %q", by, *notices, want)
		}
		due := 0
		for _, e := range l.queue {
			if !e.due.After(now) {
				due++
			}
		}
		if due > 1000/30*8 { // what six seconds hold
			t.Errorf("moved by %v: %d probes are due at once", by, due)
		}
		if l.gap.IsZero() {
			t.Errorf("moved by %v: the gap is not kept", by)
		}
	}
}

// TestSuspendIsOneNoticeAndNoBurst has a loop that wakes hours late: the monotonic clock went on, as on systems whose clock
// counts sleep, or the process was stopped.
func TestSuspendIsOneNoticeAndNoBurst(t *testing.T) {
	l, notices := watchedLoop(t, numbered(1000, Target{Interval: 30 * time.Second}))
	start := time.Now()
	l.watchClock(start)
	l.planned = start.Add(time.Second)
	now := start.Add(8*time.Hour + time.Second)
	l.watchClock(now)
	if len(*notices) != 1 || !strings.HasPrefix((*notices)[0], "nothing was probed for 8 hours") {
		t.Errorf("%q", *notices)
	}
	perSecond := map[int]int{}
	for l.queue.Len() > 0 {
		e := heap.Pop(&l.queue).(*entry)
		if e.due.Before(now) {
			t.Fatalf("%s is due %v before the end of the suspend: it would be caught up", e.plan.Name, now.Sub(e.due))
		}
		perSecond[int(e.due.Sub(now).Seconds())]++
	}
	for second, n := range perSecond {
		if n > 2*1000/30+10 {
			t.Errorf("%d probes in second %d after the suspend", n, second)
		}
	}
	if l.health.skipped == 0 {
		t.Error("what was left out is not counted")
	}
}

// TestFailureOverAGapSaysNothing lands requests that were in flight when time was lost.
func TestFailureOverAGapSaysNothing(t *testing.T) {
	l, _ := watchedLoop(t, numbered(3, Target{Interval: 30 * time.Second}))
	start := time.Now()
	l.watchClock(start)
	l.planned = start.Add(time.Second)
	land := func(e *entry, began, now time.Time, kind tracker.Kind) tracker.Result {
		l.queue.remove(e)
		e.cancel = func() {}
		l.inFlight++
		l.hosts[e.plan.host]++
		l.complete(finished{entry: e, plan: e.plan, attempt: e.plan.Attempts, started: began, result: tracker.Result{Kind: kind}}, now)
		return l.batch[len(l.batch)-1]
	}
	entries := slices.Clone(l.queue)
	now := moveWall(t, start.Add(2*time.Second), time.Hour)
	l.watchClock(now)
	if r := land(entries[0], start, now, tracker.KindTimeout); !r.Inconclusive {
		t.Error("a failure over the gap counts against its target")
	}
	if r := land(entries[1], start, now, tracker.KindOK); r.Inconclusive {
		t.Error("an answer is an answer")
	}
	if r := land(entries[2], now.Add(time.Second), now.Add(2*time.Second), tracker.KindTimeout); r.Inconclusive {
		t.Error("a failure after the gap counts")
	}
}
