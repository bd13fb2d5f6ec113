package triage

// Kinds in which more than one thing happens.

import (
	"math/rand/v2"
	"time"

	"errtop/tracker"
)

// another picks a service beside one, with at least so many requests a minute.
func (w *world) another(than *service, least float64) *service {
	for {
		if s := w.pickBusy(least); s != than {
			return s
		}
	}
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

func minutesApart(w *world) {
	s, at := w.pickBusy(50), w.ago(12, 40)
	o := w.another(s, 15)
	o.perMinute = min(o.perMinute, 30)
	w.fails(s, at, time.Time{}, 0.95, refused())
	w.fails(o, at.Add(time.Duration(2+w.r.IntN(5))*time.Minute), time.Time{}, 0.5, fault{status: 500, message: numbered("write /var/lib/queue/%d.seg: no space left on device")})
	w.is(s, at, tracker.CauseRefused)
	w.truth.Alone = true
}

func atOnce(w *world) {
	s, at := w.pickBusy(50), w.ago(12, 40)
	o := w.another(s, 15)
	o.perMinute = min(o.perMinute, 30)
	w.fails(s, at, time.Time{}, 0.95, refused())
	w.fails(o, at.Add(time.Duration(w.r.IntN(60))*time.Second), time.Time{}, 0.5, fault{kind: tracker.KindDNS, err: "no such host", message: say("lookup mail.partner.example: no such host")})
	w.is(s, at, tracker.CauseRefused)
	w.truth.Alone = true
}

func othersDeploy(w *world) {
	s, at := w.pickBusy(30), w.ago(12, 40)
	o := w.another(s, 15)
	w.marks = append(w.marks, tracker.Mark{At: at.Add(-2 * time.Minute), Text: "deploy " + o.name + " 7.1.0", Target: o.name, Version: "7.1.0", Source: "errtop mark"})
	w.fails(s, at, time.Time{}, 0.8, fault{status: 502, message: say("bad gateway")})
	w.is(s, at, tracker.CauseUpstream)
	w.truth.Unmarked = true
}

// some picks so many services, each with at least so many requests a minute.
func (w *world) some(n int, least float64) (out []*service) {
	for _, i := range w.r.Perm(len(w.services) - 2)[:n] {
		s := w.services[i]
		s.perMinute = max(s.perMinute, least)
		out = append(out, s)
	}
	return out
}

func (w *world) areOne(list []*service, onset time.Time, class tracker.CauseClass) {
	w.truth = Truth{Onset: onset, Within: 2 * time.Minute, Classes: []tracker.CauseClass{class}, Trends: ongoing}
	for _, s := range list {
		w.truth.Targets = append(w.truth.Targets, s.name)
	}
	w.truth.Spread = w.truth.Targets
}

func certificateOfFive(w *world) {
	at, list := w.ago(10, 50), w.some(5, 12)
	for i, s := range list {
		f := fault{kind: tracker.KindTLS, err: "certificate expired", message: func(*rand.Rand) string {
			return "Get \"https://" + s.name + ".example.com/\": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-03-05T02:11:09Z is after 2026-03-05T02:00:00Z"
		}}
		if i >= 3 {
			s.probes = time.Duration(i-2) * 10 * time.Second
			s.noise = nil
		}
		w.fails(s, at, time.Time{}, 1, f)
	}
	w.areOne(list, at, tracker.CauseTLSExpired)
}

func spreads(w *world) {
	at, list := w.ago(12, 50), w.some(4, 20)
	f := fault{status: 500, message: numbered("POST https://auth.internal:9443/verify: context deadline exceeded (request %d)")}
	for i, s := range list {
		w.fails(s, at.Add(time.Duration(i*40+w.r.IntN(30))*time.Second), time.Time{}, 0.4+0.6*w.r.Float64(), f)
	}
	w.areOne(list, at, tracker.CauseTimeout)
}

// probed makes every service a probed one.
func (w *world) probed() {
	for i, s := range w.services {
		s.probes = []time.Duration{10 * time.Second, 15 * time.Second, 30 * time.Second}[i%3]
		s.noise = []fault{{share: 0.002, kind: tracker.KindTimeout, err: "timeout", message: say("no answer in 10 s")}}
	}
}

func resolverDown(w *world) {
	w.probed()
	at := w.ago(6, 30)
	f := func(s *service) fault {
		return fault{kind: tracker.KindDNS, err: "dns", message: say("lookup " + s.name + ".example.com on 127.0.0.53:53: server misbehaving")}
	}
	for _, s := range w.services {
		w.fails(s, at, time.Time{}, 1, f(s))
	}
	w.areOne(w.services, at, tracker.CauseOwnNetwork)
}

func firstProbes(w *world) {
	w.probed()
	w.start = w.ago(6, 40)
	s := w.services[0]
	w.fails(s, w.start, time.Time{}, 1, fault{kind: tracker.KindConnect, err: "connection refused", message: say("dial tcp 10.4.7.21:8443: connect: connection refused")})
	o := w.services[1]
	w.fails(o, w.start, time.Time{}, 1, fault{kind: tracker.KindDNS, err: "no such host", message: say("lookup " + o.name + ".internal: no such host")})
	w.is(s, w.start, tracker.CauseRefused, tracker.CauseDNS)
	w.truth.Targets = append(w.truth.Targets, o.name)
	w.truth.Spread, w.truth.Alone, w.truth.Before = nil, true, true
}
