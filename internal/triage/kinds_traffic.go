package triage

// Kinds of slow answers, of traffic that comes, and of traffic that does not.

import (
	"math"
	"math/rand/v2"
	"time"

	"errtop/tracker"
)

// slows makes requests of a service slower, those that only holds for; nil: all.
func (w *world) slows(s *service, from, to time.Time, factor float64, only func(q *request) bool) {
	w.add(effect{from: from, to: to, does: func(_ *rand.Rand, q *request) {
		if q.svc == s && (only == nil || only(q)) {
			q.latency = time.Duration(float64(q.latency) * factor)
		}
	}})
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

func slowRoute(w *world) {
	s, at := w.pickBusy(50), w.ago(15, 60)
	route := s.routes[w.r.IntN(len(s.routes)-1)]
	w.slows(s, at, time.Time{}, 10+20*w.r.Float64(), func(q *request) bool { return q.route == route })
	w.is(s, at, tracker.CauseSlow)
	w.truth.Value = route
}

func slowRamp(w *world) {
	s, at := w.pickBusy(40), w.ago(45, 80)
	w.add(effect{from: at, does: func(_ *rand.Rand, q *request) {
		if q.svc == s {
			q.latency = time.Duration(float64(q.latency) * (1 + 14*min(q.at.Sub(at).Minutes()/30, 1)))
		}
	}})
	w.is(s, at.Add(5*time.Minute), tracker.CauseSlow)
	w.truth.Within = 10 * time.Minute
	w.truth.Trends = []tracker.Trend{tracker.TrendSteady, tracker.TrendWorse}
}

func slowOver(w *world) {
	s, end := w.pickBusy(50), w.ago(12, 40)
	at := end.Add(-time.Duration(12+w.r.IntN(20)) * time.Minute)
	w.slows(s, at, end, 8+10*w.r.Float64(), nil)
	w.is(s, at, tracker.CauseSlow)
	w.isOver(end)
}

func silence(w *world) {
	s, at := w.pickBusy(40), w.ago(6, 40)
	w.add(effect{from: at, does: func(_ *rand.Rand, q *request) { q.dropped = q.dropped || q.svc == s }})
	w.is(s, at, tracker.CauseSilence)
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

func weekend(w *world) {
	at := w.ago(50, 90)
	w.add(effect{from: at, does: func(r *rand.Rand, q *request) {
		if q.svc.perMinute < 2 { // jobs run as always
			return
		}
		left := 1 - 0.8*min(q.at.Sub(at).Minutes()/60, 1)
		q.dropped = q.dropped || r.Float64() > left
	}})
	w.truth.Quiet = true
}

func trafficDrop(w *world) {
	s, at := w.pickBusy(80), w.ago(12, 40)
	s.perMinute = max(s.perMinute, 80*math.Exp(s.daily))
	left := 0.2 + 0.12*w.r.Float64()
	w.add(effect{from: at, does: func(r *rand.Rand, q *request) { q.dropped = q.dropped || q.svc == s && r.Float64() > left }})
	w.is(s, at, tracker.CauseSilence)
}

func slowLeak(w *world) {
	s, at := w.pickBusy(50), w.ago(60, 90)
	failing := w.ago(15, 25)
	w.add(effect{from: at, does: func(_ *rand.Rand, q *request) {
		if q.svc == s {
			q.latency = time.Duration(float64(q.latency) * (1 + 20*float64(q.at.Sub(at))/float64(failing.Sub(at))))
		}
	}})
	w.fails(s, failing, time.Time{}, 0.4, fault{kind: tracker.KindTimeout, err: "timeout", message: say("upstream did not answer in 30 s")})
	w.is(s, at.Add(failing.Sub(at)/4), tracker.CauseTimeout, tracker.CauseSlow)
	w.truth.Within = failing.Sub(at)/4 + 2*time.Minute
	w.truth.Again = failing
	w.truth.Trends = []tracker.Trend{tracker.TrendSteady, tracker.TrendWorse}
}

// gaveUpSlow makes clients close the connection before slow answers.
func gaveUpSlow(w *world) {
	s, at := w.pickBusy(60), w.ago(12, 50)
	f := fault{status: 499, message: say("client closed request")}
	w.add(effect{from: at, does: func(r *rand.Rand, q *request) {
		if q.svc == s {
			if q.latency *= 15; r.Float64() < 0.3 {
				q.fault = &f
			}
		}
	}})
	w.is(s, at, tracker.CauseSlow)
}

func rareJob(w *world) {
	job := w.service("weekly-job", 0.001)
	job.from = w.ago(1, 4)
	job.perMinute, job.steady = 1, true
	job.noise = []fault{{share: 1, status: 500, message: say("invoice run failed: 3 customers without address")}}
	w.add(effect{from: w.start, does: func(_ *rand.Rand, q *request) {
		q.dropped = q.dropped || q.svc == job && q.at.Sub(job.from) > 2*time.Minute+30*time.Second
	}})
	w.services = append([]*service{job}, w.services...)
	w.truth.Quiet = true
}
