package triage

import (
	"fmt"
	"math/rand/v2"
	"time"

	"errtop/tracker"
)

var (
	ongoing  = []tracker.Trend{tracker.TrendSteady}
	starting = []tracker.Trend{tracker.TrendSteady, tracker.TrendUnknown}
)

// Kinds returns every kind of incident, in an order of their own.
func Kinds() []Kind {
	return append([]Kind{
		{"outage", "one service refuses every request", outage},
		{"outage-now", "the same, begun two to five minutes ago", outageNow},
		{"quiet-outage", "a service of two requests a minute loses all", quietOutage},
		{"one-route", "one route of a service fails with our own exception", oneRoute},
		{"partial", "a part of the requests runs into deadlocks", deadlocks},
		{"slow", "answers take several times as long", slow},
		{"silence", "a busy service gets no more requests", silence},
		{"flapping", "down some minutes of every so many", flapping},
		{"gradual", "the share of failures rises for an hour", gradual},
		{"fading", "an outage that gets better", fading},
		{"scanner", "somebody tries routes that never existed", scanner},
		{"scanner-and-outage", "a scanner's storm beside a small outage", scannerAndOutage},
		{"throttled", "429 for most requests", throttled},
		{"quota", "429 because the quota is used up", quota},
		{"bad-release", "a deploy brings exceptions", badRelease},
		{"dependency", "a database is down behind several services", dependency},
		{"tenant-key", "one tenant's key has expired", tenantKey},
		{"tls-expired", "the certificate of a provider has expired", tlsExpired},
		{"dns", "a name is not resolved any more", dns},
		{"pool", "the connection pool runs out: slow, then failing", pool},
		{"disk-full", "no space left on a device", diskFull},
		{"out-of-memory", "workers are killed for memory", outOfMemory},
		{"upstream", "a proxy gets no answer from what stands behind", upstream},
		{"timeout", "requests time out", timeouts},
		{"route-removed", "a release removes a route that clients use", routeRemoved},
		{"client-release", "a client's release sends malformed bodies", clientRelease},
		{"region", "one region fails", region},
		{"new-target", "a service fails since its first request", newTarget},
		{"before-the-log", "a service fails since before the log begins", beforeTheLog},
		{"own-network", "every probe fails at once", ownNetwork},
		{"over", "an outage that ended some minutes ago", over},
		{"second-outage", "an outage an hour after another one", secondOutage},
		{"usual", "services fail as they always do", quiet},
		{"noise", "nothing but chance", quiet},
		{"burst", "much more traffic, and as many failures as ever", burst},
		{"night-and-day", "traffic goes down with the hour", nightAndDay},
	}, moreKinds()...)
}

func (w *world) is(s *service, onset time.Time, classes ...tracker.CauseClass) {
	w.truth = Truth{Targets: []string{s.name}, Spread: []string{s.name}, Onset: onset, Within: w.within(s), Classes: classes, Trends: ongoing}
}

// within is how exact "since" can be: where few requests come, three of their gaps.
func (w *world) within(s *service) time.Duration {
	return max(2*time.Minute, time.Duration(3/s.perMinute*float64(time.Minute)))
}

func refused() fault {
	return fault{kind: tracker.KindConnect, err: "connection refused", message: say("dial tcp 10.4.7.21:8443: connect: connection refused")}
}

func outage(w *world) {
	s, at := w.pickBusy(10), w.ago(12, 60)
	w.fails(s, at, time.Time{}, 0.97+0.03*w.r.Float64(), refused())
	w.is(s, at, tracker.CauseRefused)
}

func outageNow(w *world) {
	s, at := w.pickBusy(20), w.ago(2.5, 5)
	w.fails(s, at, time.Time{}, 1, fault{status: 500, message: say("panic: runtime error: invalid memory address or nil pointer dereference")})
	w.is(s, at, tracker.CauseException)
	w.truth.Trends = starting
}

func quietOutage(w *world) {
	s, at := w.pick(), w.ago(12, 50)
	s.perMinute, s.steady = 2, true
	w.fails(s, at, time.Time{}, 1, fault{status: 502, message: say("bad gateway")})
	w.is(s, at, tracker.CauseUpstream)
}

