package engine

import (
	"context"
	"testing"
	"time"

	"errtop/internal/config"
)

// TestAReloadIsSeenByWhoAsksNext asks for a snapshot right before and right after settings are read again.
func TestAReloadIsSeenByWhoAsksNext(t *testing.T) {
	settings := func(names ...string) *config.Config {
		s := config.Default()
		for _, name := range names {
			s.Targets = append(s.Targets, config.Target{Name: name, URL: "http://127.0.0.1:1", Method: "GET", Interval: config.Duration(time.Hour)})
		}
		return s
	}
	e, err := New(Options{Settings: settings("a"), Load: func(context.Context) (*config.Config, error) { return settings("a", "b"), nil }})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	if n := len(e.Snapshot(now).Targets); n != 1 {
		t.Fatalf("%d targets at first", n)
	}
	if err := e.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(e.Snapshot(now).Targets); n != 2 {
		t.Errorf("%d targets after a reload", n)
	}
}
