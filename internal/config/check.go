package config

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"errtop/internal/safetext"
)

// check finds values that make no sense, and makes file paths absolute.
func (r *reader) check(c *Config) {
	r.spoiled = map[string]bool{}
	for _, m := range r.mistakes {
		r.spoiled[m.Key] = true
	}
	c.Name = safetext.Line(c.Name)
	r.checkDashboard(&c.Dashboard)
	r.upTo("tracker.ring", c.Tracker.Ring, 100_000)
	r.upTo("tracker.max_targets", c.Tracker.MaxTargets, 100_000)
	r.upTo("tracker.max_groups", c.Tracker.MaxGroups, 10_000)
	r.upTo("tracker.evidence_mb", c.Tracker.EvidenceMB, 4096)
	r.checkContrast(&c.Contrast)
	r.upTo("breaker.threshold", c.Breaker.Threshold, 10_000)
	r.lasts("breaker.recovery", c.Breaker.Recovery, time.Millisecond, day)
	r.lasts("probe.interval", c.Probe.Interval, minInterval, day)
	r.lasts("probe.timeout", c.Probe.Timeout, time.Millisecond, time.Hour)
	r.upTo("probe.max_in_flight", c.Probe.MaxInFlight, 10_000)
	r.upTo("probe.max_per_host", c.Probe.MaxPerHost, 10_000)
	if c.Probe.Connectivity != "" {
		r.hostPort("probe.connectivity", c.Probe.Connectivity)
	}
	r.headerValue("probe.user_agent", c.Probe.UserAgent.Reveal())
	r.upTo("store.max_mb", c.Store.MaxMB, 1<<20)
	if c.Store.Path != "" {
		c.Store.Path = r.path(c.Store.Path)
	}
	r.checkHTTP(c)
	r.checkSSH(&c.SSH)
	r.checkFleet(&c.Fleet)
	r.checkTargets(c.Targets)
	for i := range c.Sources {
		r.checkSource(fmt.Sprintf("sources[%d]", i), &c.Sources[i])
	}
	for i := range c.Runbooks {
		r.checkRunbook(fmt.Sprintf("runbooks[%d]", i), &c.Runbooks[i])
	}
	r.checkAlerts(c)
}

// maxContrastFields is how many fields a target's requests are compared by.
const maxContrastFields = 12

func (r *reader) checkContrast(c *Contrast) {
	if len(c.Fields) > maxContrastFields {
		r.fault("contrast.fields", "%d fields; expected at most %d", len(c.Fields), maxContrastFields)
	}
	for i, name := range c.Fields {
		path := fmt.Sprintf("contrast.fields[%d]", i)
		if strings.TrimSpace(name) == "" || len(name) > 64 || safetext.Line(name) != name {
			r.fault(path, "%q is no name of a field; expected such as \"route\", \"method\", \"tenant\" or \"region\"", r.said(path, name))
		} else if slices.Contains(c.Fields[:i], name) {
			r.fault(path, "%q is there twice", r.said(path, name))
		}
	}
}

func (r *reader) checkRunbook(path string, b *Runbook) {
	b.Say, b.URL = safetext.Line(b.Say), safetext.Line(b.URL)
	if b.When == "" {
		r.fault(path+".when", "missing; expected a condition such as 'target == \"billing\" and message contains \"deadlock\"'")
	}
	if b.Say == "" && b.URL == "" {
		r.fault(path, "says nothing; expected say or url")
	}
}

const minInterval = 100 * time.Millisecond

func (r *reader) checkDashboard(d *Dashboard) {
	r.among("dashboard.theme", d.Theme, r.around.Themes)
	if d.Refresh != 0 {
		r.lasts("dashboard.refresh", d.Refresh, 100*time.Millisecond, time.Minute)
	}
	r.keysAmong("dashboard.styles", d.Styles, r.around.Styles)
	for _, action := range slices.Sorted(maps.Keys(d.Keys)) {
		path := join("dashboard.keys", action)
		r.keyAmong(path, action, r.around.Actions)
		if slices.Contains(d.Keys[action], "") {
			r.fault(path, "an empty key; expected keys such as \"j\", \"ctrl+d\", \"space\", or [] for none")
		}
	}
}

// checkTargets checks the targets alone, and that no two have the same name.
func (r *reader) checkTargets(targets []Target) {
	names := map[string]string{}
	for i := range targets {
		t := &targets[i]
		path := fmt.Sprintf("targets[%d]", i)
		r.checkTarget(path, t)
		if t.Name == "" {
			continue
		}
		if other, taken := names[t.Name]; taken {
			r.fault(path+".name", "%q is the name of the target in line %d too; expected a name of its own", r.said(path+".name", t.Name), r.doc.keyAt(other).line)
			continue
		}
		names[t.Name] = path
	}
}

