package demo

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// slip is a kind of mishap: a rare failure of a single request, which a healthy API has too.
type slip uint8

const (
	badInput   slip = iota // the client sends a body that breaks the rules
	notFound               // the client has a typing error in the path
	denied                 // the client's key may not do this
	badKey                 // the client sends no key, or a wrong one
	reset                  // the connection is reset
	slowBody               // the answer begins and never ends
	cutBody                // the answer ends too early
	badGateway             // 502
	slips      = iota
)

// byClient reports whether the client causes it, not the server.
func (s slip) byClient() bool { return s < reset }

// mishap is a slip at a time. Variant chooses between its forms.
type mishap struct {
	at      time.Duration
	slip    slip
	model   string
	variant int
}

// openingMishaps has one of each kind, on models where they do not hide an incident of the opening.
var openingMishaps = [...]mishap{
	{at: 200 * time.Millisecond, slip: slowBody, model: "flux/dev"}, // first: its client waits for its timeout
	{at: 400 * time.Millisecond, slip: badInput, model: "flux/dev"},
	{at: 900 * time.Millisecond, slip: notFound, model: "kling/v2.1"},
	{at: 1400 * time.Millisecond, slip: denied, model: "veo/3"},
	{at: 1900 * time.Millisecond, slip: badKey, model: "veo/3"},
	{at: 2000 * time.Millisecond, slip: reset, model: "kling/v2.1"},
	{at: 2400 * time.Millisecond, slip: badGateway, model: "veo/3"},
	{at: 2900 * time.Millisecond, slip: cutBody, model: "veo/3"},
}

// mishaps returns the mishaps of a cycle in the order of time. They spare models with an incident, so that its failures are not
// mixed with others.
func (s script) mishaps(cycle uint64) []mishap {
	r := newRand(s.seed, 1<<32+cycle)
	origin := time.Duration(cycle) * cycleLength //nolint:gosec // a cycle is 24 minutes: the clock ends long before the integer
	var all []mishap
	if cycle == 0 && s.history == 0 {
		all = append(all, openingMishaps[:]...)
	}
	for k := range slip(slips) {
		for at := origin + between(r, 10*time.Second, 6*time.Minute); at < origin+cycleLength; at += between(r, 3*time.Minute, 8*time.Minute) {
			m := mishap{at: at, slip: k, model: pick(r, "flux/dev", "flux/dev", "flux/dev", "flux/schnell"), variant: r.IntN(12)}
			if k == denied {
				m.model = "veo/3"
			}
			if !s.at(at).troubles(m.model) {
				all = append(all, m)
			}
		}
	}
	slices.SortFunc(all, func(a, b mishap) int { return cmp.Compare(a.at, b.at) })
	return all
}

// mishapLateness is how late a mishap may happen.
const mishapLateness = 10 * time.Second

// pending hands out the mishaps of the server, each to one request.
type pending struct {
	plan script

	mu       sync.Mutex
	cycle    uint64 // the next to read
	upcoming []mishap
}

// take returns the mishap of a request for a model at a time of the world, if it has one. Calls must be roughly in the order of
// time.
func (p *pending) take(model string, t time.Duration) (slip, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for ; time.Duration(p.cycle)*cycleLength <= t; p.cycle++ { //nolint:gosec // see incidents
		p.upcoming = append(p.upcoming, p.plan.mishaps(p.cycle)...)
	}
	p.upcoming = slices.DeleteFunc(p.upcoming, func(m mishap) bool { return m.slip.byClient() || m.at < t-mishapLateness })
	for i, m := range p.upcoming {
		if m.at > t {
			break
		}
		if m.model == model {
			p.upcoming = slices.Delete(p.upcoming, i, i+1)
			return m.slip, true
		}
	}
	return 0, false
}
