package tracker_test

import (
	"fmt"
	"time"

	"errtop/tracker"
)

// Results come in, as batches; a snapshot says what they add up to.
func Example() {
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	errors := tracker.New(tracker.Settings{})
	for i := range 60 {
		now = now.Add(time.Second)
		r := tracker.Result{Time: now, Target: "kling", Method: "POST", Route: "/api/v1/kling/video", Status: 200, Latency: 800 * time.Millisecond}
		if i >= 40 {
			r.Status, r.Kind = 429, tracker.KindRateLimited
			r.Message = fmt.Sprintf("Too many requests. Try again in %d seconds", 60-i)
		}
		errors.Record(now, []tracker.Result{r})
	}

	s := errors.Snapshot(now)
	kling := s.Targets[0]
	fmt.Println(kling.Name, kling.State, "since", kling.Since.Format(time.TimeOnly))
	fmt.Println(kling.Reason)
	fmt.Println(kling.Cause.Count, "×", kling.Cause.Message)
	fmt.Printf("%.1f %% of %d requests failed in the last hour\n", 100*s.Overall.Hour.ErrorRatio(), s.Overall.Hour.Requests)
	// Output:
	// kling throttled since 12:00:49
	// 33 % of 60 requests failed in 5 min, all answered 429
	// 20 × Too many requests. Try again in {n} seconds
	// 33.3 % of 60 requests failed in the last hour
}

// A gate breaker is asked before a request and told its outcome after it.
func ExampleGate() {
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	errors := tracker.New(tracker.Settings{BreakerThreshold: 2})
	gate := errors.Gate("veo")
	for range 4 {
		generation, ok := gate.Allow(now)
		if !ok {
			fmt.Println("not sent")
			continue
		}
		gate.Observe(generation, &tracker.Result{Target: "veo", Kind: tracker.KindTimeout, Origin: tracker.OriginProbe}, now)
	}
	breaker := errors.Snapshot(now).Targets[0].Breakers[0]
	fmt.Println(breaker.State, "because of", breaker.Transitions[0].Why)
	// Output:
	// not sent
	// not sent
	// OPEN because of 2 failures in a row
}
