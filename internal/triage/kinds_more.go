package triage

import (
	"math/rand/v2"
	"time"

	"errtop/tracker"
)

// moreKinds are incidents that begin beside others, or look like something else.
func moreKinds() []Kind {
	return []Kind{
		{"slow-route", "one route answers many times slower", slowRoute},
		{"slow-ramp", "answers get slower for half an hour, and stay slow", slowRamp},
		{"two-incidents", "a service is down while another fails a little, for another reason", twoIncidents},
		{"one-dies-one-recovers", "a service goes down just as another is back", oneDiesOneRecovers},
		{"one-method", "only POST fails", oneMethod},
		{"rollback", "a deploy breaks a service and is rolled back", rollback},
		{"retry-storm", "clients of a failing service try again, many times its traffic", retryStorm},
		{"flood-and-outage", "429 for a flood beside a real outage", floodAndOutage},
		{"partial-region", "half of the requests of one region fail", partialRegion},
		{"canary", "a new release takes a tenth of the requests and fails them", canary},
		{"auth-down", "keys are refused for everybody", authDown},
		{"maintenance", "503 for a few minutes, over by now", maintenance},
		{"slow-over", "answers were slow, and are as usual again", slowOver},
		{"weekend", "traffic falls to a fifth within an hour", weekend},
		{"one-probe", "a probed service is down behind its breaker", oneProbe},
		{"two-causes", "a service fails for one reason, then for a second one with it", twoCauses},
	}
}

// slows makes requests of a service slower, those that only holds for; nil: all.
func (w *world) slows(s *service, from, to time.Time, factor float64, only func(q *request) bool) {
	w.add(effect{from: from, to: to, does: func(_ *rand.Rand, q *request) {
		if q.svc == s && (only == nil || only(q)) {
			q.latency = time.Duration(float64(q.latency) * factor)
		}
	}})
}

// another picks a service beside one, with at least so many requests a minute.
func (w *world) another(than *service, least float64) *service {
	for {
		if s := w.pickBusy(least); s != than {
			return s
		}
	}
}

