package tui

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"errtop/internal/triage"
	"errtop/tracker"
)

// heard is how the three lines of a headline, as they are drawn, answer the questions of a scene.
type heard struct{ what, since, step, trend bool }

// steps are words of the first step that a cause asks for; any of them is right.
var steps = map[tracker.CauseClass][]string{
	tracker.CauseException: {"stack trace"}, tracker.CauseDeadlock: {"locks"}, tracker.CausePoolExhausted: {"connections of the pool"},
	tracker.CauseDiskFull: {"Free space"}, tracker.CauseOutOfMemory: {"memory"}, tracker.CauseRefused: {"runs and listens"},
	tracker.CauseUnreachable: {"network path"}, tracker.CauseReset: {"restarts or crashes"}, tracker.CauseTimeout: {"is slow", "network path and the provider"},
	tracker.CauseDNS: {"Resolve"}, tracker.CauseTLSExpired: {"Renew the certificate"}, tracker.CauseQuota: {"quota"}, tracker.CauseRateLimit: {"until the reset"},
	tracker.CauseTenantKey: {"renew its key"}, tracker.CauseKey: {"correct the key"}, tracker.CauseRouteRemoved: {"back, or move its callers"},
	tracker.CauseClientRelease: {"roll its release back"}, tracker.CauseScanner: {"Nothing is broken"}, tracker.CauseSilence: {"callers still reach it"},
	tracker.CauseSlow: {"got slow"}, tracker.CauseUpstream: {"runs.", "runs;"}, tracker.CauseOverload: {"network path and the provider", "Add capacity"},
	tracker.CauseServer: {"Check the provider"}, tracker.CauseOwnNetwork: {"network of this machine"}, tracker.CauseBadRequests: {"Fix the request", "size of the request"},
}

var sinceWords = regexp.MustCompile(`since (before )?(its first request )?(?:\d+ \w+ )?(\d\d:\d\d)(?:–(\d\d:\d\d))?`)

// hears reads the headline as its reader would.
func hears(lines []string, scene *triage.Scene) (h heard) {
	truth := &scene.Truth
	first, all := lines[0], strings.Join(lines, "\n")
	if truth.Quiet {
		calm := strings.Contains(first, "● ")
		return heard{calm, calm, calm, calm}
	}
	if truth.Over {
		over := strings.Contains(first, "● ") && strings.Contains(all, "over ") && slices.ContainsFunc(truth.Targets, func(name string) bool { return strings.Contains(all, name) })
		return heard{over, over, over, over}
	}
	named := func(name string) bool { return strings.Contains(first, " "+name+" ") }
	h.what = slices.ContainsFunc(truth.Targets, named) || slices.Contains(truth.Classes, tracker.CauseOwnNetwork) && strings.Contains(first, "own network")
	h.what = h.what && strings.Contains(first, "◇") == truth.Scan
	h.since = sinceIs(all, scene, truth.Onset) || !truth.Again.IsZero() && sinceIs(all, scene, truth.Again)
	h.step = slices.ContainsFunc(truth.Classes, func(c tracker.CauseClass) bool {
		return slices.ContainsFunc(steps[c], func(words string) bool { return strings.Contains(lines[2], words) })
	})
	if truth.Value != "" {
		h.step = h.step && strings.Contains(all, truth.Value)
	}
	if truth.Mark != "" {
		h.step = h.step && (strings.Contains(all, "after "+truth.Mark) || strings.Contains(all, "back"))
	}
	words := strings.TrimSpace(first)
	h.trend = slices.ContainsFunc(truth.Trends, func(trend tracker.Trend) bool {
		if trend == tracker.TrendUnknown {
			return !strings.HasSuffix(words, "worse") && !strings.HasSuffix(words, "better") && !strings.HasSuffix(words, "flapping")
		}
		return strings.HasSuffix(words, trend.String())
	})
	return h
}

// sinceIs reports whether the headline says that it began at a moment: near enough, or within an interval of at most 15 minutes that it states.
func sinceIs(text string, scene *triage.Scene, onset time.Time) bool {
	m := sinceWords.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	if scene.Truth.Before {
		return m[1] != "" || m[2] != ""
	}
	moment := func(clock string) time.Time {
		at, _ := time.Parse("15:04", clock)
		day := scene.Now.UTC().Truncate(24 * time.Hour).Add(time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute)
		if day.After(scene.Now) {
			day = day.Add(-24 * time.Hour)
		}
		return day
	}
	from := moment(m[3])
	to := from.Add(time.Minute)
	if m[4] != "" {
		to = moment(m[4]).Add(time.Minute)
	}
	within := scene.Truth.Within
	if m[4] != "" && to.Sub(from) <= 16*time.Minute {
		within = max(within, 0)
	}
	return m[1] == "" && !onset.Before(from.Add(-within)) && !onset.After(to.Add(within))
}

// TestDrawnHeadlinesAreRight draws incidents of every kind and reads the headline at 80 columns as a person does. Bar: 95 % of each
// answer. TRIAGE_SEEDS sets how many of each kind are drawn: 2 by default, 1 with -short, of which one more may be wrong.
func TestDrawnHeadlinesAreRight(t *testing.T) {
	seeds := 2
	if testing.Short() {
		seeds = 1
	}
	if n, err := strconv.Atoi(os.Getenv("TRIAGE_SEEDS")); err == nil {
		seeds = n
	}
	only := os.Getenv("TRIAGE_KIND")
	var all int
	var right [4]int
	for _, kind := range triage.Kinds() {
		if only != "" && only != kind.Name {
			continue
		}
		for seed := range uint64(seeds) {
			scene := kind.Draw(seed + 1)
			u := visit(t, 80, 24, scene.Play())
			u.m.clock, u.m.dirty = scene.Now, true
			lines := strings.SplitN(u.text(), "\n", 5)[1:4]
			h := hears(lines, scene)
			all++
			for i, yes := range []bool{h.what, h.since, h.step, h.trend} {
				if yes {
					right[i]++
				}
			}
			if h != (heard{true, true, true, true}) {
				t.Logf("%s %d at %s is read as %+v of %s\n%s", kind.Name, seed+1, scene.Now.Format("15:04:05"), h, scene.Truth.String(), strings.Join(lines, "\n"))
			}
		}
	}
	t.Logf("of %d headlines right: what %d, since %d, first step %d, trend %d", all, right[0], right[1], right[2], right[3])
	for i, answer := range []string{"what", "since", "first step", "trend"} {
		if wrong := all - right[i]; wrong > max(all/20, 2) && only == "" {
			t.Errorf("%s is wrong in %d of %d", answer, wrong, all)
		}
	}
}
