package tracker

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestProbesThatFailTogether plays five probed targets of which some fail from a moment on, and holds which of them are one incident and
// what its cause is.
func TestProbesThatFailTogether(t *testing.T) {
	ownHost := func(i int) string { return fmt.Sprintf("https://service-%d.example.com/", i) }
	oneHost := func(i int) string { return fmt.Sprintf("https://api.example.com/%d", i) }
	refused := func(i int) Result {
		return Result{Kind: KindConnect, Error: "connection refused", Message: fmt.Sprintf("connection refused by 10.0.0.%d:443", i)}
	}
	for _, c := range []struct {
		name    string
		url     func(i int) string
		healthy time.Duration // before they fail; 0: from the first probe
		fails   func(i int) Result
		of      []int // which fail
		want    []int // sizes of the incidents
		cause   CauseClass
	}{
		{"no network", ownHost, time.Hour, func(i int) Result {
			return Result{Kind: KindConnect, Error: "network is unreachable", Message: fmt.Sprintf("dial tcp 10.0.0.%d:443: connect: network is unreachable", i)}
		}, []int{0, 1, 2, 3, 4}, []int{5}, CauseOwnNetwork},
		{"no network from the first probe", ownHost, 0, func(i int) Result {
			return Result{Kind: KindDNS, Error: "DNS: server failure", Message: fmt.Sprintf("DNS: server failure: server misbehaving for \"service-%d.example.com\"", i)}
		}, []int{0, 1, 2, 3, 4}, []int{5}, CauseOwnNetwork},
		{"one host of all", oneHost, time.Hour, func(int) Result {
			return Result{Kind: KindConnect, Error: "connection refused", Message: "connection refused by 10.0.0.1:443"}
		}, []int{0, 1, 2, 3, 4}, []int{5}, CauseRefused},
		{"two hosts", ownHost, time.Hour, refused, []int{1, 3}, []int{1, 1}, CauseRefused},
		{"two causes from the first probe", ownHost, 0, func(i int) Result {
			if i == 1 {
				return Result{Kind: KindConnect, Error: "connection refused"}
			}
			return Result{Kind: KindTimeout, Error: "timeout", Message: "timeout after 10 s while waiting for the answer"}
		}, []int{1, 3}, []int{1, 1}, CauseRefused},
		{"one certificate", ownHost, time.Hour, func(i int) Result {
			return Result{Kind: KindTLS, Error: "certificate expired", Message: fmt.Sprintf("certificate of service-%d.example.com has expired", i)}
		}, []int{0, 2, 4}, []int{3}, CauseTLSExpired},
	} {
		tr := New(Settings{})
		for i := range 5 {
			tr.AddTargets(noon, TargetInfo{Name: fmt.Sprintf("t%d", i), URL: c.url(i), Interval: 10 * time.Second})
		}
		end := noon.Add(c.healthy + 10*time.Minute)
		for at := noon; at.Before(end); at = at.Add(10 * time.Second) {
			for i := range 5 {
				x := Result{Status: 200}
				if at.Sub(noon) >= c.healthy && slices.Contains(c.of, i) {
					x = c.fails(i)
				}
				x.Time, x.Target, x.Origin, x.Method, x.Route = at, fmt.Sprintf("t%d", i), OriginProbe, "GET", "/"
				tr.Record(at, []Result{x})
			}
		}
		var sizes []int
		cause := false
		for _, in := range tr.Snapshot(end).Incidents {
			sizes = append(sizes, len(in.Targets))
			cause = cause || in.Cause.Class == c.cause
		}
		if !slices.Equal(sizes, c.want) || !cause {
			t.Errorf("%s: incidents of %v targets, want %v because of %s: %+v", c.name, sizes, c.want, c.cause, tr.Snapshot(end).Incidents)
		}
	}
}
