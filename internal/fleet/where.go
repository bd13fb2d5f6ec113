package fleet

import (
	"fmt"
	"slices"
	"time"

	"errtop/tracker"
)

// affected notes which places have their share in what is wrong: those whose failing share is at least a third of the worst one's, by
// three failures or more. Where one place fails wholly, a few failures elsewhere are not the same trouble.
func affected(places []tracker.Place) {
	share := func(p *tracker.Place) float64 { return p.ErrorRatio() }
	worst := 0.0
	for i := range places {
		worst = max(worst, share(&places[i]))
	}
	if worst == 0 { // it is over, or rests: the last hour tells
		share = func(p *tracker.Place) float64 { return p.Hour.ErrorRatio() }
		for i := range places {
			worst = max(worst, share(&places[i]))
		}
	}
	const few = 3
	for i := range places {
		p := &places[i]
		p.Affected = worst > 0 && p.Hour.Errors >= few && share(p) >= worst/3
	}
}

// where says in which places something is wrong; "" where no place or only one is there to compare.
func where(places []tracker.Place, usualKnown bool, usual float64) string {
	var wrong []string
	for i := range places {
		p := &places[i]
		if p.Affected && (!usualKnown || p.Hour.ErrorRatio() > usual || p.ErrorRatio() > usual) {
			wrong = append(wrong, p.Name)
		}
	}
	return placesInWords(wrong, len(places))
}

// placesInWords says "eu-1 only (1 of 3 places)", "eu-1, us-1 (2 of 3 places)" or "all 3 places".
func placesInWords(wrong []string, all int) string {
	switch {
	case len(wrong) == 0 || all < 2:
		return ""
	case len(wrong) == all:
		return fmt.Sprintf("all %d places", all)
	case len(wrong) == 1:
		return fmt.Sprintf("%s only (1 of %d places)", wrong[0], all)
	default:
		return fmt.Sprintf("%s (%d of %d places)", several(wrong, 3), len(wrong), all)
	}
}

// incidents returns the incidents of a place, "" for all, with the places of their targets. That requests stopped is no incident where
// agents fell silent that counted them. The lock is held.
func (v *Viewer) incidents(list []tracker.Incident, targets []*tracker.Target, place string, now time.Time) []tracker.Incident {
	named := byName(targets)
	out := make([]tracker.Incident, 0, len(list))
	for i := range list {
		in := list[i]
		if in.Signals == tracker.SignalSilence && in.Ongoing() && v.unheard(&in, place, now) {
			continue
		}
		var wrong []string
		all := 0
		for _, part := range in.Targets {
			t := named[part.Name]
			if t == nil {
				continue
			}
			all = max(all, len(t.Places))
			for k := range t.Places {
				if p := &t.Places[k]; p.Affected && !slices.Contains(wrong, p.Name) {
					wrong = append(wrong, p.Name)
				}
			}
		}
		slices.Sort(wrong)
		in.Where = placesInWords(wrong, all)
		out = append(out, in)
	}
	return out
}

// unheard reports whether of every target of an incident an agent in a place, "" for any, is silent.
func (v *Viewer) unheard(in *tracker.Incident, place string, now time.Time) bool {
	for _, part := range in.Targets {
		if !slices.ContainsFunc(v.picture.serves[part.Name], func(id string) bool {
			ag := v.agents[id]
			return ag != nil && (place == "" || ag.placeName() == place) && (ag.left || ag.silence(now) > 0)
		}) {
			return false
		}
	}
	return len(in.Targets) > 0
}
