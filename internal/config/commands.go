package config

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"errtop/internal/safego"
	"errtop/internal/safetext"
)

const (
	commandTimeout = 10 * time.Second
	maxCommands    = 32 // run at the same time
)

// unresolved stands for a secret whose command has not ended. It is never sent.
const unresolved = "unresolved"

// Tokens of listeners, in the place of a target.
const (
	pushToken  = -1
	httpToken  = -2
	fleetToken = -3
)

// waitingSecret is a setting whose secret a command has yet to print.
type waitingSecret struct {
	path    string
	target  int    // or pushToken, httpToken, fleetToken
	header  string // of the target
	prefix  string
	command []string
}

// findWaiting finds the settings that the paths of commands belong to.
func (c *Config) findWaiting(commands map[string]secretFrom) {
	if len(commands) == 0 {
		return
	}
	note := func(path string, target int, header string) {
		if from, ok := commands[path]; ok {
			c.waiting = append(c.waiting, waitingSecret{path, target, header, from.Prefix, from.Command})
		}
	}
	note("push.token", pushToken, "")
	note("http.token", httpToken, "")
	note("fleet.token", fleetToken, "")
	for i := range c.Targets {
		headers := fmt.Sprintf("targets[%d].headers", i)
		for _, name := range slices.Sorted(maps.Keys(c.Targets[i].Headers)) {
			note(join(headers, name), i, name)
		}
	}
}

// Waiting reports whether a secret of the target, or with a negative number the token of [push], [http] or [fleet], has yet to come from a command. It must not be used
// until then. See [Config.Resolve].
func (c *Config) Waiting(target int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.waiting, func(w waitingSecret) bool { return w.target == target })
}

// Resolve runs the commands that settings read by [Open] take secrets from: equal ones once, different ones at the same time.
// Whenever one has ended and its secret is in the settings, progress is called, from one goroutine at a time; it may be nil.
// An [*Error] says which commands failed and where they stand. The others' secrets are in the settings all the same.
func (c *Config) Resolve(ctx context.Context, progress func()) error {
	byCommand := map[string][]waitingSecret{}
	c.mu.Lock()
	for _, w := range c.waiting {
		key := strings.Join(w.command, "\x00")
		byCommand[key] = append(byCommand[key], w)
	}
	c.mu.Unlock()
	group, ctx := safego.WithContext(ctx)
	group.SetLimit(maxCommands)
	var turn sync.Mutex
	var mistakes []Mistake
	for _, key := range slices.Sorted(maps.Keys(byCommand)) {
		settings := byCommand[key]
		group.Go(func() error {
			secret, err := usable(runSecret(ctx, settings[0].command))
			turn.Lock()
			defer turn.Unlock()
			if err == nil && hasControls(secret) {
				err = errControls
			}
			if err != nil {
				for _, w := range settings {
					at := c.doc.valueAt(w.path)
					mistakes = append(mistakes, Mistake{File: c.doc.file, Line: at.line, Column: at.column, Key: w.path, Problem: err.Error()})
				}
				return nil
			}
			c.put(settings, secret)
			if progress != nil {
				progress()
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return refusal(mistakes)
}

// put puts a secret into the settings that waited for it.
func (c *Config) put(settings []waitingSecret, secret string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known = nil
	for _, w := range settings {
		switch w.target {
		case pushToken:
			c.Push.Token = Secret(w.prefix + secret)
		case httpToken:
			c.HTTP.Token = Secret(w.prefix + secret)
		case fleetToken:
			c.Fleet.Token = Secret(w.prefix + secret)
		default:
			t := &c.Targets[w.target]
			t.Headers[w.header] = Secret(w.prefix + secret)
			t.Secrets = append(t.Secrets, Secret(secret))
		}
		c.waiting = slices.DeleteFunc(c.waiting, func(other waitingSecret) bool { return other.path == w.path })
	}
}

// Known returns the secrets of the settings, to be masked in what errtop says of itself: errors, notices, panics.
func (c *Config) Known() safetext.Known {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		known := safetext.Know(c.secretValues()...)
		c.known = &known
	}
	return *c.known
}

// secretValues returns every secret that is there.
func (c *Config) secretValues() []string {
	values := []string{c.Probe.UserAgent.Reveal()}
	for _, token := range []Secret{c.Push.Token, c.HTTP.Token} {
		if token != unresolved {
			values = append(values, token.Reveal())
		}
	}
	if c.Fleet.Token != unresolved {
		values = append(values, c.Fleet.Token.Reveal())
	}
	for i := range c.Targets {
		t := &c.Targets[i]
		for _, secret := range t.Secrets {
			values = append(values, secret.Reveal())
		}
		for name, value := range t.Headers {
			if !publicHeader(name) && value != unresolved {
				values = append(values, value.Reveal())
			}
		}
		values = append(values, urlSecrets(t.URL)...)
		values = append(values, safetext.Values(t.Body)...)
	}
	for i := range c.Receivers {
		for _, secret := range c.Receivers[i].secrets() {
			values = append(values, secret.Reveal())
		}
	}
	return values
}
