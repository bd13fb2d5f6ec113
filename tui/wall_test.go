package tui

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"errtop/internal/terminal"
	"errtop/tracker"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// sluggish is a terminal that takes nothing until its gate opens.
type sluggish struct {
	gate chan struct{}

	mu   sync.Mutex
	sum  int
	last []byte
}

func (s *sluggish) Write(p []byte) (int, error) {
	<-s.gate
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sum += len(p)
	s.last = append(s.last[:0], p...)
	return len(p), nil
}

func (s *sluggish) wrote() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sum
}

// quiet is a terminal that nothing ever happens to.
type quiet struct {
	in io.Reader
	io.Writer
}

func (q quiet) Keys() io.Reader          { return q.in }
func (quiet) Size() (w, h int)           { return 80, 24 }
func (quiet) Raw() (func() error, error) { return func() error { return nil }, nil }
func (quiet) Suspend(bool) error         { return nil }
func (quiet) Next(ctx context.Context) terminal.Event {
	<-ctx.Done()
	return terminal.None
}

// watch runs a dashboard inside a bubble on out, and returns what ends it and how it ended.
func watch(t *testing.T, tr *tracker.ErrorTracker, in io.Reader, out io.Writer, count func()) (stop context.CancelFunc, ended chan error) {
	t.Helper()
	changed, unwatch := tr.Watch()
	t.Cleanup(unwatch)
	ctx, cancel := context.WithCancelCause(t.Context())
	o, err := Options{Engine: tr, Environ: []string{"TERM=xterm-256color"}, Location: time.UTC, Now: func() time.Time {
		if count != nil {
			count()
		}
		return time.Now()
	}}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	f := &feed{ctx: ctx, engine: tr, changed: changed, now: o.Now, refresh: o.Refresh}
	h := newHost(o, f, quiet{in, out}, colorprofile.ANSI256, cancel)
	ended = make(chan error, 1)
	go func() { ended <- h.serve(ctx) }()
	return func() { cancel(nil) }, ended
}

func TestTenMinutesWithoutAReaderLoseNothing(t *testing.T) {
	for name, resumes := range map[string]bool{"and then it reads again": true, "and then it is told to end": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := tracker.New(tracker.Settings{})
				tr.UpdateSource(time.Now(), tracker.Source{Name: "load", State: tracker.SourceReading, Live: true})
				keys, typed := io.Pipe()
				out := &sluggish{gate: make(chan struct{})}
				stop, ended := watch(t, tr, keys, out, nil)
				const every = 50 * time.Millisecond
				sent := 0
				for began := time.Now(); time.Since(began) < 10*time.Minute; sent += 50 {
					time.Sleep(every)
					before := time.Now()
					batch := make([]tracker.Result, 50)
					for i := range batch {
						batch[i] = tracker.Result{Time: before, Target: "kling", Source: "load", Status: 500, Kind: tracker.KindServer, Error: "Generation failed"}
					}
					tr.Record(before, batch)
					if took := time.Since(before); took > 0 {
						t.Fatalf("a source waited %v for the terminal", took)
					}
				}
				if got := tr.Snapshot(time.Now()).Overall.Hour.Errors; got != uint64(sent) {
					t.Errorf("%d of %d errors were counted", got, sent)
				}
				if out.wrote() > 0 {
					t.Fatal("somebody has read")
				}
				if resumes {
					close(out.gate)
					time.Sleep(2 * time.Second)
					synctest.Wait()
					if out.wrote() == 0 || out.wrote() > 64<<10 {
						t.Errorf("%d bytes were sent when it read again: a picture, and not the story of ten minutes", out.wrote())
					}
				}
				asked := time.Now()
				stop()
				if err := <-ended; resumes && err != nil || !resumes && !errors.Is(err, terminal.ErrStuck) {
					t.Errorf("it ended with %v", err)
				}
				if took := time.Since(asked); took > time.Second {
					t.Errorf("it took %v to end", took)
				}
				if !resumes {
					close(out.gate) // lets the writer end
				} else if want := ansi.ShowCursor; string(out.last[max(0, len(out.last)-len(want)):]) != want {
					t.Errorf("the last that was written is %q", out.last)
				}
				_ = typed.Close()
				synctest.Wait()
			})
		})
	}
}

// The bar is a processor that sleeps: an idle minute at the default refresh is sixty steps of the clock, and the windows that
// slide every five seconds.
func TestAnIdleMinuteWakesOnlyForTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := tracker.New(tracker.Settings{})
		tr.UpdateSource(time.Now(), tracker.Source{Name: "load", State: tracker.SourceReading, Live: true})
		tr.Record(time.Now(), []tracker.Result{{Time: time.Now(), Target: "kling", Source: "load", Status: 200}})
		keys, typed := io.Pipe()
		out := &sluggish{gate: make(chan struct{})}
		close(out.gate)
		var asked atomic.Int64
		stop, ended := watch(t, tr, keys, out, func() { asked.Add(1) })
		time.Sleep(2*time.Hour + time.Second/2) // what was recorded has left every window that the screen shows
		synctest.Wait()
		before, wrote := asked.Load(), out.wrote()
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := asked.Load() - before; got > 60*3 { // a step asks for the time to sleep until the second, when it is over, and of a snapshot
			t.Errorf("the clock was looked at %d times in an idle minute", got)
		}
		if got := out.wrote() - wrote; got > 60*12 {
			t.Errorf("%d bytes were sent in an idle minute", got)
		}
		t.Logf("the clock was looked at %d times, %d bytes were sent", asked.Load()-before, out.wrote()-wrote)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		_ = typed.Close()
		synctest.Wait()
	})
}
