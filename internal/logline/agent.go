package logline

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
)

// An agent is what a client calls itself (RFC 9110, User-Agent). It identifies the requests that no user waits for: errtop's own probes,
// and the checks of monitors.

// Sender is who sent a request, as far as its agent tells.
type Sender uint8

// The senders.
const (
	SenderClient  Sender = iota // anybody, or not known
	SenderOwn                   // errtop's probes, of this machine or another
	SenderMonitor               // a health check of a load balancer, an orchestrator or a monitoring service
)

// MonitorTarget is the target of monitors' requests. They are counted separately, so that their steady successes do not dilute the
// error rate of others.
const MonitorTarget = "(monitors)"

// monitorAgents are words in the agents of monitors, as their makers document them.
var monitorAgents = [...]string{
	"kube-probe/", "ELB-HealthChecker/", "GoogleHC/", "GoogleStackdriverMonitoring-UptimeChecks", "Amazon-Route53-Health-Check-Service",
	"Amazon Route 53 Health Check Service", "Edge Health Probe", "Load Balancer Agent", "HealthCheck/", "AlwaysOn", "Cloudflare-Healthchecks",
	"Cloudflare-Traffic-Manager", "Envoy/HC", "Consul Health Check", "DigitalOcean", "Uptime-Kuma/", "Blackbox Exporter/", "Blackbox-Exporter/",
	"Prometheus/", "Pingdom", "UptimeRobot/", "Site24x7", "StatusCake", "Datadog/Synthetics", "DatadogSynthetics", "Datadog Agent/",
	"NewRelicPinger", "NewRelicSynthetics", "Better Uptime Bot", "Better Stack", "HetrixTools", "check_http/", "check_curl/", "Zabbix", "Nagios",
	"Icinga", "Checkly", "updown.io", "Uptime.com", "UptimeBot", "NodePing", "Freshping", "OhDear", "Oh Dear", "cron-job.org", "Catchpoint",
	"ThousandEyes", "DynatraceSynthetic", "RuxitSynthetic", "Elastic-Heartbeat/", "Gatus/", "gatus/", "Monit/", "Sensu", "GCP_Uptime",
	"PRTG", "PingAdmin", "Monitis", "AppBeat", "Healthchecks.io",
}

// ownAgent begins the agent of errtop's probes.
const ownAgent = "errtop/"

// agentFacts is what an agent tells.
type agentFacts struct {
	sender Sender
	family string // family and major version: "okhttp/4"
}

// agents remembers what agents tell, in a table where a newer one takes the place of an older one with the same hash.
type agents [256]struct {
	text  string
	facts agentFacts
}

// of returns what an agent tells; own are those of errtop's probes beside the usual one.
func (a *agents) of(text []byte, own []string) *agentFacts {
	slot := &a[agentSlot(text)]
	if slot.text != string(text) {
		slot.text, slot.facts = string(text[:min(len(text), MaxRoute)]), agentFacts{family: agentFamily(text)}
		switch {
		case bytes.HasPrefix(text, []byte(ownAgent)), slices.Contains(own, string(text)):
			slot.facts.sender = SenderOwn
		case isMonitor(string(text)):
			slot.facts.sender = SenderMonitor
		}
	}
	return &slot.facts
}

// agentSlot spreads agents over the table by their length and their ends.
func agentSlot(text []byte) uint8 {
	n := len(text)
	if n < 8 {
		return uint8(n)
	}
	const odd = 0x9e3779b97f4a7c15
	h := (binary.LittleEndian.Uint64(text)*3 ^ binary.LittleEndian.Uint64(text[n-8:]) ^ uint64(n)) * odd
	return uint8(h >> 56)
}

// isMonitor reports whether an agent is a monitor's.
func isMonitor(agent string) bool {
	for _, word := range monitorAgents {
		if strings.Contains(agent, word) {
			return true
		}
	}
	return false
}

// browsers are the products that tell a browser from those it claims to be compatible with, the more special first.
var browsers = [...]string{"Edg/", "OPR/", "SamsungBrowser/", "Firefox/", "CriOS/", "FxiOS/", "Chrome/", "Version/"}

// agentFamily returns the family of an agent and its major version, or "" if it has none: "okhttp/4", "Firefox/133".
func agentFamily(text []byte) string {
	product := text
	if bytes.HasPrefix(text, []byte("Mozilla/")) {
		for _, name := range browsers {
			if i := bytes.Index(text, []byte(name)); i >= 0 {
				product = text[i:]
				break
			}
		}
	}
	if end := bytes.IndexAny(product, " ;(,"); end >= 0 {
		product = product[:end]
	}
	name, version, ok := bytes.Cut(product, []byte{'/'})
	if string(name) == "Version" {
		name = []byte("Safari")
	}
	if end := digitsEnd(version, 0); ok && end > 0 {
		return SafeLine(append(append(bytes.Clone(name), '/'), version[:end]...), MaxLabel)
	}
	return SafeLine(name, MaxLabel)
}

// Agent returns what the client of the last line read calls itself, harmless, or "" if the line does not tell.
func (d *Decoder) Agent() string { return SafeLine(d.Rec.Text(FieldAgent), MaxName) }

// Sender returns who sent the request of the last line read.
func (d *Decoder) Sender() Sender { return d.sender }

// agentOf returns what an agent tells.
func (d *Decoder) agentOf(text []byte) *agentFacts {
	if d.json.agent == nil {
		d.json.agent = new(agents)
	}
	return d.json.agent.of(text, d.ownAgents)
}
