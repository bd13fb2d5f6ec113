package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"errtop/internal/safetext"
)

// Access is what a viewer may do.
type Access uint8

// The accesses, from the least.
const (
	NoAccess Access = iota // "none"
	MayLook                // "view"
	MayAct                 // "act": acknowledge, silence, note, mark and reload too
)

// String returns "none", "view" or "act".
func (a Access) String() string { return [...]string{"none", "view", "act"}[min(a, MayAct)] }

// ParseAccess returns the access of a name: "none", "view" or "act".
func ParseAccess(name string) (access Access, ok bool) {
	i := slices.Index([]string{"none", "view", "act"}, name)
	return Access(max(i, 0)), i >= 0 //nolint:gosec // of three
}

// AuthorizedKey is a line of an authorized_keys file, as sshd(8) describes it.
type AuthorizedKey struct {
	key     gossh.PublicKey
	name    string
	access  Access
	refused string // why nobody may come in with it; "" otherwise
	from    []string
	expires time.Time
}

// accessWord begins the word of a comment that gives its key an access: "errtop=act".
const accessWord = "errtop="

// parseKeys reads an authorized_keys file. Lines that hold no key are skipped, as sshd does.
func parseKeys(text []byte, otherwise Access) []AuthorizedKey {
	var keys []AuthorizedKey
	for line := range bytes.Lines(text) {
		key, comment, options, _, err := gossh.ParseAuthorizedKey(line)
		if err != nil {
			continue
		}
		entry := AuthorizedKey{key: key, access: otherwise}
		var name []string
		for word := range strings.FieldsSeq(comment) {
			access, ok := strings.CutPrefix(word, accessWord)
			if !ok {
				name = append(name, word)
				continue
			}
			if entry.access, ok = ParseAccess(access); !ok {
				entry.refuse(word + " is not errtop=none, errtop=view or errtop=act")
			}
		}
		if entry.name = harmless(strings.Join(name, " ")); entry.name == "" {
			entry.name = gossh.FingerprintSHA256(key)
		}
		entry.obey(options)
		keys = append(keys, entry)
	}
	return keys
}

// harmlessOptions restrict nothing that a viewer can do.
var harmlessOptions = []string{"no-port-forwarding", "no-agent-forwarding", "no-x11-forwarding", "no-user-rc", "no-touch-required", "pty", "port-forwarding", "agent-forwarding", "x11-forwarding", "user-rc"}

// obey takes the options of a key. One that restricts its key in a way that errtop does not know closes the door to it: a key that may
// only run a backup must not come in here.
func (k *AuthorizedKey) obey(options []string) {
	for _, option := range options {
		name, value, _ := strings.Cut(option, "=")
		value = strings.Trim(value, `"`)
		switch name = strings.ToLower(name); {
		case name == "from":
			k.from = strings.Split(value, ",")
		case name == "expiry-time":
			var ok bool
			if k.expires, ok = expiryTime(value); !ok {
				k.refuse("its expiry-time is not understood")
			}
		case name == "environment", slices.Contains(harmlessOptions, name):
		default:
			k.refuse("it has the option " + safetext.MaskedLine(name, 40) + ", which limits what it is for")
		}
	}
}

func (k *AuthorizedKey) refuse(why string) { k.refused = why }

// expiryTime reads a time as authorized_keys has it: YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, local unless a Z follows.
func expiryTime(text string) (time.Time, bool) {
	zone := time.Local
	text, utc := strings.CutSuffix(text, "Z")
	if utc {
		zone = time.UTC
	}
	for _, layout := range []string{"20060102", "200601021504", "20060102150405"} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil && len(text) == len(layout) {
			return at, true
		}
	}
	return time.Time{}, false
}

// refusal returns why nobody may come in with a key from an address now, or "".
func (k *AuthorizedKey) refusal(from netip.Addr, now time.Time) string {
	switch {
	case k.refused != "":
		return k.refused
	case k.access == NoAccess:
		return "its access is none"
	case !k.expires.IsZero() && !now.Before(k.expires):
		return "it has expired"
	case k.from != nil && !fromAllowed(k.from, from):
		return "it may not come from there"
	default:
		return ""
	}
}

// fromAllowed reports whether an address is in a list of patterns, networks and addresses; one with an exclamation mark before it
// excludes. Names of hosts match nothing: nobody is asked for them.
func fromAllowed(patterns []string, from netip.Addr) bool {
	from, allowed := from.Unmap(), false
	for _, pattern := range patterns {
		pattern, excludes := strings.CutPrefix(strings.TrimSpace(pattern), "!")
		matches, _ := path.Match(pattern, from.String())
		if network, err := netip.ParsePrefix(pattern); err == nil {
			matches = network.Contains(from)
		}
		if matches && excludes {
			return false
		}
		allowed = allowed || matches
	}
	return allowed
}

// keysKept is how long keys that were read are used for further logins.
const keysKept = 2 * time.Second

// Keys are who may come in: the lines of an authorized_keys file, from the file or from a command that prints them.
type Keys struct {
	// Read returns the lines. It is called at most every 2 s, and its context ends after 5 s.
	Read func(ctx context.Context) ([]byte, error)
	// Access is that of keys whose comment holds no "errtop=act", "errtop=view" or "errtop=none".
	Access Access

	mu   sync.Mutex
	kept []AuthorizedKey
	err  error
	at   time.Time
}

var errUnknownKey = errors.New("the key is not among the authorized keys")

// find returns the entry of a key that may come in from an address now. The error says why it may not.
func (k *Keys) find(ctx context.Context, key gossh.PublicKey, from netip.Addr, now time.Time) (*AuthorizedKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.at.IsZero() || now.Sub(k.at).Abs() >= keysKept {
		ctx, cancel := context.WithTimeout(ctx, controlTimeout)
		defer cancel()
		var text []byte
		if text, k.err = k.Read(ctx); k.err == nil {
			k.kept = parseKeys(text, k.Access)
		}
		k.at = now
	}
	if k.err != nil {
		return nil, k.err
	}
	err := errUnknownKey
	for i := range k.kept {
		entry := &k.kept[i]
		if !bytes.Equal(entry.key.Marshal(), key.Marshal()) {
			continue
		}
		why := entry.refusal(from, now)
		if why == "" {
			return entry, nil
		}
		err = fmt.Errorf("the key %s is not let in: %s", entry.name, why)
	}
	return nil, err
}
