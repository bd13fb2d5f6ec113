package demo

import (
	"net/http"
	"strings"
	"sync"

	"errtop/internal/safetext"
	"errtop/tracker"
)

// labelSets interns the labels of results: equal labels share one pointer, as the tracker requires. The zero value is ready.
type labelSets struct {
	mu   sync.Mutex
	sets map[labelKey]*tracker.Labels
}

// labelKey is the values of one set.
type labelKey struct{ client, agent, region, host, version string }

// maxLabelSets limits the sets; the script makes a few hundred.
const maxLabelSets = 4096

// of returns the labels of a call and its answer; the header is nil if there was none.
func (l *labelSets) of(c *call, h http.Header) *tracker.Labels {
	key := labelKey{
		client: c.customer(), agent: agentFamily(c.agent), region: c.region,
		host: safetext.Line(h.Get(hostHeader)), version: safetext.Line(h.Get(versionHeader)),
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if set, ok := l.sets[key]; ok {
		return set
	}
	if len(l.sets) >= maxLabelSets {
		return nil
	}
	var set tracker.Labels
	for _, label := range []tracker.Label{
		{Name: "agent", Value: key.agent},
		{Name: "client", Value: key.client},
		{Name: "host", Value: key.host},
		{Name: "region", Value: key.region},
		{Name: "version", Value: key.version},
	} {
		if label.Value != "" {
			set = append(set, label)
		}
	}
	if l.sets == nil {
		l.sets = map[labelKey]*tracker.Labels{}
	}
	l.sets[key] = &set
	return &set
}

// customer returns the owner of the key of a call, "" if there is none.
func (c *call) customer() string {
	sent, _ := strings.CutPrefix(c.bearer, "Bearer ")
	if k := findKey(sent); k != nil {
		return k.owner
	}
	return ""
}

// agentFamily returns the name and the major version of an agent: "studio-web/5".
func agentFamily(agent string) string {
	family, _, _ := strings.Cut(agent, ".")
	return family
}