func oneRoute(w *world) {
	s, at := w.pickBusy(25), w.ago(12, 60)
	route := s.routes[w.r.IntN(len(s.routes)-1)]
	f := fault{status: 500, err: "TypeError", message: say("TypeError: Cannot read properties of undefined (reading 'price')")}
	w.add(effect{from: at, does: func(r *rand.Rand, q *request) {
		if q.svc == s && q.route == route && r.Float64() < 0.98 {
			q.fault = &f
		}
	}})
	w.is(s, at, tracker.CauseException)
	w.truth.Value = route
}

func deadlocks(w *world) {
	s, at := w.pickBusy(30), w.ago(12, 60)
	w.fails(s, at, time.Time{}, 0.15+0.3*w.r.Float64(), fault{status: 500, message: numbered("deadlock detected: process %d waits for ShareLock")})
	w.is(s, at, tracker.CauseDeadlock)
}

func slow(w *world) {
	s, at := w.pickBusy(25), w.ago(12, 60)
	factor := 6 + 14*w.r.Float64()
	w.add(effect{from: at, does: func(_ *rand.Rand, q *request) {
		if q.svc == s {
			q.latency = time.Duration(float64(q.latency) * factor)
		}
	}})
	w.is(s, at, tracker.CauseSlow, tracker.CauseTimeout)
}

func silence(w *world) {
	s, at := w.pickBusy(40), w.ago(6, 40)
	w.add(effect{from: at, does: func(_ *rand.Rand, q *request) { q.dropped = q.dropped || q.svc == s }})
	w.is(s, at, tracker.CauseSilence)
}

func flapping(w *world) {
	s := w.pickBusy(30)
	down, cycle := time.Duration(3+w.r.IntN(4))*time.Minute, time.Duration(9+w.r.IntN(5))*time.Minute
	at := w.now.Add(-4*cycle - time.Duration(w.r.IntN(int(cycle))))
	f := fault{status: 503, message: say("service unavailable")}
	w.add(effect{from: at, does: func(_ *rand.Rand, q *request) {
		if q.svc == s && q.at.Sub(at)%cycle < down {
			q.fault = &f
		}
	}})
	w.is(s, at, tracker.CauseOverload)
	w.truth.Trends = []tracker.Trend{tracker.TrendFlapping}
	w.truth.Down, w.truth.Cycle = down, cycle
}

func gradual(w *world) {
	s, at := w.pickBusy(60), w.ago(35, 70)
	f := fault{kind: tracker.KindTimeout, err: "timeout", message: say("upstream did not answer in 30 s")}
	most := 0.3 + 0.5*w.r.Float64()
	w.add(effect{from: at, does: func(r *rand.Rand, q *request) {
		if q.svc == s && r.Float64() < most*float64(q.at.Sub(at))/float64(w.now.Sub(at)) {
			q.fault = &f
		}
	}})
	w.is(s, at.Add(w.now.Sub(at)/12), tracker.CauseTimeout)
	w.truth.Within = w.now.Sub(at)/6 + 2*time.Minute
	w.truth.Trends = []tracker.Trend{tracker.TrendWorse}
}

func fading(w *world) {
	s, at := w.pickBusy(60), w.ago(35, 60)
	f := fault{status: 500, message: say("java.lang.NullPointerException at Cart.total")}
	w.add(effect{from: at, does: func(r *rand.Rand, q *request) {
		if q.svc == s && r.Float64() < 1-0.75*float64(q.at.Sub(at))/float64(w.now.Sub(at)) {
			q.fault = &f
		}
	}})
	w.is(s, at, tracker.CauseException)
	w.truth.Trends = []tracker.Trend{tracker.TrendBetter}
}

// scans adds a scanner's requests to a service, many times its own traffic or as much.
func (w *world) scans(s *service, at time.Time, share float64) {
	f := fault{status: 404, message: say("Not Found")}
	words := []string{"wp-admin", "backup", "phpmyadmin", "env", "git", "shell", "config", "old", "test", "login", "setup", "cgi-bin", "admin", "console"}
	w.add(effect{from: at, does: func(r *rand.Rand, q *request) {
		if q.svc == s && r.Float64() < share {
			q.route = "/" + words[r.IntN(len(words))] + "/" + words[r.IntN(len(words))] + ".php"
			q.tenant, q.agent, q.fault = "-", "zgrab", &f
		}
	}})
}

