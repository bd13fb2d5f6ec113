package triage

import (
	"fmt"
	"time"

	"errtop/tracker"
)

var (
	ongoing  = []tracker.Trend{tracker.TrendSteady}
	starting = []tracker.Trend{tracker.TrendSteady, tracker.TrendUnknown}
)

// Kinds returns every kind of incident, in an order of their own.
func Kinds() []Kind {
	return []Kind{
		{"outage", "one service refuses every request", outage},
		{"outage-now", "the same, begun two to five minutes ago", outageNow},
		{"quiet-outage", "a service of two requests a minute loses all", quietOutage},
		{"one-route", "one route of a service fails with our own exception", oneRoute},
		{"partial", "a part of the requests runs into deadlocks", deadlocks},
		{"slow", "answers take several times as long", slow},
		{"silence", "a busy service gets no more requests", silence},
		{"flapping", "down some minutes of every so many", flapping},
		{"gradual", "the share of failures rises for an hour", gradual},
		{"fading", "an outage that gets better", fading},
		{"scanner", "somebody tries routes that never existed", scanner},
		{"scanner-and-outage", "a scanner's storm beside a small outage", scannerAndOutage},
		{"throttled", "429 for most requests", throttled},
		{"quota", "429 because the quota is used up", quota},
		{"bad-release", "a deploy brings exceptions", badRelease},
		{"dependency", "a database is down behind several services", dependency},
		{"tenant-key", "one tenant's key has expired", tenantKey},
		{"tls-expired", "the certificate of a provider has expired", tlsExpired},
		{"dns", "a name is not resolved any more", dns},
		{"pool", "the connection pool runs out: slow, then failing", pool},
		{"disk-full", "no space left on a device", diskFull},
		{"out-of-memory", "workers are killed for memory", outOfMemory},
		{"upstream", "a proxy gets no answer from what stands behind", upstream},
		{"timeout", "requests time out", timeouts},
		{"route-removed", "a release removes a route that clients use", routeRemoved},
		{"client-release", "a client's release sends malformed bodies", clientRelease},
		{"region", "one region fails", region},
		{"new-target", "a service fails since its first request", newTarget},
		{"before-the-log", "a service fails since before the log begins", beforeTheLog},
		{"own-network", "every probe fails at once", ownNetwork},
		{"over", "an outage that ended some minutes ago", over},
		{"second-outage", "an outage an hour after another one", secondOutage},
		{"usual", "services fail as they always do", quiet},
		{"noise", "nothing but chance", quiet},
		{"burst", "much more traffic, and as many failures as ever", burst},
		{"night-and-day", "traffic goes down with the hour", nightAndDay},
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
		{"first-minute", "a service began to fail within the last minute or two", firstMinute},
		{"minutes-apart", "two services fail for reasons of their own, begun minutes apart", minutesApart},
		{"at-once", "two services fail for reasons of their own, begun within a minute", atOnce},
		{"one-host", "one of the four hosts of a service fails", oneHost},
		{"tenant-post", "POST of one tenant fails", tenantPost},
		{"slow-leak", "answers get slower for an hour, until requests time out", slowLeak},
		{"half-fixed", "a deploy mends half of what fails", halfFixed},
		{"doubled", "each failure is tried again once, so that traffic doubles", doubled},
		{"nightly-batch", "a batch fails each night, and does so now", nightlyBatch},
		{"crawler-usual", "a route is removed beside a crawler that always gets 404s", crawlerUsual},
		{"crawler-too", "a route is removed while a new crawler gets 404s", crawlerToo},
		{"probe-only", "probes of a service fail while its users are served", probeOnly},
		{"dns-flapping", "a name is resolved now and then", dnsFlapping},
		{"limit-over", "429 for some minutes, over by now", limitOver},
		{"certificate-of-five", "a certificate that five targets share has expired", certificateOfFive},
		{"traffic-drop", "a busy service gets a third of its requests", trafficDrop},
		{"relapse", "a service recovers, and is worse a quarter of an hour later", relapse},
		{"relapse-soon", "a service recovers for some minutes, and is worse again", relapseSoon},
		{"spreads", "a shared service times out, and those that ask it fail one by one", spreads},
		{"small-rise", "two in a hundred requests of a busy service fail, where hardly any did", smallRise},
		{"body-limit", "a proxy refuses large bodies of one route", bodyLimit},
		{"others-deploy", "a service fails right after another was deployed", othersDeploy},
		{"first-probes", "two probed services fail from their first probe, for reasons of their own", firstProbes},
		{"slow-host", "one of four hosts answers slowly", slowHost},
		{"rare-job", "a job that runs once in hours fails twice in five minutes", rareJob},
		{"resolver-down", "the resolver of the machine that probes is down", resolverDown},
		{"gave-up", "clients give up because answers got slow", gaveUpSlow},
	}
}

func (w *world) is(s *service, onset time.Time, classes ...tracker.CauseClass) {
	w.truth = Truth{Targets: []string{s.name}, Spread: []string{s.name}, Onset: onset, Within: w.within(s), Classes: classes, Trends: ongoing}
}

// within is how exact "since" can be: where few requests come, three of their gaps.
func (w *world) within(s *service) time.Duration {
	return max(2*time.Minute, time.Duration(3/s.perMinute*float64(time.Minute)))
}

// String says what a truth is, for tables and failed tests.
func (t *Truth) String() string {
	if t.Quiet {
		return "quiet"
	}
	text := fmt.Sprintf("%v since %s (±%s) because %v, %v", t.Targets, t.Onset.Format("15:04:05"), t.Within.Round(time.Second), t.Classes, t.Trends)
	if t.Over {
		text += ", over since " + t.End.Format("15:04:05")
	}
	return text
}
