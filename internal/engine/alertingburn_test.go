package engine

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"errtop/internal/alert"
	"errtop/tracker"
)

// burnRule is one of our default rules, and the same as Prometheus has it (The Site Reliability Workbook, chapter 5).
type burnRule struct {
	name        string
	factor      float64
	long, short string
	from        int // minute from which errtop knows enough
}

var burnRules = []burnRule{
	{"budget burns fast", 14.4, "1h", "5m", 0},
	{"budget burns", 6, "6h", "30m", 0},
	{"budget burns slowly", 1, "3d", "6h", 72 * 60},
}

// load is what came in one minute.
type load struct{ requests, errors int }

// loads returns minutes of a service that is mostly well, sometimes ill in ways that differ in strength and length, and sometimes idle.
func loads(seed uint64, minutes int) (list []load) {
	r := rand.New(rand.NewPCG(seed, 9))
	shares := []float64{0, 0, 0, 0.0004, 0.002, 0.008, 0.02, 0.1, 1}
	for len(list) < minutes {
		share, rate := shares[r.IntN(len(shares))], []int{0, 5, 200, 2000}[r.IntN(4)]
		for range 1 + r.IntN([]int{10, 90, 700}[r.IntN(3)]) {
			m := load{requests: rate + r.IntN(rate/2+1)}
			for range m.requests {
				if r.Float64() < share {
					m.errors++
				}
			}
			list = append(list, m)
		}
	}
	return list[:minutes]
}

// decisions returns for each rule in which minutes it held.
func decisions(t *testing.T, minutes []load, objective float64) map[string][]bool {
	t.Helper()
	var rules []alert.Rule
	for _, rule := range alert.DefaultRules() {
		if slices.ContainsFunc(burnRules, func(b burnRule) bool { return b.name == rule.Name }) {
			rule.KeepFiringFor = 0 // the bare decision
			rules = append(rules, rule)
		}
	}
	l, now := ledger{}, morning
	engine, err := alert.New(alert.Options{Rules: rules, Timing: alert.Timing{FlapWithin: 1}, History: func(target string, window time.Duration) (uint64, uint64, bool) {
		return l.sum(target, now, window)
	}})
	if err != nil {
		t.Fatal(err)
	}
	tr, state := tracker.New(tracker.Settings{}), alert.State{}
	tr.UpdateSource(morning, tracker.Source{Name: "log", State: tracker.SourceReading, Live: true})
	tr.AddTargets(morning, tracker.TargetInfo{Name: "a", Objective: objective, Period: 30 * 24 * time.Hour})
	held := map[string][]bool{}
	for i, m := range minutes {
		now = morning.Add(time.Duration(i+1)*time.Minute - time.Second)
		var results []tracker.Result
		add := func(n int, kind tracker.Kind) {
			for ; n > 0; n -= 60000 {
				results = append(results, tracker.Result{Time: now.Add(-29 * time.Second), Target: "a", Kind: kind, Weight: uint16(min(n, 60000)), Origin: tracker.OriginTraffic})
			}
		}
		add(m.requests-m.errors, tracker.KindOK)
		add(m.errors, tracker.KindServer)
		for j := range results {
			l.count(&results[j])
		}
		tr.Record(now, results)
		snapshot := *tr.Snapshot(now)
		if a := *snapshot.Targets[0]; a.State == tracker.StateStale {
			a.State = tracker.StateOK // errtop does not judge what is stale, and Prometheus does
			snapshot.Targets = []*tracker.Target{&a}
		}
		engine.Evaluate(&state, &snapshot, now)
		for _, rule := range burnRules {
			held[rule.name] = append(held[rule.name], slices.ContainsFunc(state.Alerts, func(a alert.Alert) bool { return a.Rule == rule.name && a.Phase == alert.Firing }))
		}
	}
	return held
}

