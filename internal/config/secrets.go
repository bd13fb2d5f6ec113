package config

import (
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"slices"
	"strings"

	"errtop/internal/safetext"
)

// noteSecrets gives every target the values that must not be shown although no header holds them. What makes up a URL's host
// is shown everywhere and is not a secret.
func (r *reader) noteSecrets(c *Config) {
	var shared []Secret // sent with every probe
	if c.Probe.UserAgent != "" {
		shared = append(append(shared, c.Probe.UserAgent), r.used["probe.user_agent"]...)
	}
	for i := range c.Targets {
		t := &c.Targets[i]
		path := fmt.Sprintf("targets[%d]", i)
		t.Secrets = append(t.Secrets, r.used[path+".body"]...)
		u, err := url.Parse(t.URL)
		for _, s := range r.used[path+".url"] {
			if err != nil || !strings.Contains(u.Scheme+"://"+u.Host, s.Reveal()) {
				t.Secrets = append(t.Secrets, s)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(t.Headers)) {
			for _, s := range r.used[join(path+".headers", name)] {
				if s != t.Headers[name] && !slices.Contains(t.Secrets, s) { // a header's whole value is hidden anyway
					t.Secrets = append(t.Secrets, s)
				}
			}
		}
		for j := range t.Expect {
			for _, s := range r.used[fmt.Sprintf("%s.expect[%d]", path, j)] {
				if err != nil || !strings.Contains(u.Host, s.Reveal()) {
					t.Secrets = append(t.Secrets, s)
				}
			}
		}
		t.Secrets = append(t.Secrets, shared...)
	}
}

// warn notes what is allowed but unwise in a file of that mode.
func (c *Config) warn(mode fs.FileMode) {
	for i, t := range c.Targets {
		if t.TLS.Insecure {
			c.Warnings = append(c.Warnings, fmt.Sprintf("targets[%d].tls.insecure: %s is trusted whatever certificate it shows", i, t.Name))
		}
	}
	if n, most := len(c.Targets), c.Tracker.MaxTargets; n > most {
		c.Warnings = append(c.Warnings, fmt.Sprintf("tracker.max_targets is %d and there are %d targets: the last %d are counted together as (other); set max_targets = %d",
			most, n, n-most, n))
	}
	if found := c.literals(); len(found) > 0 && mode.Perm()&0o044 != 0 {
		c.Warnings = append(c.Warnings, fmt.Sprintf("%s can be read by others (mode %04o) and holds secrets: %s; chmod 600 it, or use ${NAME}",
			c.doc.file, mode.Perm(), strings.Join(found, ", ")))
	}
}

// literals returns the paths of the secrets that stand in the file itself.
func (c *Config) literals() []string {
	var found []string
	literal := func(path string) bool {
		// A value from a file or a command stands below a key of its own.
		return !strings.Contains(c.written[path], "${") && !c.doc.has(path+".file") && !c.doc.has(path+".command")
	}
	for i, t := range c.Targets {
		path := fmt.Sprintf("targets[%d]", i)
		if literal(path+".url") && secretInURL(t.URL) {
			found = append(found, path+".url")
		}
		for _, name := range slices.Sorted(maps.Keys(t.Headers)) {
			if at := join(path+".headers", name); literal(at) && !publicHeader(name) {
				found = append(found, at)
			}
		}
		if c.literalIn(path+".body", t.Body) {
			found = append(found, path+".body")
		}
		for j, expression := range t.Expect {
			if at := fmt.Sprintf("%s.expect[%d]", path, j); c.literalIn(at, expression) {
				found = append(found, at)
			}
		}
	}
	if c.Push.Token != "" && literal("push.token") {
		found = append(found, "push.token")
	}
	if c.HTTP.Token != "" && literal("http.token") {
		found = append(found, "http.token")
	}
	return found
}

// publicHeader reports whether a header's value is harmless in a file that others can read. (It is not shown all the same.)
func publicHeader(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "accept") || slices.Contains([]string{"content-type", "user-agent", "host", "cache-control"}, name)
}

// literalIn reports whether the text at path holds a secret that stands in the file.
func (c *Config) literalIn(path, text string) bool {
	return slices.ContainsFunc(safetext.Values(orElse(c.written[path], text)), func(value string) bool {
		return strings.TrimSpace(reference.ReplaceAllString(value, "")) != ""
	})
}

// secretInURL reports whether a URL has userinfo, or a secret by the name or the look of it.
func secretInURL(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return false
	}
	for name := range u.Query() {
		if safetext.SecretName(name) || strings.EqualFold(name, "key") {
			return true
		}
	}
	return u.User != nil || len(safetext.Values(u.Path)) > 0
}

// urlSecrets returns the userinfo of a URL and the values of its query, but for short ones.
func urlSecrets(raw string) []string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme == "dns" {
		return nil
	}
	var values []string
	if u.User != nil {
		password, _ := u.User.Password()
		values = append(values, password, u.User.String())
	}
	for _, all := range u.Query() {
		for _, value := range all {
			if len(value) >= 6 {
				values = append(values, value)
			}
		}
	}
	return values
}
