package fleet

import (
	"fmt"
	"strconv"
	"strings"
)

// Subjects are errtop.v1.TEAM.AGENT.KIND, and for a sum two tokens more: the hour and the run that counted it, and the number of the
// piece. A later version of the format takes another token for v1.
const (
	prefix = "errtop.v1."

	kindSum   = "sum"   // all that was counted in an hour: HOUR.RUN.PIECE behind it; kept in the stream
	kindState = "state" // who is there: every few seconds, kept in the stream
	kindErr   = "err"   // failures since the last sum, while somebody looks
	kindLive  = "live"  // everything else since then
)

// StreamOf returns the name of a team's stream.
func StreamOf(team string) string { return "ERRTOP_" + strings.ToUpper(token(team)) }

// streamSubjects returns what a team's stream keeps.
func streamSubjects(team string) []string {
	return []string{prefix + token(team) + ".*." + kindSum + ".>", prefix + token(team) + ".*." + kindState}
}

func subjectOf(team, agent, kind string) string {
	return prefix + token(team) + "." + token(agent) + "." + kind
}

// token returns a name as one token of a subject: letters, digits and - stay, every other byte is _ and two hexadecimal digits.
func token(name string) string {
	var b strings.Builder
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "_%02x", c)
		}
	}
	if b.Len() == 0 {
		return "_"
	}
	return b.String()
}

// address is what a subject says: who published what. Servers let an agent publish under its own name only, so it can be relied on
// where what is within a message cannot.
type address struct {
	agent string // as a token
	kind  string
	hour  int64 // since 1970
	run   string
	piece int
	delta bool // it is packed against the piece of the same number
}

// parse returns what a subject of a team says.
func parse(team, subject string) (a address, ok bool) {
	rest, ok := strings.CutPrefix(subject, prefix+token(team)+".")
	if !ok {
		return a, false
	}
	tokens := strings.Split(rest, ".")
	if len(tokens) < 2 || len(tokens[0]) > maxName*3 {
		return a, false
	}
	a.agent, a.kind = tokens[0], tokens[1]
	if a.kind != kindSum {
		return a, len(tokens) == 2
	}
	if len(tokens) != 5 || len(tokens[3]) > 16 {
		return a, false
	}
	var err, err2 error
	a.hour, err = strconv.ParseInt(tokens[2], 10, 64)
	a.run = tokens[3]
	number, delta := strings.CutSuffix(tokens[4], "d")
	a.delta = delta
	a.piece, err2 = strconv.Atoi(number)
	return a, err == nil && err2 == nil && a.piece >= 0 && a.piece < maxPieces
}
