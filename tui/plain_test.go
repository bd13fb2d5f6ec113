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

func TestPlainFollowsTheTrackerUntilItIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := tracker.New(tracker.Settings{})
		r, w := io.Pipe()
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- Plain(ctx, w, Options{Engine: tr, Location: time.UTC, Environ: []string{}}) }()
		lines := bufio.NewScanner(r)
		read := make(chan string, 100)
		go func() {
			for lines.Scan() {
				read <- lines.Text()
			}
			close(read)
		}()
		now := time.Now()
		tr.UpdateSource(now, tracker.Source{Name: "test", State: tracker.SourceReading, Live: true})
		tr.Record(now, []tracker.Result{{Time: now, Target: "a\x1b[2Jb", Status: 500, Kind: tracker.KindServer, Error: "boom", Source: "test"}})
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
	s.m.Update(newsMsg{now: noon, snap: calmBefore})
	s.m.Update(newsMsg{now: noon, snap: failing})
	p, _ := s.m.picture()
	if strings.Count(p.Tell, "\a") != 3 || !strings.HasPrefix(p.Tell, "\a\x1b]9;errtop: 4;1;50") || strings.Contains(p.Tell, "\x1b]0;") {
		t.Errorf("told %q", p.Tell)
	}
	if p.Title != "1✖ errtop" {
		t.Errorf("the title is %q", p.Title)
	}
	s.m.options.Environ = []string{"STY=1.x"}
	if title := s.m.title(); title != "1X errtop" {
		t.Errorf("inside screen the title is %q", title)
	}
	s.m.Update(newsMsg{now: noon, snap: failing})
	if p, _ := s.m.picture(); p.Tell != "" {
		t.Errorf("it rings again: %q", p.Tell)
	}
	if p.Loaded != 61 {
		t.Errorf("%d %% of the files are read, not 61", p.Loaded)
	}
}