func scanner(w *world) {
	s, at := w.pickBusy(40), w.ago(15, 60)
	w.scans(s, at, 0.5+0.3*w.r.Float64())
	w.is(s, at, tracker.CauseScanner)
	w.truth.Scan = true
}

func scannerAndOutage(w *world) {
	first, second := w.pickBusy(80), w.pickBusy(15)
	for second == first {
		second = w.pickBusy(15)
	}
	second.perMinute = 15 + 10*w.r.Float64()
	w.scans(first, w.ago(20, 60), 0.6)
	at := w.ago(9, 40)
	w.fails(second, at, time.Time{}, 1, refused())
	w.is(second, at, tracker.CauseRefused)
}

func throttled(w *world) {
	s, at := w.pickBusy(20), w.ago(12, 60)
	w.fails(s, at, time.Time{}, 0.5+0.4*w.r.Float64(), fault{status: 429, err: "Rate limit exceeded", message: numbered("too many requests: retry in %d ms")})
	w.is(s, at, tracker.CauseRateLimit)
}

func quota(w *world) {
	s, at := w.pickBusy(20), w.ago(12, 60)
	w.fails(s, at, time.Time{}, 1, fault{status: 429, err: "insufficient_quota", message: say("You exceeded your current quota, please check your plan and billing details")})
	w.is(s, at, tracker.CauseQuota)
}

func badRelease(w *world) {
	s, at := w.pickBusy(30), w.ago(12, 60)
	s.labelled = true
	text := "deploy " + s.name + " 5.0.0"
	w.marks = append(w.marks, tracker.Mark{At: at, Text: text, Target: s.name, Version: "5.0.0", Source: "errtop mark"})
	f := fault{status: 500, message: say("AttributeError: 'NoneType' object has no attribute 'total'")}
	later := at.Add(time.Duration(w.r.IntN(120)) * time.Second)
	share := 0.3 + 0.6*w.r.Float64()
	w.add(effect{from: later, does: func(r *rand.Rand, q *request) {
		if q.svc == s {
			if q.version = "5.0.0"; r.Float64() < share {
				q.fault = &f
			}
		}
	}})
	w.is(s, later, tracker.CauseException)
	w.truth.Mark = text
}

func dependency(w *world) {
	at := w.ago(12, 60)
	f := fault{status: 500, message: say("could not connect to 10.9.0.5:5432: connection refused")}
	n := 3 + w.r.IntN(2)
	w.truth = Truth{Onset: at, Within: 2 * time.Minute, Classes: []tracker.CauseClass{tracker.CauseRefused}, Trends: ongoing}
	for _, i := range w.r.Perm(len(w.services) - 2)[:n] {
		s := w.services[i]
		s.perMinute = max(s.perMinute, 15)
		w.fails(s, at.Add(time.Duration(w.r.IntN(40))*time.Second), time.Time{}, 0.6+0.4*w.r.Float64(), f)
		w.truth.Targets = append(w.truth.Targets, s.name)
	}
	w.truth.Spread = w.truth.Targets
}

func tenantKey(w *world) {
	s, at := w.pickBusy(60), w.ago(12, 60)
	s.labelled = true
	tenant := s.tenants[w.r.IntN(2)]
	f := fault{status: 401, err: "Unauthorized", message: say("API key has expired")}
	w.add(effect{from: at, does: func(_ *rand.Rand, q *request) {
		if q.svc == s && q.tenant == tenant {
			q.fault = &f
		}
	}})
	w.is(s, at, tracker.CauseTenantKey)
	w.truth.Value = tenant
}

func tlsExpired(w *world) {
	s, at := w.pickBusy(12), w.ago(12, 60)
	w.fails(s, at, time.Time{}, 1, fault{kind: tracker.KindTLS, err: "certificate expired", message: say("tls: failed to verify certificate: x509: certificate has expired or is not yet valid")})
	w.is(s, at, tracker.CauseTLSExpired)
}

