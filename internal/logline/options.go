package logline

// Options say how lines are understood. The zero value recognises everything by itself.
type Options struct {
	Format Format            // forced; empty: recognised line by line
	Fields map[string]string // our field name -> the log's key path: {"status": "http.code", "duration_ms": "took"}
	// NoMonitors leaves out the requests of monitors, as health checks of load balancers, by their agents. errtop's own probes are
	// always left out.
	NoMonitors bool
	OwnAgents  []string // what errtop's probes call themselves where that is set: as whole texts
	// Zone is the zone of stamps that name none: "UTC", "Local", "Europe/Berlin", "+02:00". Empty: the machine's own where a log is
	// written in it now, else UTC.
	Zone string
	// Target is the template of the target: "{host}", "{path[0:2]}". Empty: the line's own target field; else the service or
	// upstream cluster that it names; else its host, where that is a name; else of a path with a prefix such as /api or /v1 the first
	// folder after it (/api/v1/flux/dev is "flux"); else the path's first folder, or all of it where it is one word
	// (/login); else "/". What looks made up, a number or an id, is never a target, nor is a file at the root.
	Target string
	// Users says how the names of users in lines are kept; "" is UsersShown.
	Users Users
}

// Users is how the names of users in lines are kept: those of basic auth in access logs, and of JSON and W3C logs.
type Users string

// The ways to keep them.
const (
	UsersShown  Users = "shown"
	UsersHashed Users = "hashed" // as a word that is the same for the same user until errtop ends, and tells nothing else
	UsersHidden Users = "hidden" // as a mask
)

// AllUsers returns the ways to keep the names of users.
func AllUsers() []string {
	return []string{string(UsersShown), string(UsersHashed), string(UsersHidden)}
}
