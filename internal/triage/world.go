package triage

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"errtop/tracker"
)

// world is some services with their usual traffic, and what goes wrong with them.
type world struct {
	r        *rand.Rand
	start    time.Time
	now      time.Time
	services []*service
	effects  []effect
	marks    []tracker.Mark
	truth    Truth
	labels   map[string]*tracker.Labels
}

// service is one target with what is usual for it.
type service struct {
	name      string
	perMinute float64
	daily     float64 // how much more traffic the day has than the night, as a factor in e^x
	noise     []fault
	routes    []string
	tenants   []string
	regions   []string
	agents    []string
	version   string
	latency   time.Duration // median
	labelled  bool
	probes    time.Duration // between probes; 0: it is traffic
	steady    bool          // requests come like a clock
	from      time.Time     // its first request; zero: from the start
}

// fault is a way to fail, with its usual share.
type fault struct {
	share   float64
	status  int
	kind    tracker.Kind
	err     string
	message func(r *rand.Rand) string
}

// request is one drawn request, before it becomes a result.
type request struct {
	at                            time.Time
	svc                           *service
	route, tenant, region, agent  string
	version, method, host, behind string
	latency                       time.Duration
	fault                         *fault
	dropped                       bool
	again                         int // times that its client tries again, within seconds
}

// effect is something that changes requests for a while.
type effect struct {
	from, to time.Time // to zero: it goes on
	does     func(r *rand.Rand, q *request)
}

func say(text string) func(*rand.Rand) string { return func(*rand.Rand) string { return text } }

// numbered returns a message with a number that changes each time.
func numbered(format string) func(*rand.Rand) string {
	return func(r *rand.Rand) string { return fmt.Sprintf(format, 1000+r.IntN(90000)) }
}

var names = []string{
	"billing", "inventory", "storefront", "search", "checkout", "auth", "media", "mailer", "reports", "gateway", "pricing", "profile",
	"flux/dev", "veo/4k", "export", "webhooks",
}

// newWorld draws some services: a few busy ones, some quiet, one that always fails, one that is scanned a little.
func newWorld(r *rand.Rand) *world {
	w := &world{r: r, labels: map[string]*tracker.Labels{}}
	w.now = time.Date(2026, 3, 4+r.IntN(5), r.IntN(24), r.IntN(60), r.IntN(60), 0, time.UTC)
	w.start = w.now.Add(-time.Duration(100+r.IntN(200)) * time.Minute)
	if r.IntN(8) == 0 {
		w.start = w.now.Add(-23 * time.Hour)
	}
	order := r.Perm(len(names))
	long := w.now.Sub(w.start) > 10*time.Hour
	for i := range 5 + r.IntN(5) {
		rate := math.Exp(math.Log(8) + r.Float64()*math.Log(25))
		if long {
			rate = min(rate, 30)
		}
		w.services = append(w.services, w.service(names[order[i]], rate))
	}
	legacy := w.service("legacy", 0.4+r.Float64())
	legacy.noise = []fault{{share: 1, status: 500, message: say("not supported any more")}}
	job := w.service("nightly-job", 0.3)
	job.noise = []fault{{share: 0.6, kind: tracker.KindTimeout, err: "timeout", message: say("job runner did not answer in 30 s")}}
	w.services = append(w.services, legacy, job)
	return w
}

func (w *world) service(name string, perMinute float64) *service {
	r := w.r
	s := &service{
		name: name, perMinute: perMinute, daily: r.Float64() * 0.6, version: fmt.Sprintf("4.%d.%d", r.IntN(9), r.IntN(9)),
		latency: time.Duration(math.Exp(math.Log(8)+r.Float64()*math.Log(40))) * time.Millisecond, labelled: r.IntN(4) > 0, steady: r.IntN(4) == 0,
	}
	verbs := []string{"list", "get", "create", "reserve", "quote", "status", "render", "sync"}
	for _, i := range r.Perm(len(verbs))[:3+r.IntN(4)] {
		s.routes = append(s.routes, "/"+name+"/"+verbs[i])
	}
	for i := range 3 + r.IntN(8) {
		s.tenants = append(s.tenants, fmt.Sprintf("tenant-%c", 'a'+i))
	}
	s.regions = []string{"eu-west-1", "us-east-1", "ap-south-1"}
	s.agents = []string{"okhttp/4", "chrome/128", "python-requests/2", "app/7"}
	s.noise = []fault{
		{share: []float64{0.001, 0.003, 0.008, 0.015}[r.IntN(4)], status: 500, message: numbered("job %d could not be completed")},
		{share: []float64{0, 0.005, 0.02, 0.06}[r.IntN(4)], status: 404, message: say("no such item")},
		{share: []float64{0, 0.004, 0.01}[r.IntN(3)], status: 400, message: say("missing field")},
		{share: []float64{0, 0.002}[r.IntN(2)], status: 429, message: say("slow down")},
		{share: []float64{0, 0.003}[r.IntN(2)], status: 401, message: say("token has expired")},
	}
	return s
}

// busiest returns the services with ordinary noise, the busiest first.
func (w *world) pick() *service { return w.services[w.r.IntN(len(w.services)-2)] }

