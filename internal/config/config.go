// Package config turns a TOML file into typed settings, strictly.
//
// [Open] rejects an unknown key, a value of the wrong type or outside its range, a variable or a secret that is missing: all
// mistakes at once, each with file, line, column, key, what was expected and the nearest valid name. What it returns is whole:
// defaults are filled in, secrets are read, paths are relative to the file's folder. [Config.WriteTOML] shows that, secrets
// masked. It asks nothing over the network and starts nothing but the commands that the file names for secrets.
//
// Strings may hold ${NAME}, which the environment gives, and $$ for a dollar.
package config

import (
	"sync"
	"time"

	"errtop/internal/safetext"
	"errtop/tracker"
)

// Config is every setting. The tags are the keys of the file.
type Config struct {
	Name string `toml:"name,omitempty"` // shown in the header

	Dashboard Dashboard `toml:"dashboard"`
	Tracker   Tracker   `toml:"tracker"`
	Contrast  Contrast  `toml:"contrast"`
	Breaker   Breaker   `toml:"breaker"`
	Probe     Probe     `toml:"probe"`
	Push      Push      `toml:"push"`
	HTTP      HTTP      `toml:"http"`
	SSH       SSH       `toml:"ssh"`
	Fleet     Fleet     `toml:"fleet"`
	Targets   []Target  `toml:"targets,omitempty"`
	Sources   []Source  `toml:"sources,omitempty"`
	Runbooks  []Runbook `toml:"runbooks,omitempty"`

	Store     Store      `toml:"store"`
	Alerts    Alerts     `toml:"alerts"`
	Rules     []Rule     `toml:"rules,omitempty"`
	Receivers []Receiver `toml:"receivers,omitempty"`

	// Warnings are what is allowed but unwise, a line each.
	Warnings []string `toml:"-"`

	doc     *document
	written map[string]string // path of a string -> how the file has it, where that holds a $

	mu      sync.Mutex // held while a secret is put into the settings, and by [Config.Known]
	waiting []waitingSecret
	known   *safetext.Known // of [Config.Known], nil until it is asked for
}

// Dashboard is how the screen looks and is used.
type Dashboard struct {
	Theme   string              `toml:"theme"`
	ASCII   *bool               `toml:"ascii,omitempty"`   // no other characters for lines and symbols; nil: the locale and TERM decide
	Refresh Duration            `toml:"refresh,omitempty"` // the picture changes at most this often; 0: the screen decides
	Mouse   bool                `toml:"mouse"`             // wheel and clicks; takes the terminal's own selection away
	Bell    bool                `toml:"bell"`              // ring when a target begins to fail
	Notify  bool                `toml:"notify"`            // and let the terminal show a notification
	Export  string              `toml:"export,omitempty"`  // folder of the incident reports; default the working directory
	Styles  map[string]string   `toml:"styles,omitempty"`  // token of the theme -> look
	Keys    map[string][]string `toml:"keys,omitempty"`    // action -> keys; none unbind it
}

// Tracker bounds what is remembered.
type Tracker struct {
	Ring       int `toml:"ring"` // errors kept
	MaxTargets int `toml:"max_targets"`
	MaxGroups  int `toml:"max_groups"`  // of a target
	EvidenceMB int `toml:"evidence_mb"` // megabytes that kept errors may take with their evidence
}

// Contrast says by what failing requests are compared with the others.
type Contrast struct {
	Fields []string `toml:"fields,omitempty"` // "route", "method" and names of labels; none: all that requests have
}

// Breaker are the rules of the circuit breakers.
type Breaker struct {
	Threshold      int      `toml:"threshold"` // consecutive failures that open it
	Recovery       Duration `toml:"recovery"`  // from the last failure to the trial
	GateCounts     Kinds    `toml:"gate_counts"`
	ObservedCounts Kinds    `toml:"observed_counts"`
}

// Probe is what holds for all probes, or for those whose target does not say otherwise.
type Probe struct {
	Interval     Duration `toml:"interval"`
	Timeout      Duration `toml:"timeout"`
	MaxInFlight  int      `toml:"max_in_flight"`
	MaxPerHost   int      `toml:"max_per_host"`
	Connectivity string   `toml:"connectivity,omitempty"` // host:port that answers while our own network is up
	UserAgent    Secret   `toml:"user_agent,omitempty"`   // default errtop/VERSION
}

