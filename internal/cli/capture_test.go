//go:build unix

package cli

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"errtop/internal/config"
	"errtop/internal/engine"
)

// noises are what libraries write over a screen, in letters that nothing else on it has.
var noises = []string{"QQQQ", "JJJJ", "ZZZZ", "XXXX"}

// noisyDashboard is a dashboard with a source that makes every noise once the first picture stands, and the same after it.
func noisyDashboard() {
	app := &app{Process: testProcess()}
	app.Err, _ = duplicate(os.Stderr)
	d := newDashboard(config.Default())
	d.options.Sources = []engine.Source{func(ctx context.Context, _ engine.Intake) error {
		noise := []func(){
			func() { log.Print("QQQQ") },
			func() { slog.Warn("JJJJ") },
			func() { fmt.Fprintln(os.Stderr, "ZZZZ") },
			func() { println("XXXX") },
		}
		for n := 0; ; n++ { // again and again: a busy machine may not draw a notice before the next comes
			noise[n%len(noise)]()
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(700 * time.Millisecond):
			}
		}
	}}
	err := app.dashboard(context.Background(), d)
	log.Print("after-the-screen")
	os.Exit(report(os.Stderr, err))
}

func TestWhatIsWrittenToStandardErrorBecomesANoticeWhileAScreenIsUp(t *testing.T) {
	t.Parallel()
	s := start(t, nil, "errtop-noisy")
	for _, noise := range noises {
		s.waitFor(noise)
	}
	s.press("q")
	if status := s.waitExit(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	out := s.text()
	for _, noise := range noises {
		at := strings.Index(out, noise)
		if before := out[max(0, at-80):at]; !strings.Contains(before, "standard error:") && !strings.Contains(before, "\x1b[") {
			t.Errorf("%s was written over the screen: %q", noise, out[max(0, at-80):at+20])
		}
		if strings.Contains(out, noise+"\r\n") || strings.Contains(out, noise+"\n") {
			t.Errorf("%s was written as a line of its own", noise)
		}
	}
	if left := strings.LastIndex(out, "\x1b[?1049l"); !strings.Contains(out[left:], "after-the-screen") {
		t.Errorf("standard error is not given back:\n%q", out[left:])
	}
}
