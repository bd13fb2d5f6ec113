package config

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"errtop/internal/safetext"
	"errtop/tracker"
)

// Duration is a time.Duration that a config writes as "30s", "1h30m" or "30d".
type Duration time.Duration

// Std returns d as the standard library has it.
func (d Duration) Std() time.Duration { return time.Duration(d) }

const day = 24 * time.Hour

// String returns d as a config writes it, without parts that are zero: "1m", "30d".
func (d Duration) String() string {
	std := time.Duration(d)
	if std.Abs() >= 2*day && std%day == 0 {
		return strconv.FormatInt(int64(std/day), 10) + "d"
	}
	s := std.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText writes d as [Duration.String] does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what time.ParseDuration reads, and days: "30d".
func (d *Duration) UnmarshalText(text []byte) error {
	if days, ok := strings.CutSuffix(string(text), "d"); ok {
		n, err := strconv.ParseFloat(days, 64)
		if err != nil || math.IsNaN(n) || math.Abs(n) > 36500 {
			return errNoDuration
		}
		*d = Duration(n * float64(day))
		return nil
	}
	std, err := time.ParseDuration(string(text))
	if err != nil {
		return errNoDuration
	}
	*d = Duration(std)
	return nil
}

var errNoDuration = errors.New(`no duration; expected one such as "500ms", "30s", "1h30m" or "30d"`)

// Kind is a kind of failure by its name, one that reached the network.
type Kind tracker.Kind

// Kinds are kinds of failures.
type Kinds []Kind

// Contain reports whether kind is one of them.
func (k Kinds) Contain(kind tracker.Kind) bool { return slices.Contains(k, Kind(kind)) }

// countable returns every kind of failure that reached the network: what a breaker can count.
func countable() Kinds {
	var kinds Kinds
	for _, k := range tracker.Kinds() {
		if k.Failed() && k.Sent() {
			kinds = append(kinds, Kind(k))
		}
	}
	return kinds
}

// MarshalText writes the kind's name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(tracker.Kind(k).String()), nil }

// UnmarshalText reads the name of a kind that a breaker can count.
func (k *Kind) UnmarshalText(text []byte) error {
	var names []string
	for _, known := range countable() {
		if name := tracker.Kind(known).String(); name != string(text) {
			names = append(names, name)
			continue
		}
		*k = known
		return nil
	}
	return fmt.Errorf("no kind of failure; %s", suggest(string(text), names))
}

// Secret is a text that must not be shown: whatever prints it, prints a mask. Reveal returns it.
type Secret string

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// String returns a mask, or "" for an empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return safetext.Mask
}

// GoString returns the mask that [Secret.String] returns, quoted.
func (s Secret) GoString() string { return fmt.Sprintf("%q", s.String()) }

// MarshalText writes the mask.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