func dns(w *world) {
	s, at := w.pickBusy(12), w.ago(12, 60)
	w.fails(s, at, time.Time{}, 0.9+0.1*w.r.Float64(), fault{kind: tracker.KindDNS, err: "no such host", message: say("lookup api.partner.example: no such host")})
	w.is(s, at, tracker.CauseDNS)
}

func pool(w *world) {
	s, at := w.pickBusy(40), w.ago(20, 60)
	w.add(effect{from: at, does: func(_ *rand.Rand, q *request) {
		if q.svc == s {
			q.latency *= 12
		}
	}})
	failing := at.Add(time.Duration(3+w.r.IntN(5)) * time.Minute)
	w.fails(s, failing, time.Time{}, 0.3+0.4*w.r.Float64(), fault{status: 500, message: say("HikariPool-1 - Connection is not available, request timed out after 30000ms")})
	w.is(s, at, tracker.CausePoolExhausted)
	w.truth.Within = failing.Sub(at) + 2*time.Minute
}

func diskFull(w *world) {
	s, at := w.pickBusy(20), w.ago(12, 60)
	w.fails(s, at, time.Time{}, 0.4+0.5*w.r.Float64(), fault{status: 500, message: numbered("write /var/lib/queue/%d.seg: no space left on device")})
	w.is(s, at, tracker.CauseDiskFull)
}

func outOfMemory(w *world) {
	s, at := w.pickBusy(30), w.ago(12, 60)
	w.fails(s, at, time.Time{}, 0.2+0.4*w.r.Float64(), fault{status: 500, message: say("java.lang.OutOfMemoryError: Java heap space")})
	w.is(s, at, tracker.CauseOutOfMemory)
}

func upstream(w *world) {
	s, at := w.pickBusy(20), w.ago(12, 60)
	s.labelled = true
	behind := []string{"10.0.3.17:9000", "10.0.3.18:9000", "10.0.3.19:9000"}
	f := fault{status: 502, message: say("Bad Gateway")}
	w.add(effect{from: w.start, does: func(r *rand.Rand, q *request) {
		if q.svc == s {
			if q.behind = behind[r.IntN(3)]; q.behind == behind[1] && !q.at.Before(at) {
				q.fault = &f
			}
		}
	}})
	w.is(s, at, tracker.CauseUpstream)
	w.truth.Value = behind[1]
}

func timeouts(w *world) {
	s, at := w.pickBusy(20), w.ago(12, 60)
	w.fails(s, at, time.Time{}, 0.3+0.6*w.r.Float64(), fault{status: 504, message: say("upstream request timeout")})
	w.is(s, at, tracker.CauseTimeout)
}

func routeRemoved(w *world) {
	s, at := w.pickBusy(40), w.ago(12, 60)
	route := s.routes[0]
	f := fault{status: 404, message: say("no route matches")}
	w.add(effect{from: at, does: func(_ *rand.Rand, q *request) {
		if q.svc == s && q.route == route {
			q.fault = &f
		}
	}})
	w.is(s, at, tracker.CauseRouteRemoved)
	w.truth.Value = route
}

func clientRelease(w *world) {
	s, at := w.pickBusy(60), w.ago(12, 60)
	s.labelled = true
	f := fault{status: 422, message: say("field \"amount\" must be an integer")}
	w.add(effect{from: at, does: func(r *rand.Rand, q *request) {
		if q.svc == s && q.agent == "okhttp/4" && r.Float64() < 0.9 {
			q.fault = &f
		}
	}})
	w.is(s, at, tracker.CauseClientRelease)
	w.truth.Value = "okhttp/4"
}

func region(w *world) {
	s, at := w.pickBusy(60), w.ago(12, 60)
	s.labelled = true
	f := fault{status: 503, message: say("no healthy upstream")}
	w.add(effect{from: at, does: func(r *rand.Rand, q *request) {
		if q.svc == s && q.region == "us-east-1" && r.Float64() < 0.95 {
			q.fault = &f
		}
	}})
	w.is(s, at, tracker.CauseUpstream)
	w.truth.Value = "us-east-1"
}

