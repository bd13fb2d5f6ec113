package tui

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"errtop/tracker"
)

// morning is what happened in the three hours before noon, as sources and probes hand it in:
//
//	kling         probed and asked by clients; since 14:02 most requests get 429, of one client above all, after a deploy
//	flux/dev      asked by clients; since 14:20 some requests get 500
//	runway/gen3   probed; no news since 14:28
//	veo           probed; it was down from 13:00 to 13:15
//	legacy        fails always, as usual
//
// All goldens are of it: what they show is what the tracker says of results.
var morning = sync.OnceValue(func() *tracker.ErrorTracker {
	tr := tracker.New(tracker.Settings{})
	s := &script{tr: tr, r: rand.New(rand.NewPCG(1, 2)), began: noon.Add(-3 * time.Hour)}
	for _, name := range []string{"kling", "runway/gen3", "veo"} {
		tr.AddTargets(s.began, tracker.TargetInfo{Name: name, URL: "https://firemoon.studio/api/v1/" + name, Interval: 30 * time.Second})
	}
	for now := s.began; !now.After(noon); now = now.Add(2 * time.Second) {
		if now.Equal(ago(33 * time.Minute)) {
			tr.AddMark(now, tracker.Mark{At: now, Text: "deploy 4.2.1", Version: "4.2.1"})
		}
		s.step(now)
	}
	tr.UpdateSource(noon, tracker.Source{Name: "probes", State: tracker.SourceReading, Live: true, Results: 1043, LastSeen: ago(time.Second)})
	tr.UpdateSource(noon, tracker.Source{
		Name: accessLog, Format: "combined", State: tracker.SourceReading, Live: true, Lines: 120_391, Results: 120_380, Unreadable: 11, LastSeen: ago(time.Second),
		BytesRead: 61 << 20, BytesTotal: 100 << 20, Samples: []tracker.Unreadable{{Number: 17, Text: "-- not a line --", Reason: "no status"}},
	})
	tr.UpdateSource(noon, tracker.Source{Name: "/var/log/old.log", State: tracker.SourceFailed, Problem: "permission denied"})
	return tr
})

const accessLog = "/var/log/nginx/access.log"

// script plays the morning.
type script struct {
	tr    *tracker.ErrorTracker
	r     *rand.Rand
	began time.Time
	n     int
}

func (s *script) step(now time.Time) {
	s.n++
	since := func(minutes float64) bool { return now.After(noon.Add(-time.Duration(minutes * float64(time.Minute)))) }
	var batch []tracker.Result
	for range 2 { // 60 a minute
		r := s.request(now, "kling", 200, 120*time.Millisecond)
		r.Labels = s.client(0.12)
		if since(30) && (s.r.Float64() < 0.9) {
			r.Labels = s.client(0.97)
			r.Status, r.Kind, r.Error, r.Message = 429, tracker.KindRateLimited, "Rate limit exceeded", fmt.Sprintf("Try again in %d seconds", 20+s.n%40)
			r.RequestID, r.ResetAt = fmt.Sprintf("req_%04d", s.n), now.Truncate(time.Minute).Add(time.Minute)
		}
		batch = append(batch, r)
	}
	for range 7 {
		r := s.request(now, "flux/dev", 200, 700*time.Millisecond)
		if p := s.r.Float64(); since(12) && p < 0.05 || p < 0.002 {
			r.Status, r.Kind, r.Error, r.Message, r.Latency = 500, tracker.KindServer, "Generation failed", "upstream timed out", 2100*time.Millisecond
		}
		batch = append(batch, r)
	}
	if s.n%25 == 0 {
		r := s.request(now, "legacy", 500, 5*time.Millisecond)
		r.Kind, r.Error, r.Message = tracker.KindServer, "schedule missing", "no schedule for tenant 7"
		batch = append(batch, r)
	}
	s.tr.Record(now, batch)
	if s.n%15 != 0 {
		return
	}
	s.probe(now, "kling", func(r *tracker.Result) {
		if since(30) {
			r.Status, r.Kind, r.Error, r.Message, r.Latency = 429, tracker.KindRateLimited, "Rate limit exceeded", "Try again in 41 seconds", 84*time.Millisecond
			r.Evidence = evidence()
		}
	})
	if !since(4) {
		s.probe(now, "runway/gen3", func(*tracker.Result) {})
	}
	s.probe(now, "veo", func(r *tracker.Result) {
		if since(92) && !since(77) {
			r.Status, r.Kind, r.Error, r.Message, r.Latency = 0, tracker.KindConnect, "connection refused", "connection refused by 10.4.7.21:8443", 2*time.Millisecond
		}
	})
}

func (s *script) request(now time.Time, target string, status int, latency time.Duration) tracker.Result {
	return tracker.Result{
		Time: now, Target: target, Source: accessLog, Method: "POST", Route: "/api/v1/" + target, Status: status,
		Latency: latency + time.Duration(s.r.Int64N(int64(latency))),
	}
}

var acme, others = &tracker.Labels{{Name: "client", Value: "acme"}}, &tracker.Labels{{Name: "client", Value: "globex"}}

// client returns the labels of a request, which a share of acme's is.
func (s *script) client(share float64) *tracker.Labels {
	if s.r.Float64() < share {
		return acme
	}
	return others
}

// probe sends one where the breaker lets it.
func (s *script) probe(now time.Time, target string, answer func(*tracker.Result)) {
	gate := s.tr.Gate(target)
	gen, ok := gate.Allow(now)
	if !ok {
		return
	}
	r := tracker.Result{
		Time: now, Target: target, Origin: tracker.OriginProbe, Method: "POST", Route: "/api/v1/" + target, Status: 200,
		Latency: 800*time.Millisecond + time.Duration(s.r.Int64N(int64(80*time.Millisecond))),
	}
	answer(&r)
	gate.Observe(gen, &r, now)
	s.tr.Record(now, []tracker.Result{r})
}

// visitMorning shows the morning at a size.
func visitMorning(t testing.TB, w, h int, change ...func(*Options)) *user {
	t.Helper()
	return visit(t, w, h, morning().Snapshot(noon), append(change, func(o *Options) { o.Engine = morning() })...)
}