// pickBusy returns one with at least so many requests a minute, making it so busy where it is not.
func (w *world) pickBusy(least float64) *service {
	s := w.pick()
	if s.perMinute < least {
		s.perMinute = least * (1 + w.r.Float64())
	}
	return s
}

// ago is a moment so many minutes before now, at least and at most.
func (w *world) ago(least, most float64) time.Time {
	return w.now.Add(-time.Duration((least + w.r.Float64()*(most-least)) * float64(time.Minute)))
}

func (w *world) add(e effect) { w.effects = append(w.effects, e) }

// fails makes a share of a service's requests fail.
func (w *world) fails(s *service, from, to time.Time, share float64, f fault) {
	w.add(effect{from: from, to: to, does: func(r *rand.Rand, q *request) {
		if q.svc == s && r.Float64() < share {
			q.fault = &f
		}
	}})
}

// play draws every request of the time.
func (w *world) play() *Scene {
	s := &Scene{Start: w.start, Now: w.now, Marks: w.marks, Truth: w.truth}
	expected := 0.0
	for _, svc := range w.services {
		expected += svc.perMinute
	}
	s.Results = make([]tracker.Result, 0, int(expected*w.now.Sub(w.start).Minutes()))
	for _, svc := range w.services {
		if svc.probes > 0 {
			s.Announced = append(s.Announced, tracker.TargetInfo{Name: svc.name, URL: "https://" + svc.name + ".example.com/", Interval: svc.probes})
		}
		at := w.start
		if !svc.from.IsZero() {
			at = svc.from
		}
		for {
			gap := w.gap(svc, at)
			if at = at.Add(gap); !at.Before(w.now) {
				break
			}
			q := w.draw(svc, at)
			if q.dropped {
				continue
			}
			s.Results = append(s.Results, w.result(q))
			for range q.again {
				q.at = q.at.Add(time.Duration(200+w.r.IntN(1500)) * time.Millisecond)
				if q.at.Before(w.now) {
					s.Results = append(s.Results, w.result(q))
				}
			}
		}
	}
	s.Results = sorted(s.Results)
	return s
}

// gap is the time to a service's next request.
func (w *world) gap(s *service, at time.Time) time.Duration {
	if s.probes > 0 {
		return s.probes
	}
	hour := float64(at.Hour()) + float64(at.Minute())/60
	rate := s.perMinute * math.Exp(s.daily*math.Sin(2*math.Pi*(hour-9)/24))
	gap := time.Duration(float64(time.Minute) / rate)
	if s.steady {
		return time.Duration(float64(gap) * (0.8 + 0.4*w.r.Float64()))
	}
	return max(time.Duration(w.r.ExpFloat64()*float64(gap)), time.Millisecond)
}

// skewed draws one of some values, the first ones more often.
func skewed(r *rand.Rand, values []string) string {
	i := int(float64(len(values)) * r.Float64() * math.Sqrt(r.Float64()))
	return values[min(i, len(values)-1)]
}

func (w *world) draw(s *service, at time.Time) *request {
	r := w.r
	q := &request{
		at: at, svc: s, route: skewed(r, s.routes), tenant: skewed(r, s.tenants), region: skewed(r, s.regions), agent: skewed(r, s.agents),
		version: s.version, method: "GET", host: s.name + ".example.com",
		latency: time.Duration(float64(s.latency) * math.Exp(0.6*r.NormFloat64())),
	}
	x := r.Float64()
	for i := range s.noise {
		if x -= s.noise[i].share; x < 0 {
			q.fault = &s.noise[i]
			break
		}
	}
	for i := range w.effects {
		if e := &w.effects[i]; !at.Before(e.from) && (e.to.IsZero() || at.Before(e.to)) {
			e.does(r, q)
		}
	}
	return q
}

func (w *world) result(q *request) tracker.Result {
	s := q.svc
	res := tracker.Result{
		Time: q.at, Target: s.name, Source: "log", Method: q.method, Route: q.route, Latency: q.latency, Status: 200,
	}
	if s.probes > 0 {
		res.Origin, res.Source = tracker.OriginProbe, ""
	}
	if f := q.fault; f != nil {
		res.Status, res.Kind, res.Error = f.status, f.kind, f.err
		if f.kind == tracker.KindOK {
			res.Kind = tracker.KindOf(f.status)
		}
		res.Message = f.message(w.r)
		res.RequestID = strconv.Itoa(w.r.IntN(1e9))
	}
	if s.labelled {
		res.Labels = w.label(q)
	}
	return res
}

func (w *world) label(q *request) *tracker.Labels {
	key := q.svc.name + q.tenant + q.region + q.agent + q.version + q.host + q.behind
	l := w.labels[key]
	if l == nil {
		l = &tracker.Labels{
			{Name: "host", Value: q.host},
			{Name: "tenant", Value: q.tenant},
			{Name: "region", Value: q.region},
			{Name: "agent", Value: q.agent},
			{Name: "version", Value: q.version},
		}
		if q.behind != "" {
			*l = append(*l, tracker.Label{Name: "upstream", Value: q.behind})
		}
		w.labels[key] = l
	}
	return l
}