// prometheusTest writes the same rules and series for promtool, with our decisions as what it must find.
func prometheusTest(minutes []load, objective float64, held map[string][]bool) (rules, tests string) {
	var r, s strings.Builder
	r.WriteString("groups:\n- name: burn\n  rules:\n")
	for _, rule := range burnRules {
		over := func(window string) string {
			return fmt.Sprintf("sum(rate(errors[%s])) / sum(rate(requests[%s])) / %g > %g", window, window, 1-objective, rule.factor)
		}
		fmt.Fprintf(&r, "  - alert: %s\n    expr: (%s) and (%s)\n", rule.name, over(rule.long), over(rule.short))
	}
	s.WriteString("rule_files: [rules.yml]\nevaluation_interval: 1m\ntests:\n- interval: 1m\n  input_series:\n")
	for _, name := range []string{"requests", "errors"} {
		fmt.Fprintf(&s, "  - series: %s\n    values: '0", name)
		sum := 0
		for _, m := range minutes {
			if sum += m.requests; name == "errors" {
				sum += m.errors - m.requests
			}
			fmt.Fprintf(&s, " %d", sum)
		}
		s.WriteString("'\n")
	}
	s.WriteString("  alert_rule_test:\n")
	for _, rule := range burnRules {
		h := held[rule.name]
		for i := max(rule.from, 3); i < len(minutes)-1; i++ {
			if i%11 != 0 && h[i] == h[i-1] && h[i] == h[i+1] {
				continue // every eleventh minute, and around each change
			}
			fmt.Fprintf(&s, "  - {eval_time: %dm, alertname: %s, exp_alerts: [", i+1, rule.name)
			if h[i] {
				s.WriteString("{exp_labels: {}}")
			}
			s.WriteString("]}\n")
		}
	}
	return r.String(), s.String()
}

func TestBurnRatesAreDecidedAsPrometheusDecidesThem(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed (Debian's package prometheus): burn rates are not compared")
	}
	seeds, days := uint64(2), 5
	if testing.Short() {
		seeds, days = 1, 4
	}
	for seed := range seeds {
		objective := []float64{0.999, 0.99}[seed%2]
		minutes := loads(seed, days*24*60)
		held := decisions(t, minutes, objective)
		for _, rule := range burnRules {
			yes := 0
			for _, h := range held[rule.name] {
				if h {
					yes++
				}
			}
			if yes == 0 || yes == len(minutes) {
				t.Errorf("seed %d: %s decides %d of %d times: nothing is compared", seed, rule.name, yes, len(minutes))
			}
		}
		folder := t.TempDir()
		rules, tests := prometheusTest(minutes, objective, held)
		for name, text := range map[string]string{"rules.yml": rules, "test.yml": tests} {
			if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		command := exec.CommandContext(t.Context(), promtool, "test", "rules", "test.yml")
		command.Dir = folder
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("seed %d: %v\n%.2000s", seed, err, out)
		}
	}
}

func TestWhatIsNotKeptForThreeDaysIsSaidAndNotGuessed(t *testing.T) {
	minutes := loads(1, 48*60)
	for _, held := range decisions(t, minutes, 0.999)["budget burns slowly"] {
		if held {
			t.Fatal("decided by less than three days")
		}
	}
	engine, err := alert.New(alert.Options{Rules: alert.DefaultRules()})
	if err != nil {
		t.Fatal(err)
	}
	state := alert.State{}
	snapshot := &tracker.Snapshot{Targets: []*tracker.Target{{Name: "a", State: tracker.StateFailing, SLO: &tracker.SLO{Objective: 0.999, Burn6h: 1000}}}}
	if engine.Evaluate(&state, snapshot, morning); !strings.Contains(state.Unjudged["budget burns slowly"], "3 days") || len(state.Unjudged) != 1 {
		t.Errorf("said: %v", state.Unjudged)
	}
	snapshot.Targets[0].SLO = nil
	snapshot.Version++
	if engine.Evaluate(&state, snapshot, morning); len(state.Unjudged) != 0 {
		t.Errorf("said without an objective: %v", state.Unjudged)
	}
}
