package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"errtop/internal/safetext"
)

// Fleet is how this errtop takes part in a fleet: with targets or sources it publishes what it counts, without them it shows the sum.
type Fleet struct {
	Servers     []string `toml:"servers,omitempty" shown:"url"`
	Team        string   `toml:"team"`
	Place       string   `toml:"place,omitempty"`       // where this machine is
	Name        string   `toml:"name,omitempty"`        // of this machine; default its host name
	Credentials string   `toml:"credentials,omitempty"` // file: a JWT with its seed, or the seed of an NKey
	Token       Secret   `toml:"token,omitempty"`
	CA          string   `toml:"ca,omitempty"` // PEM files
	Cert        string   `toml:"cert,omitempty"`
	Key         string   `toml:"key,omitempty"`
	Replicas    int      `toml:"replicas"` // of the stream, where errtop has to make it
	MaxAge      Duration `toml:"max_age"`
	MaxMB       int      `toml:"max_mb"`
}

func defaultFleet() Fleet {
	return Fleet{Team: "default", Replicas: 1, MaxAge: Duration(26 * time.Hour), MaxMB: 1024}
}

var fleetSchemes = []string{"nats", "tls", "ws", "wss"}

// CheckFleetServer says what is wrong with the address of a server of a fleet.
func CheckFleetServer(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return fmt.Errorf("%q is not an address; expected nats://host:4222 or tls://host:4222", shownURL(address))
	case !slices.Contains(fleetSchemes, u.Scheme):
		return fmt.Errorf("%q has an unknown scheme; expected one of %s", shownURL(address), strings.Join(fleetSchemes, ", "))
	case u.User != nil:
		return fmt.Errorf("%q holds a password or token; expected fleet.token or fleet.credentials instead", shownURL(address))
	}
	return nil
}

// checkFleet checks [fleet] as far as that takes no more than the file.
func (r *reader) checkFleet(f *Fleet) {
	for i, server := range f.Servers {
		if err := CheckFleetServer(server); err != nil {
			at := fmt.Sprintf("fleet.servers[%d]", i)
			if r.written[at] == "" {
				r.fault(at, "%v", err)
			} else {
				r.fault(at, "%q is not an address; expected nats://host:4222 or tls://host:4222, without a password", r.shownURL(at, server))
			}
		}
	}
	f.Team, f.Place, f.Name = safetext.Line(f.Team), safetext.Line(f.Place), safetext.Line(f.Name)
	for path, text := range map[string]string{"fleet.team": f.Team, "fleet.place": f.Place, "fleet.name": f.Name} {
		const most = 64
		if len(text) > most {
			r.fault(path, "%d bytes; expected at most %d", len(text), most)
		}
	}
	if f.Team == "" {
		r.fault("fleet.team", "is empty; expected a name such as \"shop\"")
	}
	for _, file := range []*string{&f.Credentials, &f.CA, &f.Cert, &f.Key} {
		if *file != "" {
			*file = r.path(*file)
		}
	}
	if (f.Cert == "") != (f.Key == "") {
		r.fault("fleet", "cert and key belong together; expected both or neither")
	}
	const mostReplicas = 5
	r.upTo("fleet.replicas", f.Replicas, mostReplicas)
	r.lasts("fleet.max_age", f.MaxAge, time.Hour, 30*day)
	r.upTo("fleet.max_mb", f.MaxMB, 1<<20)
}