// Target is one named thing to probe.
type Target struct {
	Name    string            `toml:"name"`
	URL     string            `toml:"url" shown:"url"`
	Method  string            `toml:"method,omitempty"` // default GET, or POST where there is a body
	Headers map[string]Secret `toml:"headers,omitempty"`
	Body    string            `toml:"body,omitempty,multiline"`
	Schema  string            `toml:"schema,omitempty"` // "firemoon", "none" or the path of a JSON Schema; default by the URL
	Expect  []string          `toml:"expect,omitempty"`

	Interval   Duration `toml:"interval"` // default [probe]'s
	Timeout    Duration `toml:"timeout"`  // default [probe]'s
	Retry      string   `toml:"retry"`    // "auto": idempotent methods only; "always", "never"
	Attempts   int      `toml:"attempts"` // requests a probe
	Backoff    Duration `toml:"backoff"`
	BackoffMax Duration `toml:"backoff_max"`

	KeepAlive       bool     `toml:"keep_alive"`
	FollowRedirects bool     `toml:"follow_redirects"`
	Address         string   `toml:"address,omitempty"`   // host or host:port to connect to instead of the URL's
	IP              string   `toml:"ip,omitempty"`        // "4" or "6" only
	HTTP            string   `toml:"http,omitempty"`      // "1.1" or "2" only
	CertWarn        Duration `toml:"cert_warn,omitempty"` // 0: 14 days for tls://, never for https://
	TLS             TLS      `toml:"tls,omitempty"`

	Objective float64  `toml:"objective,omitempty"` // share of requests that must succeed; 0: none
	Period    Duration `toml:"period"`              // of the objective

	Breaker TargetBreaker `toml:"breaker"`

	// Secrets are values that must not be shown although no header holds just them: what ${NAME}, a file or a command gave for the
	// URL, the body, an expectation or behind a header's prefix, and what all probes send. It is not a key.
	Secrets []Secret `toml:"-"`
}

// TLS says how a target's connection is secured. Files are PEM.
type TLS struct {
	CA         string `toml:"ca,omitempty"`
	Cert       string `toml:"cert,omitempty"`
	Key        string `toml:"key,omitempty"`
	ServerName string `toml:"server_name,omitempty"`
	Insecure   bool   `toml:"insecure,omitempty"`
}

// TargetBreaker is what one target's breakers do otherwise than [breaker] says.
type TargetBreaker struct {
	Threshold int      `toml:"threshold"`
	Recovery  Duration `toml:"recovery"`
}

// Source is one or more logs to read: files, or what a command writes.
type Source struct {
	Files    []string          `toml:"files,omitempty"`   // paths, with * ? [] for many; ssh://, k8s://, docker:// and journal:// too
	Command  []string          `toml:"command,omitempty"` // a program and its arguments; its standard output is the log
	Format   string            `toml:"format,omitempty"`  // default: recognised
	Target   string            `toml:"target,omitempty"`  // template: "{host}"
	Fields   map[string]string `toml:"fields,omitempty"`  // our field -> the log's
	Since    Duration          `toml:"since"`             // only what is younger
	All      bool              `toml:"all"`
	NoFollow bool              `toml:"no_follow"`
	Zone     string            `toml:"zone,omitempty"`    // of stamps that name none: "UTC", "Local", "Europe/Berlin"
	Exclude  string            `toml:"exclude,omitempty"` // an expression; what it holds for is left out
	Monitors bool              `toml:"monitors"`          // false: the requests of monitors are left out
	Users    string            `toml:"users"`             // names of users in lines: "shown", "hashed" or "hidden"
}

// Runbook is the user's own advice for what its condition applies to. The first that applies wins.
type Runbook struct {
	When string `toml:"when"`          // an expression over target, message, class and the like
	Say  string `toml:"say,omitempty"` // what to do first; default: what errtop says by itself
	URL  string `toml:"url,omitempty" shown:"url"`
}

