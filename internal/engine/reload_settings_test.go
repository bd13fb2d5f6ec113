package engine

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"errtop/internal/config"
	"errtop/tracker"
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

// Rules and receivers of new settings hold at once: a new receiver hears of what fires already, one that is gone hears nothing more, an
// alert of a rule that is gone ends, and a receiver that stayed goes on.
func TestRulesAndReceiversAreTakenUpWhileTheEngineRuns(t *testing.T) {
	heard := make(chan string, 100)
	serve := func(name string) string {
		s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			var told struct {
				Status string
				Alerts []struct{ Labels map[string]string }
			}
			if err := json.NewDecoder(r.Body).Decode(&told); err != nil || len(told.Alerts) == 0 {
				t.Errorf("%v %+v", err, told)
				return
			}
			heard <- name + " " + told.Status + " " + told.Alerts[0].Labels["alertname"]
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	first, second := serve("first"), serve("second")
	settings := func(rule string, receivers ...config.Receiver) *config.Config {
		c := config.Default()
		c.Alerts.DefaultRules, c.Alerts.GroupWait = false, config.Duration(time.Second)
		c.Rules = []config.Rule{{Name: rule, Severity: "critical", When: `source.state == "failed"`}}
		c.Receivers = receivers
		return c
	}
	to := func(name, url string) config.Receiver {
		return config.Receiver{Name: name, Webhook: config.Secret(url), Severity: "info", Resolved: true}
	}
	next := settings("two", to("a", first), to("b", second))
	e, err := New(Options{
		Settings: settings("one", to("a", first)), Load: func(context.Context) (*config.Config, error) { return next, nil },
		Sources: []Source{func(ctx context.Context, in Intake) error {
			in.Health(tracker.Source{Name: "x", State: tracker.SourceFailed, Problem: "gone"})
			<-ctx.Done()
			return nil
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	expect := func(wants ...string) {
		t.Helper()
		for range wants {
			got := <-heard
			i := slices.Index(wants, got)
			if i < 0 {
				t.Fatalf("told %q, wanted %q", got, wants)
			}
			wants[i] = ""
		}
	}
	expect("first firing one")
	if err := e.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	expect("first resolved one", "first firing two", "second firing two")
	next = settings("two", to("b", second))
	next.Probe.MaxInFlight++
	notices, stop := e.Notices()
	defer stop()
	if err := e.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	if got := <-notices; got != "read the settings again: rules and receivers changed" {
		t.Error(got)
	}
	if got := <-notices; got != "changes take effect at the next start: probe" {
		t.Error(got)
	}
	<-notices
	next = settings("three", to("b", second))
	if err := e.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	expect("second resolved two", "second firing three")
}