func (r *reader) checkTarget(path string, t *Target) {
	t.Name = safetext.Line(t.Name)
	if t.Name == "" {
		r.fault(path+".name", "missing; every target has a name")
	}
	r.checkURL(path+".url", t.URL)
	if t.Method != "" && !token(t.Method) {
		r.fault(path+".method", "%q is not an HTTP method; expected one such as GET or POST", r.said(path+".method", t.Method))
	}
	r.checkHeaders(path+".headers", t.Headers)
	r.given(path+".interval", t.Interval, minInterval, day)
	r.given(path+".timeout", t.Timeout, time.Millisecond, time.Hour)
	r.given(path+".cert_warn", t.CertWarn, time.Second, 10*365*day)
	r.among(path+".retry", t.Retry, []string{"auto", "always", "never"})
	r.upTo(path+".attempts", t.Attempts, 10)
	r.lasts(path+".backoff", t.Backoff, time.Millisecond, time.Hour)
	r.lasts(path+".backoff_max", t.BackoffMax, time.Millisecond, time.Hour)
	if t.IP != "" {
		r.among(path+".ip", t.IP, []string{"4", "6"})
	}
	if t.HTTP != "" {
		r.among(path+".http", t.HTTP, []string{"1.1", "2"})
	}
	if t.Objective < 0 || t.Objective >= 1 {
		r.fault(path+".objective", "%v is out of range; expected a share below 1, such as 0.999", t.Objective)
	}
	r.lasts(path+".period", t.Period, time.Hour, 366*day)
	if r.doc.has(path + ".breaker.threshold") {
		r.upTo(path+".breaker.threshold", t.Breaker.Threshold, 10_000)
	}
	r.given(path+".breaker.recovery", t.Breaker.Recovery, time.Millisecond, day)
	if (t.TLS.Cert == "") != (t.TLS.Key == "") {
		r.fault(path+".tls", "cert and key go together")
	}
	if !slices.Contains([]string{"", "none", "firemoon"}, t.Schema) {
		t.Schema = r.path(t.Schema)
	}
	for _, file := range []*string{&t.TLS.CA, &t.TLS.Cert, &t.TLS.Key} {
		if *file != "" {
			*file = r.path(*file)
		}
	}
}

// checkURL refuses what cannot be probed. What it says of the URL holds no secret.
func (r *reader) checkURL(path, raw string) {
	if !r.doc.has(path) {
		r.fault(path, "missing; every target has a URL")
		return
	}
	const expected = "expected one such as https://host/path, tcp://host:port, tls://host:port or dns://server/name?type=A"
	u, err := url.Parse(raw)
	if err != nil || !slices.Contains([]string{"http", "https", "tcp", "tls", "dns"}, u.Scheme) || u.Hostname() == "" {
		r.fault(path, "%q is not a URL that can be probed; %s", r.shownURL(path, raw), expected)
		return
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			r.fault(path, "%q has no such port; expected 1 to 65535", r.shownURL(path, raw))
		}
	} else if u.Scheme == "tcp" || u.Scheme == "tls" {
		r.fault(path, "%q lacks its port; %s", r.shownURL(path, raw), expected)
	}
}

func (r *reader) shownURL(path, raw string) string { return shownURL(orElse(r.written[path], raw)) }

// said returns the string at path as the file has it, so that no message quotes what ${NAME} stands for, and without secrets.
func (r *reader) said(path, value string) string { return shownText(orElse(r.written[path], value)) }

func (r *reader) checkHeaders(path string, headers map[string]Secret) {
	spelled := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		at := join(path, name)
		if !token(name) {
			r.faultAt(r.doc.keyAt(at), at, "not a header name; expected letters, digits and hyphens")
		}
		r.headerValue(at, headers[name].Reveal())
		lower := strings.ToLower(name)
		if other, taken := spelled[lower]; taken {
			r.faultAt(r.doc.keyAt(at), at, "the same header as %s", other)
		}
		spelled[lower] = name
	}
}

// headerValue refuses what HTTP does not allow in the value of a header (RFC 9110, section 5.5), without quoting it.
func (r *reader) headerValue(path, value string) {
	if hasControls(value) {
		r.fault(path, "%v", errControls)
	}
}

var errControls = errors.New("holds a line feed or another control character, which headers must not")

func hasControls(value string) bool {
	return strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f })
}

// token reports whether s is a token of HTTP (RFC 9110, section 5.6.2).
func token(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c)
	})
}

func (r *reader) checkSource(path string, s *Source) {
	switch {
	case len(s.Files) == 0 && len(s.Command) == 0:
		r.fault(path+".files", "missing; every source has at least one path, or a command")
	case len(s.Files) > 0 && len(s.Command) > 0:
		r.fault(path+".command", "a source has either files or a command")
	case len(s.Command) > 0 && s.Command[0] == "":
		r.fault(path+".command", "names no program; expected one such as [\"kubectl\", \"logs\", \"-f\", \"deploy/api\"]")
	case len(s.Command) > 0 && r.othersMayWrite:
		r.fault(path+".command", "commands are not run from a config that others may write to; chmod go-w it")
	}
	for i, pattern := range s.Files {
		if strings.Contains(pattern, "://") {
			continue // not a path: engine.Check looks at it
		}
		s.Files[i] = r.path(pattern)
		if _, err := filepath.Match(pattern, ""); err != nil || pattern == "" {
			at := fmt.Sprintf("%s.files[%d]", path, i)
			r.fault(at, "%q is not a path or pattern; expected one such as /var/log/nginx/*.log", r.said(at, pattern))
		}
	}
	if s.Format != "" {
		r.among(path+".format", s.Format, r.around.Formats)
	}
	r.keysAmong(path+".fields", s.Fields, r.around.Fields)
	r.among(path+".users", s.Users, []string{"shown", "hashed", "hidden"})
	r.lasts(path+".since", s.Since, time.Second, 3650*day)
}