// HTTP is the listener of everything that errtop answers over HTTP: metrics, health, and results from elsewhere.
type HTTP struct {
	Listen string   `toml:"listen,omitempty"` // host:port, or unix:PATH; "" for none
	Token  Secret   `toml:"token,omitempty"`
	Hosts  []string `toml:"hosts,omitempty"` // further names that it is asked under
	Cert   string   `toml:"cert,omitempty"`  // PEM file; with it the listener speaks TLS
	Key    string   `toml:"key,omitempty"`   // PEM file
}

// Doors returns the listeners of the settings: that of [http], and that of [push], which answers the same on another address.
func (c *Config) Doors() []HTTP {
	var doors []HTTP
	if c.HTTP.Listen != "" {
		doors = append(doors, c.HTTP)
	}
	if c.Push.Listen != "" {
		doors = append(doors, HTTP{Listen: c.Push.Listen, Token: c.Push.Token})
	}
	return doors
}

// Push is a listener like that of [http], from before there was one.
type Push struct {
	Listen string `toml:"listen,omitempty"` // host:port, or unix:PATH; "" for none
	Token  Secret `toml:"token,omitempty"`
}

// SSH is the door through which viewers look at errtop watch.
type SSH struct {
	Listen     string   `toml:"listen,omitempty"`          // host:port; "" for none
	HostKey    string   `toml:"host_key,omitempty"`        // file; default in the user's state folder, made on first start
	Keys       string   `toml:"authorized_keys,omitempty"` // file; default the user's own
	Command    []string `toml:"authorized_keys_command,omitempty"`
	Access     string   `toml:"access"` // of keys whose comment holds no errtop=…: "none", "view" or "act"
	MaxViewers int      `toml:"max_viewers"`
	Idle       Duration `toml:"idle"` // until a viewer that types nothing is sent away; 0 never
}

// Store is where errtop remembers what it saw.
type Store struct {
	Enabled bool   `toml:"enabled"`
	Path    string `toml:"path,omitempty"` // of the file; default NAME.db in the user's state folder
	MaxMB   int    `toml:"max_mb"`         // megabytes that all its files may take together
}

// Default returns the settings that hold without a file.
func Default() *Config {
	return &Config{
		Dashboard: Dashboard{Theme: "dark"},
		Tracker:   Tracker{Ring: 100, MaxTargets: 1000, MaxGroups: 200, EvidenceMB: 32},
		Breaker: Breaker{
			Threshold: 5, Recovery: Duration(time.Minute),
			GateCounts: countable(),
			ObservedCounts: Kinds{
				Kind(tracker.KindRateLimited), Kind(tracker.KindServer), Kind(tracker.KindTimeout), Kind(tracker.KindDNS), Kind(tracker.KindConnect),
				Kind(tracker.KindTLS), Kind(tracker.KindProtocol),
			},
		},
		SSH:    SSH{Access: "view", MaxViewers: 64, Idle: Duration(12 * time.Hour)},
		Store:  Store{Enabled: true, MaxMB: 256},
		Alerts: Alerts{DefaultRules: true, GroupWait: Duration(30 * time.Second), GroupInterval: Duration(5 * time.Minute), Repeat: Duration(4 * time.Hour)},
		Probe: Probe{
			Interval: Duration(30 * time.Second), Timeout: Duration(10 * time.Second), MaxInFlight: 256, MaxPerHost: 32,
		},
		Fleet: defaultFleet(),
	}
}

// setDefaults fills in what does not depend on other settings.
func (t *Target) setDefaults() {
	t.Retry, t.Attempts = "auto", 3
	t.Backoff, t.BackoffMax = Duration(time.Second), Duration(30*time.Second)
	t.Period = Duration(30 * day)
}

// setDefaults fills in what the file may leave out.
func (s *Source) setDefaults() { s.Since, s.Users, s.Monitors = Duration(day), "shown", true }

// inherit fills in what a target leaves to the sections.
func (c *Config) inherit() {
	for i := range c.Targets {
		t := &c.Targets[i]
		t.Interval = orElse(t.Interval, c.Probe.Interval)
		t.Timeout = orElse(t.Timeout, c.Probe.Timeout)
		t.Breaker.Threshold = orElse(t.Breaker.Threshold, c.Breaker.Threshold)
		t.Breaker.Recovery = orElse(t.Breaker.Recovery, c.Breaker.Recovery)
	}
}

func orElse[T comparable](value, otherwise T) T {
	var unset T
	if value == unset {
		return otherwise
	}
	return value
}