// isOver says that what happened ended.
func (w *world) isOver(end time.Time) {
	w.truth.Over, w.truth.End, w.truth.Trends = true, end, []tracker.Trend{tracker.TrendOver}
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

func twoIncidents(w *world) {
	s, at := w.pickBusy(20), w.ago(12, 30)
	o := w.another(s, 20)
	w.fails(s, at, time.Time{}, 0.97, refused())
	earlier := at.Add(-time.Duration(8+w.r.IntN(20)) * time.Minute)
	w.fails(o, earlier, time.Time{}, 0.15, fault{status: 500, message: say("TypeError: Cannot read properties of null (reading 'id')")})
	o.perMinute = min(o.perMinute, 40)
	w.is(s, at, tracker.CauseRefused)
	w.truth.Apart = []string{o.name}
}

func oneDiesOneRecovers(w *world) {
	s, at := w.pickBusy(20), w.ago(10, 25)
	o := w.another(s, 20)
	w.fails(o, at.Add(-time.Duration(15+w.r.IntN(30))*time.Minute), at.Add(time.Duration(w.r.IntN(120)-60)*time.Second), 0.9,
		fault{status: 500, message: say("no space left on device")})
	w.fails(s, at, time.Time{}, 0.95, refused())
	w.is(s, at, tracker.CauseRefused)
	w.truth.Apart = []string{o.name}
}

func oneMethod(w *world) {
	s, at := w.pickBusy(50), w.ago(12, 60)
	f := fault{status: 500, message: say("ValueError: invalid literal for int() with base 10")}
	w.add(effect{from: w.start, does: func(r *rand.Rand, q *request) {
		if q.svc != s {
			return
		}
		if q.method = "GET"; r.Float64() < 0.3 {
			if q.method = "POST"; !q.at.Before(at) {
				q.fault = &f
			}
		}
	}})
	w.is(s, at, tracker.CauseException)
	w.truth.Value = "POST"
}

func rollback(w *world) {
	s, end := w.pickBusy(40), w.ago(9, 40)
	at := end.Add(-time.Duration(8+w.r.IntN(25)) * time.Minute)
	deploy, back := "deploy "+s.name+" 5.0.0", "roll back "+s.name+" to 4.9.1"
	began := at.Add(-time.Duration(w.r.IntN(90)) * time.Second)
	w.marks = append(w.marks, tracker.Mark{At: began, Text: deploy, Target: s.name, Version: "5.0.0", Source: "errtop mark"},
		tracker.Mark{At: end.Add(-20 * time.Second), Text: back, Target: s.name, Version: "4.9.1", Source: "errtop mark"})
	w.fails(s, at, end, 0.3+0.6*w.r.Float64(), fault{status: 500, message: say("NoMethodError: undefined method `total' for nil")})
	w.is(s, at, tracker.CauseException)
	w.truth.Mark = deploy
	w.isOver(end)
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

func floodAndOutage(w *world) {
	flooded := w.pickBusy(150)
	s := w.another(flooded, 15)
	s.perMinute = min(s.perMinute, 60)
	at := w.ago(12, 40)
	w.fails(flooded, at.Add(-time.Duration(5+w.r.IntN(30))*time.Minute), time.Time{}, 0.7, fault{status: 429, message: say("too many requests")})
	w.fails(s, at, time.Time{}, 1, refused())
	w.is(s, at, tracker.CauseRefused)
	w.truth.Apart = []string{flooded.name}
}

func partialRegion(w *world) {
	s, at := w.pickBusy(90), w.ago(15, 60)
	s.labelled = true
	f := fault{status: 503, message: say("no healthy upstream")}
	w.add(effect{from: at, does: func(r *rand.Rand, q *request) {
		if q.svc == s && q.region == "us-east-1" && r.Float64() < 0.5 {
			q.fault = &f
		}
	}})
	w.is(s, at, tracker.CauseUpstream)
	w.truth.Value = "us-east-1"
}

func canary(w *world) {
	s, at := w.pickBusy(90), w.ago(15, 60)
	s.labelled = true
	f := fault{status: 500, message: say("KeyError: 'currency'")}
	w.add(effect{from: at, does: func(r *rand.Rand, q *request) {
		if q.svc == s && r.Float64() < 0.1 {
			q.version, q.fault = "6.0.0-rc1", &f
		}
	}})
	w.is(s, at, tracker.CauseException)
	w.truth.Value = "6.0.0-rc1"
}

func authDown(w *world) {
	s, at := w.pickBusy(30), w.ago(12, 60)
	w.fails(s, at, time.Time{}, 0.97, fault{status: 401, err: "Unauthorized", message: say("invalid API key")})
	w.is(s, at, tracker.CauseKey)
}

func maintenance(w *world) {
	s, end := w.pickBusy(30), w.ago(9, 40)
	at := end.Add(-time.Duration(4+w.r.IntN(6)) * time.Minute)
	w.fails(s, at, end, 1, fault{status: 503, message: say("down for maintenance")})
	w.is(s, at, tracker.CauseOverload, tracker.CauseUpstream, tracker.CauseServer)
	w.isOver(end)
}

func slowOver(w *world) {
	s, end := w.pickBusy(50), w.ago(12, 40)
	at := end.Add(-time.Duration(12+w.r.IntN(20)) * time.Minute)
	w.slows(s, at, end, 8+10*w.r.Float64(), nil)
	w.is(s, at, tracker.CauseSlow)
	w.isOver(end)
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

func oneProbe(w *world) {
	s, at := w.pick(), w.ago(6, 40)
	s.probes = []time.Duration{10 * time.Second, 20 * time.Second, 30 * time.Second}[w.r.IntN(3)]
	s.noise = []fault{{share: 0.002, kind: tracker.KindTimeout, err: "timeout", message: say("no answer in 10 s")}}
	f, held, row := refused(), time.Time{}, 0
	w.add(effect{from: at, does: func(_ *rand.Rand, q *request) {
		if q.svc != s {
			return
		}
		if q.dropped = q.at.Before(held); q.dropped {
			return
		}
		if q.fault, row = &f, row+1; row >= 5 {
			held = q.at.Add(time.Minute)
		}
	}})
	w.is(s, at, tracker.CauseRefused)
	w.truth.Within = max(2*time.Minute, 2*s.probes)
}

func twoCauses(w *world) {
	s, at := w.pickBusy(60), w.ago(25, 60)
	w.fails(s, at, time.Time{}, 0.2, fault{status: 500, message: say("deadlock detected")})
	w.fails(s, at.Add(10*time.Minute), time.Time{}, 0.6, fault{status: 500, message: say("write /var/lib/data: no space left on device")})
	w.is(s, at, tracker.CauseDiskFull, tracker.CauseDeadlock)
	w.truth.Trends = []tracker.Trend{tracker.TrendSteady, tracker.TrendWorse}
}
