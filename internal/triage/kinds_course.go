package triage

// Kinds that change while they last, or are over.

import (
	"math/rand/v2"
	"time"

	"errtop/tracker"
)

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

func over(w *world) {
	s, end := w.pickBusy(15), w.ago(9, 40)
	at := end.Add(-time.Duration(10+w.r.IntN(30)) * time.Minute)
	w.fails(s, at, end, 0.6+0.4*w.r.Float64(), fault{status: 500, message: say("deadlock detected")})
	w.is(s, at, tracker.CauseDeadlock)
	w.truth.Over, w.truth.End, w.truth.Trends = true, end, []tracker.Trend{tracker.TrendOver}
}

// isOver says that what happened ended.
func (w *world) isOver(end time.Time) {
	w.truth.Over, w.truth.End, w.truth.Trends = true, end, []tracker.Trend{tracker.TrendOver}
}

func secondOutage(w *world) {
	s, at := w.pickBusy(20), w.ago(12, 30)
	first := at.Add(-time.Duration(50+w.r.IntN(20)) * time.Minute)
	if earlier := first.Add(-40 * time.Minute); earlier.Before(w.start) {
		w.start = earlier
	}
	w.fails(s, first, first.Add(15*time.Minute), 0.9, fault{status: 500, message: say("no space left on device")})
	w.fails(s, at, time.Time{}, 0.8, refused())
	w.is(s, at, tracker.CauseRefused)
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

func maintenance(w *world) {
	s, end := w.pickBusy(30), w.ago(9, 40)
	at := end.Add(-time.Duration(4+w.r.IntN(6)) * time.Minute)
	w.fails(s, at, end, 1, fault{status: 503, message: say("down for maintenance")})
	w.is(s, at, tracker.CauseOverload, tracker.CauseUpstream, tracker.CauseServer)
	w.isOver(end)
}

func halfFixed(w *world) {
	s, mended := w.pickBusy(60), w.ago(7, 10)
	at := mended.Add(-time.Duration(15+w.r.IntN(25)) * time.Minute)
	f := fault{status: 500, message: say("IndexError: list index out of range")}
	w.fails(s, at, mended, 0.8, f)
	w.fails(s, mended, time.Time{}, 0.35, f)
	w.marks = append(w.marks, tracker.Mark{At: mended, Text: "deploy " + s.name + " 5.0.1", Target: s.name, Version: "5.0.1", Source: "errtop mark"})
	w.is(s, at, tracker.CauseException)
	w.truth.Unmarked, w.truth.Trends = true, []tracker.Trend{tracker.TrendBetter}
}

func dnsFlapping(w *world) {
	s := w.pickBusy(30)
	down, cycle := time.Duration(2+w.r.IntN(3))*time.Minute, time.Duration(7+w.r.IntN(4))*time.Minute
	at := w.now.Add(-5*cycle - time.Duration(w.r.IntN(int(cycle))))
	faults := []fault{
		{kind: tracker.KindDNS, err: "no such host", message: say("lookup api.partner.example: no such host")},
		{kind: tracker.KindDNS, err: "server failure", message: say("lookup api.partner.example on 10.0.0.2:53: server misbehaving")},
	}
	w.add(effect{from: at, does: func(r *rand.Rand, q *request) {
		if q.svc == s && q.at.Sub(at)%cycle < down {
			q.fault = &faults[r.IntN(2)]
		}
	}})
	w.is(s, at, tracker.CauseDNS)
	w.truth.Trends = []tracker.Trend{tracker.TrendFlapping}
	w.truth.Down, w.truth.Cycle = down, cycle
}

func limitOver(w *world) {
	s, end := w.pickBusy(30), w.ago(9, 40)
	at := end.Add(-time.Duration(6+w.r.IntN(20)) * time.Minute)
	w.fails(s, at, end, 0.5+0.4*w.r.Float64(), fault{status: 429, err: "Rate limit exceeded", message: say("too many requests")})
	w.is(s, at, tracker.CauseRateLimit)
	w.isOver(end)
}

func relapse(w *world) {
	s, at := w.pickBusy(40), w.ago(8, 25)
	end := at.Add(-time.Duration(22+w.r.IntN(15)) * time.Minute)
	w.fails(s, end.Add(-time.Duration(12+w.r.IntN(10))*time.Minute), end, 0.3, fault{status: 500, message: say("connection pool exhausted")})
	w.fails(s, at, time.Time{}, 0.9, fault{status: 500, message: say("connection pool exhausted")})
	w.is(s, at, tracker.CausePoolExhausted)
}

func relapseSoon(w *world) {
	s, again := w.pickBusy(40), w.ago(8, 25)
	end := again.Add(-time.Duration(6+w.r.IntN(6)) * time.Minute)
	at := end.Add(-time.Duration(12+w.r.IntN(10)) * time.Minute)
	w.fails(s, at, end, 0.3, fault{status: 500, message: say("connection pool exhausted")})
	w.fails(s, again, time.Time{}, 0.9, fault{status: 500, message: say("connection pool exhausted")})
	w.is(s, at, tracker.CausePoolExhausted)
	w.truth.Again, w.truth.Trends = again, []tracker.Trend{tracker.TrendSteady, tracker.TrendWorse}
}

func nightlyBatch(w *world) {
	w.now = time.Date(2026, 3, 5, 2, 10+w.r.IntN(15), w.r.IntN(60), 0, time.UTC)
	w.start = w.now.Add(-27 * time.Hour)
	for _, s := range w.services {
		s.perMinute = min(s.perMinute, 20)
	}
	s := w.pick()
	s.perMinute = 20
	share := 0.15 + 0.2*w.r.Float64()
	f := fault{status: 500, message: numbered("batch %d: row is locked by another job")}
	w.add(effect{from: w.start, does: func(r *rand.Rand, q *request) {
		if q.svc == s && q.at.Hour() == 2 && q.at.Minute() < 30 && r.Float64() < share {
			q.fault = &f
		}
	}})
	w.truth.Quiet = true
}
