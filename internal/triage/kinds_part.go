package triage

// Kinds in which a part of the requests fails that have something in common.

import (
	"fmt"
	"math/rand/v2"
	"time"

	"errtop/tracker"
)

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

// oneOf makes requests go to one of four hosts.
func (w *world) oneOfHosts(s *service) (hosts []string) {
	for i := range 4 {
		hosts = append(hosts, fmt.Sprintf("web-%d.%s.internal", i+1, s.name))
	}
	s.labelled = true
	w.add(effect{from: w.start, does: func(r *rand.Rand, q *request) {
		if q.svc == s {
			q.host = hosts[r.IntN(4)]
		}
	}})
	return hosts
}

func oneHost(w *world) {
	s, at := w.pickBusy(40), w.ago(12, 60)
	host := w.oneOfHosts(s)[w.r.IntN(4)]
	f := fault{status: 500, message: numbered("open /var/run/app/%d.sock: too many open files")}
	w.add(effect{from: at, does: func(r *rand.Rand, q *request) {
		if q.svc == s && q.host == host && r.Float64() < 0.6 {
			q.fault = &f
		}
	}})
	w.is(s, at, tracker.CausePoolExhausted)
	w.truth.Value = host
}

func slowHost(w *world) {
	s, at := w.pickBusy(80), w.ago(15, 60)
	host := w.oneOfHosts(s)[w.r.IntN(4)]
	w.slows(s, at, time.Time{}, 10+10*w.r.Float64(), func(q *request) bool { return q.host == host })
	w.is(s, at, tracker.CauseSlow)
	w.truth.Value = host
}

func tenantPost(w *world) {
	s, at := w.pickBusy(90), w.ago(15, 60)
	s.labelled = true
	tenant := s.tenants[w.r.IntN(2)]
	f := fault{status: 500, message: say("psycopg2.errors.UniqueViolation: duplicate key value violates unique constraint \"orders_pkey\"")}
	w.add(effect{from: w.start, does: func(r *rand.Rand, q *request) {
		if q.svc != s {
			return
		}
		if q.method = "GET"; r.Float64() < 0.4 {
			if q.method = "POST"; q.tenant == tenant && !q.at.Before(at) {
				q.fault = &f
			}
		}
	}})
	w.is(s, at, tracker.CauseServer, tracker.CauseException)
	w.truth.Value = tenant
}

func bodyLimit(w *world) {
	s, at := w.pickBusy(50), w.ago(12, 60)
	route := s.routes[w.r.IntN(len(s.routes)-1)]
	f := fault{status: 413, message: say("client intended to send too large body")}
	w.add(effect{from: at, does: func(r *rand.Rand, q *request) {
		if q.svc == s && q.route == route && r.Float64() < 0.5 {
			q.fault = &f
		}
	}})
	w.is(s, at, tracker.CauseBadRequests)
	w.truth.Value = route
}

func crawlerUsual(w *world) {
	s, at := w.pickBusy(60), w.ago(12, 60)
	w.scans(s, w.start, 0.1+0.1*w.r.Float64())
	w.removes(s, at)
}

func crawlerToo(w *world) {
	s, at := w.pickBusy(60), w.ago(12, 40)
	w.scans(s, at.Add(-time.Duration(8+w.r.IntN(20))*time.Minute), 0.12)
	w.removes(s, at)
}

// removes takes the route away that a service is asked for most, for whoever is no scanner.
func (w *world) removes(s *service, at time.Time) {
	route, f := s.routes[0], fault{status: 404, message: say("no route matches")}
	w.add(effect{from: at, does: func(_ *rand.Rand, q *request) {
		if q.svc == s && q.route == route {
			q.fault = &f
		}
	}})
	w.is(s, at, tracker.CauseRouteRemoved)
	w.truth.Value = route
}
