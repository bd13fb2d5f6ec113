package filter

import (
	"fmt"
	"strings"
	"time"

	"errtop/tracker"
)

// Excluder understands the expression by which a source leaves requests out, as agent contains "kube-probe". What it returns reports
// whether it holds for a result, whose client called itself so; it serves several goroutines. An empty expression is nil.
func Excluder(expression string) (func(r *tracker.Result, agent string) bool, error) {
	expression = strings.TrimPrefix(strings.TrimSpace(expression), "=")
	if expression == "" {
		return nil, nil //nolint:nilnil // no expression is not a mistake
	}
	f, err := parseExpression(expression, false)
	if err != nil {
		return nil, fmt.Errorf("exclude: %w", err)
	}
	return func(r *tracker.Result, agent string) bool {
		facts := Facts{
			Target: r.Target, Method: r.Method, Route: r.Route, Origin: r.Origin.String(), Source: r.Source, Error: r.Error, Message: r.Message,
			Agent: agent, Outcome: r.Outcome(), At: r.Time, Latency: r.Latency, Evidence: r.Evidence,
		}
		if r.Labels != nil {
			for _, l := range *r.Labels {
				switch l.Name {
				case "host":
					facts.Host = l.Value
				case "upstream":
					facts.Upstream = l.Value
				}
			}
		}
		return f.Match(&facts, time.Time{})
	}, nil
}
