package cli

import (
	"net/http"
	"os"
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
		Figures: func() serve.Figures {
			figures := m.engine.Figures()
			if store := &d.options.Store; store.Path != "" {
				figures.StoreBytes, figures.StoreMost = sizeOf(store.Path, store.Path+"-wal"), store.MaxBytes
			}
			return figures
		},
		Viewers: d.looking,
	})
	d.options.Observe, d.options.Doors = m.Observe, map[string]http.Handler{"/metrics": m.Handler()}
	return m
}

// sizeOf returns the size of files in bytes; those that are not there count nothing.
func sizeOf(paths ...string) (size int64) {
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil {
			size += info.Size()
		}
	}
	return size
}
