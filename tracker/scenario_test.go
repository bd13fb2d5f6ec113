package tracker

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A scenario file tells an incident, a line each:
//
//	# a comment
//	target flux/dev interval=10s objective=0.99     announced before the first result
//	2m every 1s for 30s traffic flux/dev 500 Generation failed
//	2m30s traffic flux/dev timeout                   one result; also: probe, app=OPEN after the outcome, reset=45s
//	3m expect flux/dev failing 100 % of 30 requests failed in 1 min
//	3m expect flux/dev breaker observed OPEN         also: disagreement, group, slo, next, cause
//
// Offsets are from noon. The outcome is a status or a kind; the rest of the line is the message.
type scenario struct {
	announce []TargetInfo
	steps    []scenarioStep
}

type scenarioStep struct {
	at     time.Duration
	line   int
	result *Result
	expect []string
}

func TestIncidents(t *testing.T) {
	files, err := filepath.Glob("testdata/*.scenario")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d scenarios, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".scenario"), func(t *testing.T) {
			s := readScenario(t, file)
			tr := live()
			tr.AddTargets(noon, s.announce...)
			for _, step := range s.steps {
				now := noon.Add(step.at)
				if step.result != nil {
					r := *step.result
					r.Time = now
					if !r.ResetAt.IsZero() {
						r.ResetAt = now.Add(r.ResetAt.Sub(time.Time{}))
					}
					tr.Record(now, []Result{r})
					continue
				}
				want := strings.Join(step.expect[1:], " ")
				if got := told(tr.Snapshot(now), step.expect); got != want {
					t.Errorf("%s:%d: at %s %s\n got %s\nwant %s", file, step.line, step.at, step.expect[0], got, want)
				}
			}
		})
	}
}

// told says what a snapshot has to say about the thing that a line expects something of.
func told(s *Snapshot, expect []string) string {
	tg := s.find(expect[0])
	if tg == nil {
		return "no such target"
	}
	switch expect[1] {
	case "breaker":
		for _, b := range tg.Breakers {
			if b.Role.String() == expect[2] {
				return fmt.Sprintf("breaker %s %s", b.Role, b.State)
			}
		}
		return "no breaker"
	case "disagreement":
		return strings.TrimSpace("disagreement " + tg.Disagreement)
	case "cause":
		return fmt.Sprintf("cause %s %s", tg.Cause.Outcome.Label(), tg.Cause.Message)
	case "next":
		return fmt.Sprintf("next %s", tg.NextTry.Sub(s.At))
	case "slo":
		return fmt.Sprintf("slo left %.2f burn %.1f %.1f %.1f", tg.SLO.BudgetLeft, tg.SLO.Burn5m, tg.SLO.Burn1h, tg.SLO.Burn6h)
	case "since":
		return fmt.Sprintf("since %s", tg.Since.Sub(noon))
	case "group":
		for _, g := range s.Groups {
			if g.Target == tg.Name && strings.HasPrefix(g.Message, strings.Join(expect[4:], " ")) {
				return fmt.Sprintf("group %s ×%d %s", g.Badge, g.Count, strings.Join(expect[4:], " "))
			}
		}
		return "no such group"
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s", tg.State, tg.Reason))
}

func readScenario(t *testing.T, file string) (s scenario) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		words := strings.Fields(line)
		if len(words) == 0 || words[0][0] == '#' {
			continue
		}
		fail := func(err error) {
			if err != nil {
				t.Fatalf("%s:%d: %v", file, n, err)
			}
		}
		if words[0] == "target" {
			info, err := scenarioTarget(words[1:])
			fail(err)
			s.announce = append(s.announce, info)
			continue
		}
		at, err := time.ParseDuration(words[0])
		fail(err)
		words = words[1:]
		if words[0] == "expect" {
			s.steps = append(s.steps, scenarioStep{at: at, line: n, expect: words[1:]})
			continue
		}
		every, span := time.Second, time.Nanosecond
		if words[0] == "every" {
			every, err = time.ParseDuration(words[1])
			fail(err)
			span, err = time.ParseDuration(words[3])
			fail(err)
			words = words[4:]
		}
		r, err := scenarioResult(words)
		fail(err)
		for end := at + span; at < end; at += every {
			s.steps = append(s.steps, scenarioStep{at: at, line: n, result: r})
		}
	}
	slices.SortStableFunc(s.steps, func(a, b scenarioStep) int { return int(a.at - b.at) })
	return s
}

func scenarioTarget(words []string) (info TargetInfo, err error) {
	info = TargetInfo{Name: words[0]}
	for _, w := range words[1:] {
		key, value, _ := strings.Cut(w, "=")
		switch key {
		case "interval":
			info.URL = "https://example.com"
			info.Interval, err = time.ParseDuration(value)
		case "objective":
			info.Objective, err = strconv.ParseFloat(value, 64)
		default:
			err = fmt.Errorf("unknown key %q", key)
		}
		if err != nil {
			return info, err
		}
	}
	return info, nil
}

func scenarioResult(words []string) (*Result, error) {
	r := &Result{Source: "log", Target: words[1]}
	if words[0] == "probe" {
		r.Origin, r.Source = OriginProbe, ""
	}
	if status, err := strconv.Atoi(words[2]); err == nil {
		r.Status, r.Kind = status, KindOf(status)
	} else if kind, ok := ParseKind(words[2]); ok {
		r.Kind = kind
	} else {
		return nil, fmt.Errorf("no outcome %q", words[2])
	}
	words = words[3:]
	for len(words) > 0 {
		key, value, found := strings.Cut(words[0], "=")
		switch {
		case found && key == "app":
			r.Breaker = map[string]BreakerState{"CLOSED": BreakerClosed, "OPEN": BreakerOpen, "HALF_OPEN": BreakerHalfOpen}[value]
		case found && key == "reset":
			d, err := time.ParseDuration(value)
			if err != nil {
				return nil, err
			}
			r.ResetAt = time.Time{}.Add(d)
		case words[0] == "inconclusive":
			r.Inconclusive = true
		default:
			r.Message = strings.Join(words, " ")
			return r, nil
		}
		words = words[1:]
	}
	return r, nil
}
