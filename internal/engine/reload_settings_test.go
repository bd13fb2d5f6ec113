package engine

import (
	"context"
	"errors"
	"testing"

	"errtop/internal/config"
)

// Settings that were read again are handed on, with targets or without, and never ones that were refused.
func TestWhoeverAskedIsToldOfNewSettings(t *testing.T) {
	for _, targets := range [][]config.Target{nil, {{Name: "a", URL: "http://127.0.0.1:9/", Method: "GET", Interval: config.Duration(1e9), Timeout: config.Duration(1e9)}}} {
		settings, next := config.Default(), config.Default()
		settings.Targets, next.Targets = targets, targets
		next.Runbooks = []config.Runbook{{When: "true", Say: "call Ann"}}
		var refuse error
		var told []*config.Config
		e, err := New(Options{
			Settings: settings, Load: func(context.Context) (*config.Config, error) { return next, refuse },
			Reloaded: func(c *config.Config) { told = append(told, c) },
		})
		if err != nil {
			t.Fatal(err)
		}
		if !e.CanReload() {
			t.Error("the settings cannot be read again")
		}
		if err := e.Reload(t.Context()); err != nil || len(told) != 1 || told[0] != next {
			t.Errorf("%d targets: told %d times, %v", len(targets), len(told), err)
		}
		refuse = errors.New("runbooks[0].when: not an expression")
		if err := e.Reload(t.Context()); !errors.Is(err, refuse) || len(told) != 1 {
			t.Errorf("%d targets: refused settings were told: %v", len(targets), err)
		}
	}
}
