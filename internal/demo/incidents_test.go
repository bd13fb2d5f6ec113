package demo

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"errtop/tracker"
)

// TestTheIncidentsOfTheOpeningAreTold follows the demo, with its history, through the tracker: within a minute the worst
// incident is the outage, each has its cause, and after its end the outage is over.
func TestTheIncidentsOfTheOpeningAreTold(t *testing.T) {
	for seed := uint64(1); seed <= 2; seed++ {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			p, seen := newPipes(), tracker.New(tracker.Settings{})
			demo, err := start(ctx, p, p.dial, Options{
				Seed: seed, Speed: 1, History: time.Hour,
				Emit:   func(batch []tracker.Result) { seen.Record(time.Now(), batch) },
				Health: func(s tracker.Source) { seen.UpdateSource(time.Now(), s) },
				Mark:   func(m tracker.Mark) { seen.AddMark(time.Now(), m) },
			})
			if err != nil {
				t.Fatal(err)
			}
			begun := time.Now()
			told := func(at time.Duration) []tracker.Incident {
				time.Sleep(at - time.Since(begun))
				return seen.Snapshot(time.Now()).Incidents
			}
			fromNow := func(all []tracker.Incident) []tracker.Incident {
				return slices.DeleteFunc(slices.Clone(all), func(in tracker.Incident) bool { return in.Onset.At.Before(begun.Add(-time.Minute)) })
			}
			of := func(all []tracker.Incident, target string) *tracker.Incident {
				for i := range all {
					if slices.ContainsFunc(all[i].Targets, func(in tracker.IncidentTarget) bool { return in.Name == target }) {
						return &all[i]
					}
				}
				t.Fatalf("seed %d, after %v: no incident of %s among %d: %+v", seed, time.Since(begun), target, len(all), seen.Snapshot(time.Now()).Incidents)
				return nil
			}

			if before := told(time.Second); len(before) == 0 || before[0].Ongoing() {
				t.Errorf("seed %d: of the history at least one incident is told, and is over: %+v", seed, before)
			}
			for _, at := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute} {
				worst := fromNow(told(at))[0]
				if worst.Lead().Name != "kling/v2.1" || !worst.Ongoing() || worst.Onset.At.Sub(begun).Abs() > 20*time.Second || worst.Cause.Outcome.Status != 503 {
					t.Errorf("seed %d, after %v: the worst is %s since %v: %v", seed, at, worst.Lead().Name, worst.Onset.At.Sub(begun), worst.Cause)
				}
			}
			all := fromNow(told(3*time.Minute + 30*time.Second)) // the slow burn has become an incident by then
			for target, want := range map[string]string{"veo/3": keyMarketing, "flux/schnell": "catalog-import", "flux/dev": "2.4.0"} {
				in := of(all, target)
				if len(in.Contrasts) == 0 || !strings.HasPrefix(in.Contrasts[0].Value, want) && !strings.HasPrefix(in.Contrasts[0].Value, map[string]string{keyMarketing: "campaigns"}[want]+"/") {
					t.Errorf("seed %d: failing requests for %s have %+v in common, want %s", seed, target, in.Contrasts, want)
				}
			}
			if in := of(all, "flux/dev"); in.Mark == nil || in.Mark.Text != "deploy flux/dev 2.4.0" {
				t.Errorf("seed %d: the burn is not put down to its deploy: %+v", seed, in.Mark)
			}
			over := of(fromNow(told(9*time.Minute)), "kling/v2.1")
			end := script{seed: seed}.incidents(0)[2].end
			if over.Ongoing() || over.End.Sub(begun.Add(end)).Abs() > time.Minute {
				t.Errorf("seed %d: the outage that ended after %v is %v, its end after %v", seed, end, over.State, over.End.Sub(begun))
			}
			cancel()
			if err := demo.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}
