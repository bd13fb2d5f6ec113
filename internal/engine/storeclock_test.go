package engine

import (
	"path/filepath"
	"testing"
	"time"

	"errtop/internal/config"
	"errtop/tracker"
)

// clocked is an engine that remembers, under a clock that a test sets.
type clocked struct {
	*Engine
	t     *testing.T
	path  string
	now   time.Time
	given uint64 // requests, in all runs
}

func newClocked(t *testing.T, now time.Time) *clocked {
	c := &clocked{t: t, path: filepath.Join(t.TempDir(), "x.db"), now: now}
	c.start()
	t.Cleanup(func() { _ = c.storing.store.Close() })
	return c
}

// start starts a run.
func (c *clocked) start() {
	c.t.Helper()
	if c.begin(); c.storing.store == nil {
		c.t.Fatalf("no store: %+v", c.storing.shown)
	}
}

// begin starts a run, whether the store can be opened or not.
func (c *clocked) begin() {
	c.t.Helper()
	e, err := New(Options{Settings: config.Default(), Store: StoreOptions{Path: c.path}})
	if err != nil {
		c.t.Fatal(err)
	}
	c.Engine = e
	e.storing.clock = func() time.Time { return c.now }
	e.storing.open(c.t.Context())
	e.tracker.UpdateSource(c.now, tracker.Source{Name: "log", Live: true})
}

// restart kills the run, and starts another.
func (c *clocked) restart() {
	c.t.Helper()
	if err := c.storing.store.Close(); err != nil {
		c.t.Fatal(err)
	}
	c.storing.setStore(nil)
	c.start()
}

// live lets time go by with a request every half minute.
func (c *clocked) live(d time.Duration) {
	for end := c.now.Add(d); c.now.Before(end); c.now = c.now.Add(30 * time.Second) {
		c.tracker.Record(c.now, []tracker.Result{{Time: c.now, Target: "api", Source: "log", Status: 200, Latency: 20 * time.Millisecond}})
		c.given++
		c.storing.tick(c.t.Context(), c.now)
	}
}

// set sets the clock.
func (c *clocked) set(d time.Duration) { c.now = c.now.Add(d) }

// kept returns how many requests hours and the running hour have.
func (c *clocked) kept() (n uint64) {
	c.t.Helper()
	c.storing.past.next, c.storing.past.stale = time.Time{}, true // the hour may be over since the last look
	c.storing.keepPast(c.t.Context(), c.now)
	if err := c.storing.store.SaveHours(c.t.Context(), c.tracker.Hours(c.now, c.now.Truncate(time.Hour))); err != nil {
		c.t.Fatal(err)
	}
	bars, err := c.storing.store.Bars(c.t.Context(), "", time.Unix(0, 0), time.Unix(1<<33, 0))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, bar := range bars {
		n += bar.Requests
	}
	return n
}

// want compares what is kept with what was given. Of each jump some seconds may be lost: what was not kept yet when the tracker forgot it.
func (c *clocked) want(what string, jumps uint64) {
	c.t.Helper()
	if n := c.kept(); n > c.given || n+2*jumps < c.given {
		c.t.Errorf("%s: %d of %d requests are kept", what, n, c.given)
	}
	if state := c.storing.shown; state.State == tracker.SourceFailed {
		c.t.Errorf("%s: the store has failed: %s", what, state.Problem)
	}
}

var clockStart = time.Date(2026, 3, 4, 12, 17, 0, 0, time.UTC)

const year = 365 * 24 * time.Hour

// TestAClockThatIsSetLosesNothing sets the clock while an engine runs and between its runs.
func TestAClockThatIsSetLosesNothing(t *testing.T) {
	jumps := []time.Duration{-24 * time.Hour, year, -10 * time.Minute, -time.Hour, -90 * time.Minute, -40 * 24 * time.Hour, 2 * time.Hour, 26 * time.Hour}
	if testing.Short() {
		jumps = jumps[:3]
	}
	for _, by := range jumps {
		t.Run(by.String(), func(t *testing.T) {
			t.Parallel()
			c := newClocked(t, clockStart)
			c.live(3*time.Hour + 20*time.Minute)
			c.want("before", 0)
			c.set(by)
			c.live(2*time.Hour + 10*time.Minute)
			c.want("set while it runs", 1)
			c.set(-by)
			c.live(2*time.Hour + 5*time.Minute)
			c.want("set right while it runs", 2)
			c.restart()
			c.live(time.Hour)
			c.want("after a restart", 3)
			c.set(by)
			c.restart()
			c.live(2*time.Hour + 10*time.Minute)
			c.want("set between runs", 4)
			c.set(-by)
			c.restart()
			c.live(2*time.Hour + 10*time.Minute)
			c.want("set right between runs", 5)
			if minute := c.Snapshot(c.now).Overall.Minute; minute.Requests < 1 {
				t.Errorf("what comes is not counted: %+v", minute)
			}
		})
	}
}

// TestAClockAYearAheadForADayForgetsNothingOld keeps 60 days, lets the clock be a year ahead for a day, and compares.
func TestAClockAYearAheadForADayForgetsNothingOld(t *testing.T) {
	t.Parallel()
	c := newClocked(t, clockStart)
	for day := range 60 {
		h := tracker.Hour{Target: "api", Start: clockStart.AddDate(0, 0, -day-1).Truncate(time.Hour), Counts: []tracker.HourCount{{Outcome: tracker.Outcome{Status: 200}}}}
		h.Counts[0].Minutes[30] = 7
		if err := c.storing.store.SaveHours(t.Context(), []tracker.Hour{h}); err != nil {
			t.Fatal(err)
		}
		c.given += 7
	}
	c.live(2 * time.Hour)
	c.set(year)
	ahead := 24 * time.Hour
	if testing.Short() {
		ahead = 5 * time.Hour
	}
	c.live(ahead)
	c.restart()
	c.live(2 * time.Hour)
	c.set(-year)
	c.live(2 * time.Hour)
	c.want("a day a year ahead", 3)
	hours, err := c.storing.store.Hours(t.Context(), "api", clockStart.AddDate(0, 0, -60), clockStart.AddDate(0, 0, -1).Truncate(time.Hour).Add(time.Hour))
	if err != nil || len(hours) != 60 {
		t.Fatalf("%d of 60 hours, %v", len(hours), err)
	}
	for i := range hours {
		if hours[i].Counts[0].Minutes[30] != 7 {
			t.Fatalf("the minutes of %v are gone", hours[i].Start)
		}
	}
	c.set(100 * 24 * time.Hour) // and this time it is right: what is old is thinned, a little at a time
	for range 720 {
		c.now = c.now.Add(61 * time.Minute)
		c.storing.tick(t.Context(), c.now)
	}
	info, err := c.storing.store.Info(t.Context())
	if err != nil || info.ThinnedRows < 55 {
		t.Errorf("%d hours were thinned after 130 days, %v", info.ThinnedRows, err)
	}
}
