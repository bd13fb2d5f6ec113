package config

import (
	"fmt"
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
)

// noteSecrets gives every target the values that must not be shown although no header holds them. What makes up a URL's host
// is shown everywhere and no secret.
func (r *reader) noteSecrets(c *Config) {
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
	}
}

// warn notes what is allowed but unwise in a file of that mode.
func (c *Config) warn(mode os.FileMode) {
	for i, t := range c.Targets {
		if t.TLS.Insecure {
			c.Warnings = append(c.Warnings, fmt.Sprintf("targets[%d].tls.insecure: %s is trusted whatever certificate it shows", i, t.Name))
		}
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
	}
	if c.Push.Token != "" && literal("push.token") {
		found = append(found, "push.token")
	}
	return found
}

// publicHeader reports whether a header's value is no secret, whoever reads the file. (Shown it is not, all the same.)
func publicHeader(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "accept") || slices.Contains([]string{"content-type", "user-agent", "host", "cache-control"}, name)
}

// secretInURL reports whether a URL has userinfo or a parameter whose name speaks of a secret.
func secretInURL(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return false
	}
	for name := range u.Query() {
		if regexp.MustCompile(`(?i)key|token|secret|pass|auth|sig|credential`).MatchString(name) {
			return true
		}
	}
	return u.User != nil
}
