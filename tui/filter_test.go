package tui

import (
	"strings"
	"testing"
	"time"

	"errtop/tracker"
)

func TestFiltersHoldForWhatTheySay(t *testing.T) {
	thing := facts{
		target: "flux/dev", method: "POST", route: "/api/v1/flux/dev", origin: "probe", source: "access.log", state: "failing", badge: "new",
		outcome: tracker.Outcome{Status: 503, Kind: tracker.KindServer}, at: noon.Add(-5 * time.Minute), texts: [4]string{"Service Unavailable", "no upstream: dial 10.0.0.1:8080"},
	}
	for text, want := range map[string]bool{
		"flux": true, "FLUX": true, "kling": false, "unavailable": true, "503": true, "server": true,
		`"no upstream"`: true, `"upstream no"`: false, "flux upstream": true, "flux kling": false,
		"/no.upstr/": true, "/^no/": true, "/^upstream/": false, "/SERVICE/": true, `/v1\/flux/`: true,
		"status:503": true, "status:5xx": true, "status:4xx": false, "status:500-599": true, "status:>=500": true, "status:>=504": false,
		"target:flux": true, "target:kling": false, "kind:server": true, "kind:timeout": false, "method:post": true, "route:flux": true,
		"origin:probe": true, "origin:traffic": false, "source:access": true, "state:fail": true, "badge:new": true,
		"since:10m": true, "since:1m": false, "!kling": true, "!flux": false, "!status:5xx": false, "!/kling/": true, `!"no upstream"`: false,
		"10.0.0.1:8080": true, "http://x": false, "": true, "  ": true,
	} {
		f, err := parseFilter(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := f == nil || f.match(&thing, noon); got != want {
			t.Errorf("%q holds: %v", text, got)
		}
	}
}

func TestAStatusFilterFindsTargetsByWhatTheyAnswered(t *testing.T) {
	f, err := parseFilter("status:429")
	if err != nil {
		t.Fatal(err)
	}
	snap := incident()
	kling, flux := targetFacts(&snap.Targets[0]), targetFacts(&snap.Targets[1])
	if !f.match(&kling, noon) || f.match(&flux, noon) {
		t.Error("kling answered 429, flux/dev did not")
	}
}

func TestMistakesInFiltersAreExplained(t *testing.T) {
	for text, want := range map[string]string{
		"/a(/": "not a regular expression", "/abc": "closing /", `"abc`: `closing "`, "status:abc": "expected 429, 5xx", "status:5xxx": "expected", "kind:tiemout": "timeout",
		"since:yesterday": "10m", "since:-5m": "10m", "colour:red": "no such field", "!": "excludes",
	} {
		if _, err := parseFilter(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v does not say %q", text, err, want)
		}
	}
}

func FuzzFilter(f *testing.F) {
	for _, seed := range []string{"flux", "status:5xx", `!"a b" /x\/y/ since:10m`, "kind:dns", "/(/", "\x00", "!!a", "status:-"} {
		f.Add(seed)
	}
	thing := resultFacts(&incident().Errors[0].Result)
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := parseFilter(text)
		if err != nil || parsed == nil {
			return
		}
		again, err := parseFilter(parsed.text)
		if err != nil {
			t.Fatalf("%q is understood, and %q is not: %v", text, parsed.text, err)
		}
		if parsed.match(&thing, noon) != again.match(&thing, noon) {
			t.Errorf("%q means something else the second time", text)
		}
	})
}