func newTarget(w *world) {
	s := w.service("brand-new", 20+40*w.r.Float64())
	s.from = w.ago(12, 40)
	s.noise = []fault{{share: 0.9, status: 500, message: say("relation \"orders\" does not exist")}}
	w.services = append([]*service{s}, w.services...)
	w.is(s, s.from, tracker.CauseServer)
	w.truth.Before = true
}

func beforeTheLog(w *world) {
	w.start = w.now.Add(-time.Duration(20+w.r.IntN(25)) * time.Minute)
	s := w.pickBusy(20)
	w.fails(s, w.start, time.Time{}, 0.95, refused())
	for _, other := range w.services {
		if other.noise[0].share > 0.5 {
			other.perMinute = 0.05
		}
	}
	w.is(s, w.start, tracker.CauseRefused)
	w.truth.Before = true
}

func ownNetwork(w *world) {
	for i, s := range w.services {
		s.probes = []time.Duration{10 * time.Second, 15 * time.Second, 30 * time.Second}[i%3]
		s.noise = []fault{{share: 0.002, kind: tracker.KindTimeout, err: "timeout", message: say("no answer in 10 s")}}
	}
	at := w.ago(6, 30)
	f := fault{kind: tracker.KindConnect, err: "network is unreachable", message: say("connect: network is unreachable")}
	w.add(effect{from: at, does: func(_ *rand.Rand, q *request) { q.fault = &f }})
	w.truth = Truth{Onset: at, Within: 2 * time.Minute, Classes: []tracker.CauseClass{tracker.CauseOwnNetwork}, Trends: ongoing}
	for _, s := range w.services {
		w.truth.Targets = append(w.truth.Targets, s.name)
	}
	w.truth.Spread = w.truth.Targets
}

func over(w *world) {
	s, end := w.pickBusy(15), w.ago(9, 40)
	at := end.Add(-time.Duration(10+w.r.IntN(30)) * time.Minute)
	w.fails(s, at, end, 0.6+0.4*w.r.Float64(), fault{status: 500, message: say("deadlock detected")})
	w.is(s, at, tracker.CauseDeadlock)
	w.truth.Over, w.truth.End, w.truth.Trends = true, end, []tracker.Trend{tracker.TrendOver}
}

func secondOutage(w *world) {
	s, at := w.pickBusy(20), w.ago(12, 30)
	first := at.Add(-time.Duration(50+w.r.IntN(20)) * time.Minute)
	w.start = min2(w.start, first.Add(-40*time.Minute))
	w.fails(s, first, first.Add(15*time.Minute), 0.9, fault{status: 500, message: say("no space left on device")})
	w.fails(s, at, time.Time{}, 0.8, refused())
	w.is(s, at, tracker.CauseRefused)
}

func min2(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func quiet(w *world) { w.truth.Quiet = true }

func burst(w *world) {
	s := w.pickBusy(20)
	at := w.ago(5, 30)
	extra := w.service(s.name, s.perMinute*(2+4*w.r.Float64()))
	extra.noise, extra.routes, extra.tenants, extra.labelled = s.noise, s.routes, s.tenants, s.labelled
	extra.latency, extra.version, extra.from = s.latency, s.version, at
	w.services = append([]*service{extra}, w.services...)
	w.truth.Quiet = true
}

func nightAndDay(w *world) {
	for _, s := range w.services {
		s.daily = 1.2
	}
	w.now = time.Date(2026, 3, 4, 23, w.r.IntN(60), 0, 0, time.UTC)
	w.start = w.now.Add(-time.Duration(5+w.r.IntN(10)) * time.Hour)
	for _, s := range w.services {
		s.perMinute = min(s.perMinute, 40)
	}
	w.truth.Quiet = true
}

// String says what a truth is, for tables and failed tests.
func (t *Truth) String() string {
	if t.Quiet {
		return "quiet"
	}
	text := fmt.Sprintf("%v since %s (±%s) because %v, %v", t.Targets, t.Onset.Format("15:04:05"), t.Within.Round(time.Second), t.Classes, t.Trends)
	if t.Over {
		text += ", over since " + t.End.Format("15:04:05")
	}
	return text
}
