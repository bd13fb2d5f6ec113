package filter

import (
	"strings"
	"testing"
	"time"

	"errtop/tracker"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func thing() Facts {
	return Facts{
		Target: "flux/dev", Method: "POST", Route: "/api/v1/flux/dev", Origin: "probe", Source: "access.log", State: "failing", Badge: "new",
		Host: "api.example.com", Error: "Service Unavailable", Message: "no upstream: dial 10.0.0.1:8080", Latency: 900 * time.Millisecond,
		Outcome: tracker.Outcome{Status: 503, Kind: tracker.KindServer}, At: noon.Add(-5 * time.Minute),
	}
}

func TestFiltersHoldForWhatTheySay(t *testing.T) {
	thing := thing()
	for text, want := range map[string]bool{
		"flux": true, "FLUX": true, "kling": false, "unavailable": true, "503": true, "server": true,
		`"no upstream"`: true, `"upstream no"`: false, "flux upstream": true, "flux kling": false,
		"/no.upstr/": true, "/^no/": true, "/^upstream/": false, "/SERVICE/": true, `/v1\/flux/`: true,
		"status:503": true, "status:5xx": true, "status:4xx": false, "status:500-599": true, "status:>=500": true, "status:>=504": false,
		"target:flux": true, "target:kling": false, "kind:server": true, "kind:timeout": false, "method:post": true, "route:flux": true,
		"origin:probe": true, "origin:traffic": false, "source:access": true, "state:fail": true, "badge:new": true,
		"since:10m": true, "since:1m": false, "!kling": true, "!flux": false, "!status:5xx": false, "!/kling/": true, `!"no upstream"`: false,
		"10.0.0.1:8080": true, "http://x": false, "": true, "  ": true,
		"=status >= 500": true, "= status == 503 ": true, "=status < 500": false, `=target == "flux/dev" && failed`: true,
		`=latency > duration("800ms")`: true, `=kind in ["server", "timeout"]`: true, `=message contains "dial"`: true,
		`=path startsWith "/api" && method == "GET"`: false, `=host == "api.example.com"`: true, "status >= 500": true, `status < 500 || target == "kling"`: false, `=target matches method + "("`: false,
	} {
		f, err := Parse(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := f == nil || f.Match(&thing, noon); got != want {
			t.Errorf("%q holds: %v", text, got)
		}
	}
}

func TestMistakesInFiltersAreExplained(t *testing.T) {
	for text, want := range map[string]string{
		"/a(/": "not a regular expression", "/abc": "closing /", `"abc`: `closing "`, "status:abc": "expected 429, 5xx", "status:5xxx": "expected", "kind:tiemout": "timeout",
		"since:yesterday": "10m", "since:-5m": "10m", "colour:red": "no such field", "!": "excludes",
		"=": "starts an expression", "=status >": "column", "=statsu == 500": "statsu", "=status": "bool", "statsu >= 500": "starts with =", "kling && flux": "starts with =",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v does not say %q", text, err, want)
		}
	}
}

func FuzzFilter(f *testing.F) {
	for _, seed := range []string{"flux", "status:5xx", `!"a b" /x\/y/ since:10m`, "=status > 4", "=", "kind:dns", "/(/", "\x00", "!!a", "status:-"} {
		f.Add(seed)
	}
	thing := thing()
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := Parse(text)
		if err != nil || parsed == nil {
			return
		}
		again, err := Parse(parsed.String())
		if err != nil {
			t.Fatalf("%q is understood, and %q is not: %v", text, parsed.String(), err)
		}
		if parsed.Match(&thing, noon) != again.Match(&thing, noon) {
			t.Errorf("%q means something else the second time", text)
		}
	})
}
