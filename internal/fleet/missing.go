package fleet

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"errtop/tracker"
)

// skewShown is how far a clock may be off before it is told.
const skewShown = 5 * time.Second

// silence returns for how long an agent that should be there was not heard; 0 where it was.
func (a *agent) silence(now time.Time) time.Duration {
	if d := now.Sub(a.heard); !a.left && d > silentAfter {
		return d
	}
	return 0
}

// sorted returns the agents that should be there, by name. The lock is held.
func (v *Viewer) sorted(now time.Time) []*agent {
	var agents []*agent
	for _, ag := range v.agents {
		if !ag.left && now.Sub(ag.heard) < forgetAfter {
			agents = append(agents, ag)
		}
	}
	slices.SortFunc(agents, func(a, b *agent) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.id, b.id)) })
	return agents
}

// fleet says who is there and who is missing. The lock is held.
func (v *Viewer) fleet(now time.Time) tracker.Fleet {
	agents := v.sorted(now)
	f := tracker.Fleet{Agents: len(agents), Heard: len(agents)}
	places := map[string]bool{}
	var missing, skewed, behind []string
	for _, ag := range agents {
		places[ag.placeName()] = true
		if silent := ag.silence(now); silent > 0 {
			f.Heard--
			missing = append(missing, ag.name+" silent for "+roughly(silent))
		}
		if ag.skewed && ag.skew.Abs() > skewShown {
			skewed = append(skewed, ag.name+" "+direction(ag.skew))
		}
		if ag.waiting > 1 {
			behind = append(behind, fmt.Sprintf("%s has %d hours to send", ag.name, ag.waiting))
		}
	}
	f.Places = slices.Sorted(maps.Keys(places))
	switch {
	case !v.down.IsZero() && now.Sub(v.down) > 2*time.Second:
		f.Note = "no connection to the fleet's servers for " + roughly(now.Sub(v.down)) + ": the picture stands still"
	case len(agents) == 0:
		f.Note = "no agent was heard of yet"
	case len(missing) > 0:
		f.Note = fmt.Sprintf("%d of %d agents, %s", f.Heard, f.Agents, several(missing, 2))
	}
	add := func(what string, list []string) {
		if len(list) > 0 {
			f.Notes = append(f.Notes, what+several(list, 4))
		}
	}
	if !v.complete {
		f.Notes = append(f.Notes, "still reading the older hours")
	}
	add("clocks differ: ", skewed)
	add("", behind)
	if v.late > 0 {
		f.Notes = append(f.Notes, "late results were added to older hours "+times(v.late))
	}
	var refused []string
	for _, id := range slices.Sorted(maps.Keys(v.refused)) {
		refused = append(refused, id+": "+v.refused[id].why)
	}
	add("not counted: ", refused)
	return f
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// several joins the first of a list, and says how many more there are.
func several(list []string, most int) string {
	text := strings.Join(list[:min(len(list), most)], ", ")
	if more := len(list) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// roughly returns a duration as people say it, which does not change every second.
func roughly(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Truncate(10*time.Second).Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	default:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
}

func direction(skew time.Duration) string {
	if skew > 0 {
		return skew.Round(time.Second).String() + " ahead"
	}
	return (-skew).Round(time.Second).String() + " behind"
}

// agentSource begins the name of the source that an agent is shown as.
const agentSource = "agent "

// agentSources shows every agent as a source. The lock is held.
func (v *Viewer) agentSources(now time.Time) []tracker.Source {
	var list []tracker.Source
	for _, ag := range v.sorted(now) {
		source := tracker.Source{
			Name: agentSource + ag.name, Place: ag.placeName(), Format: "agent in " + ag.placeName(), State: tracker.SourceReading, Live: true, LastSeen: ag.heard,
		}
		if silent := ag.silence(now); silent > 0 {
			source.State, source.Problem = tracker.SourceStale, "silent for "+roughly(silent)+": its numbers stand still"
		}
		list = append(list, source)
	}
	return list
}
