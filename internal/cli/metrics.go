package cli

import (
	"net/http"
	"time"

	"errtop/internal/engine"
	"errtop/internal/serve"
	"errtop/tracker"
)

// engineMetrics are the metrics of an engine that is made after them. Nobody asks for them before it runs.
type engineMetrics struct {
	*serve.Metrics
	engine *engine.Engine
}

// metrics gives the engine's listeners /metrics. It returns nil where there is no listener to answer it.
func (d *dashboard) metrics() *engineMetrics {
	if len(d.settings.Doors()) == 0 {
		return nil
	}
	m := &engineMetrics{}
	m.Metrics = serve.NewMetrics(serve.MetricsOptions{
		Version:  version(),
		Snapshot: func(now time.Time) *tracker.Snapshot { return m.engine.Snapshot(now) },
		Figures:  func() serve.Figures { return m.engine.Figures() },
		Viewers:  d.looking,
	})
	d.options.Observe, d.options.Doors = m.Observe, map[string]http.Handler{"/metrics": m.Handler()}
	return m
}
