package triage

// Kinds in which a service fails, or most of what it is asked.

import (
	"math"
	"math/rand/v2"
	"time"

	"errtop/tracker"
)

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

func timeouts(w *world) {
	s, at := w.pickBusy(20), w.ago(12, 60)
	w.fails(s, at, time.Time{}, 0.3+0.6*w.r.Float64(), fault{status: 504, message: say("upstream request timeout")})
	w.is(s, at, tracker.CauseTimeout)
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

func authDown(w *world) {
	s, at := w.pickBusy(30), w.ago(12, 60)
	w.fails(s, at, time.Time{}, 0.97, fault{status: 401, err: "Unauthorized", message: say("invalid API key")})
	w.is(s, at, tracker.CauseKey)
}

func retryStorm(w *world) {
	s, at := w.pickBusy(20), w.ago(12, 50)
	s.perMinute = min(s.perMinute, 60)
	f := fault{status: 503, message: say("connect to 10.1.1.4:6379: connection refused")}
	w.add(effect{from: at, does: func(r *rand.Rand, q *request) {
		if q.svc == s && r.Float64() < 0.9 {
			q.fault, q.again = &f, 3+r.IntN(4)
		}
	}})
	w.is(s, at, tracker.CauseRefused)
}

func twoCauses(w *world) {
	s, at := w.pickBusy(60), w.ago(25, 60)
	w.fails(s, at, time.Time{}, 0.2, fault{status: 500, message: say("deadlock detected")})
	w.fails(s, at.Add(10*time.Minute), time.Time{}, 0.6, fault{status: 500, message: say("write /var/lib/data: no space left on device")})
	w.is(s, at, tracker.CauseDiskFull, tracker.CauseDeadlock)
	w.truth.Trends = []tracker.Trend{tracker.TrendSteady, tracker.TrendWorse}
}

func firstMinute(w *world) {
	s, at := w.pickBusy(60), w.ago(0.8, 2)
	s.perMinute = max(s.perMinute, 60*math.Exp(s.daily))
	w.fails(s, at, time.Time{}, 0.98, refused())
	w.is(s, at, tracker.CauseRefused)
	w.truth.Trends = starting
	w.truth.Least = 0.85
}

func doubled(w *world) {
	s, at := w.pickBusy(20), w.ago(12, 50)
	f := fault{status: 500, message: say("RangeError: Maximum call stack size exceeded")}
	w.add(effect{from: at, does: func(r *rand.Rand, q *request) {
		if q.svc == s && r.Float64() < 0.7 {
			q.fault, q.again = &f, 1
		}
	}})
	w.is(s, at, tracker.CauseException)
}

func smallRise(w *world) {
	s, at := w.pickBusy(200), w.ago(20, 60)
	s.perMinute = max(s.perMinute, 200)
	s.noise[0].share = 0.001
	w.fails(s, at, time.Time{}, 0.02+0.02*w.r.Float64(), fault{status: 500, message: say("KeyError: 'shipping_zone'")})
	w.is(s, at, tracker.CauseException)
}

func probeOnly(w *world) {
	s, at := w.pickBusy(30), w.ago(8, 40)
	probe := w.service(s.name, 1)
	probe.probes = []time.Duration{10 * time.Second, 20 * time.Second, 30 * time.Second}[w.r.IntN(3)]
	probe.noise, probe.routes = []fault{{share: 0.002, kind: tracker.KindTimeout, err: "timeout", message: say("no answer in 10 s")}}, []string{"/healthz"}
	w.services = append([]*service{probe}, w.services...)
	w.fails(probe, at, time.Time{}, 1, fault{status: 503, message: say("database migration pending")})
	w.is(s, at, tracker.CauseOverload)
	w.truth.Within = max(2*time.Minute, 2*probe.probes)
}