// checkListener refuses a listener that others could reach without a token. section is that of its settings.
func (r *reader) checkListener(section string, address *string, token Secret) {
	if *address == "" {
		if token != "" {
			r.fault(section+".token", "has no use without %s.listen", section)
		}
		return
	}
	if socket, ok := strings.CutPrefix(*address, "unix:"); ok {
		if socket == "" {
			r.fault(section+".listen", "unix: without a path; expected unix:/path/of/a/socket")
			return
		}
		*address = "unix:" + r.path(socket)
		return
	}
	host, ok := r.hostPort(section+".listen", *address)
	if ok && !loopback(host) && token == "" {
		r.fault(section+".listen", "others can reach %q, so %s.token must be set; or listen on 127.0.0.1", r.said(section+".listen", *address), section)
	}
}

// checkHTTP checks both listeners.
func (r *reader) checkHTTP(c *Config) {
	r.checkListener("push", &c.Push.Listen, c.Push.Token)
	r.checkListener("http", &c.HTTP.Listen, c.HTTP.Token)
	if c.HTTP.Listen != "" && c.HTTP.Listen == c.Push.Listen {
		r.fault("push.listen", "%q is the address of [http] too, which takes the same; leave [push] out", r.said("push.listen", c.Push.Listen))
	}
	for i, host := range c.HTTP.Hosts {
		if host == "" || strings.ContainsAny(host, "/:* \t") {
			r.fault(fmt.Sprintf("http.hosts[%d]", i), "%q is not the name of a host; expected one such as \"bastion.example\", without scheme and port", r.said(fmt.Sprintf("http.hosts[%d]", i), host))
		}
	}
	if (c.HTTP.Cert == "") != (c.HTTP.Key == "") {
		r.fault("http", "cert and key go together")
	}
	for _, file := range []*string{&c.HTTP.Cert, &c.HTTP.Key} {
		if *file != "" {
			*file = r.path(*file)
		}
	}
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// hostPort checks an address and returns its host.
func (r *reader) hostPort(path, address string) (string, bool) {
	host, port, err := net.SplitHostPort(address)
	n, notNumber := strconv.Atoi(port)
	if err != nil || notNumber != nil || n < 0 || n > 65535 {
		r.fault(path, "%q is not an address; expected host:port, such as 127.0.0.1:4318", r.said(path, address))
		return "", false
	}
	return host, true
}

// upTo checks a number that must be at least 1.
func (r *reader) upTo(path string, n, most int) {
	if n < 1 || n > most {
		r.fault(path, "%d is out of range; expected 1 to %d", n, most)
	}
}

// lasts checks a duration.
func (r *reader) lasts(path string, d Duration, least, most time.Duration) {
	if d.Std() < least || d.Std() > most {
		r.fault(path, "%v is out of range; expected %v to %v", d, Duration(least), Duration(most))
	}
}

// given checks a duration that may be left out.
func (r *reader) given(path string, d Duration, least, most time.Duration) {
	if r.doc.has(path) {
		r.lasts(path, d, least, most)
	}
}

// among checks a value that must be one of those known, unless none is.
func (r *reader) among(path, value string, known []string) {
	if len(known) == 0 {
		return
	}
	if !slices.Contains(known, value) {
		r.fault(path, "%q is not known; %s", r.said(path, value), suggest(value, known))
	}
}

// keyAmong checks a key as [reader.among] checks a value.
func (r *reader) keyAmong(path, key string, known []string) {
	if len(known) > 0 && !slices.Contains(known, key) {
		r.faultAt(r.doc.keyAt(path), path, "unknown key; %s", suggest(key, known))
	}
}

func (r *reader) keysAmong(path string, values map[string]string, known []string) {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		r.keyAmong(join(path, key), key, known)
	}
}

// checkSSH makes the paths of keys whole. Nobody comes in without a key, so any address will do.
func (r *reader) checkSSH(s *SSH) {
	if s.Listen != "" {
		r.hostPort("ssh.listen", s.Listen)
	}
	for _, file := range []*string{&s.HostKey, &s.Keys} {
		if *file != "" {
			*file = r.path(*file)
		}
	}
	if r.doc.has("ssh.authorized_keys_command") && (len(s.Command) == 0 || s.Command[0] == "") {
		r.fault("ssh.authorized_keys_command", "names no program; expected a program and its arguments")
	}
	r.among("ssh.access", s.Access, []string{"none", "view", "act"})
	r.upTo("ssh.max_viewers", s.MaxViewers, 10_000)
	if s.Idle != 0 {
		r.lasts("ssh.idle", s.Idle, time.Minute, 365*day)
	}
}
