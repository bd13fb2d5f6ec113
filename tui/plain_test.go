package tui

import (
	"bufio"
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"errtop/tracker"
)

func TestPlainWritesALineForEachChangeAndNoneWithout(t *testing.T) {
	before := incident()
	for i := range before.Targets {
		before.Targets[i].State = tracker.Healthy
	}
	before.Groups, before.Breakers = before.Groups[1:], nil
	var out strings.Builder
	if err := writeChanges(&out, changes(before, incident()), time.UTC); err != nil {
		t.Fatal(err)
	}
	want := `2026-11-22T14:02:07Z kling failing, was ok: 88 % of requests fail; 429 Rate limit exceeded. Try again in {n} seconds; Wait for the reset, lower the rate, raise the quota.
2026-11-22T14:02:07Z kling new error: 429 Rate limit exceeded. Try again in {n} seconds
2026-11-22T14:02:07Z kling gate breaker CLOSED to OPEN: 5 failures in a row
2026-11-22T14:20:07Z flux/dev degraded, was ok: 2.9 % of requests fail; 500 Generation failed. upstream timed out; Check the provider; fail over if it persists.
2026-11-22T14:28:07Z runway/gen3 stale, was ok: no news for 4m, expected every 30s
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
	if list := changes(incident(), incident()); len(list) != 0 {
		t.Errorf("without a change there are %v", list)
	}
}

func TestPlainFollowsTheTrackerUntilItIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := tracker.New(tracker.Settings{})
		r, w := io.Pipe()
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- Plain(ctx, w, Options{Tracker: tr, Location: time.UTC, Environ: []string{}}) }()
		lines := bufio.NewScanner(r)
		read := make(chan string, 100)
		go func() {
			for lines.Scan() {
				read <- lines.Text()
			}
			close(read)
		}()
		now := time.Now()
		tr.UpdateSource(now, tracker.Source{Name: "test", State: tracker.Reading, Live: true})
		tr.Record(now, []tracker.Result{{Time: now, Target: "a\x1b[2Jb", Status: 500, Kind: tracker.Server, Error: "boom", Source: "test"}})
		synctest.Wait()
		time.Sleep(time.Second)
		synctest.Wait()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		_ = w.Close()
		var all strings.Builder
		for line := range read {
			all.WriteString(line + "\n")
		}
		if !strings.Contains(all.String(), "new error: 500 boom") || strings.Contains(all.String(), "\x1b") {
			t.Errorf("%q", all.String())
		}
	})
}

func TestATargetThatBeginsToFailRingsOnce(t *testing.T) {
	s := visit(t, 80, 24, calm(), func(o *Options) { o.Bell, o.Notify, o.Environ = true, true, []string{} })
	failing := incident()
	failing.Targets[0].Name = "4;1;50\x1b]0;evil\a"
	calmBefore := calm()
	calmBefore.Targets[0].Name = failing.Targets[0].Name
	s.m.Update(newsMsg{noon, calmBefore})
	s.m.Update(newsMsg{noon, failing})
	p, _ := s.m.picture()
	if strings.Count(p.tell, "\a") != 3 || !strings.HasPrefix(p.tell, "\a\x1b]9;errtop: 4;1;50") || strings.Contains(p.tell, "\x1b]0;") {
		t.Errorf("told %q", p.tell)
	}
	if p.title != "1✖ errtop" {
		t.Errorf("the title is %q", p.title)
	}
	s.m.Update(newsMsg{noon, failing})
	if p, _ := s.m.picture(); p.tell != "" {
		t.Errorf("it rings again: %q", p.tell)
	}
	if p.loaded != 61 {
		t.Errorf("%d %% of the files are read, not 61", p.loaded)
	}
}
