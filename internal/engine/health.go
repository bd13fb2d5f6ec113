package engine

import (
	"io"
	"net/http"
	"time"
)

// healthy answers whether the engine works: a tracker that hangs does not answer.
func (e *Engine) healthy(w http.ResponseWriter, _ *http.Request) {
	e.Snapshot(time.Now())
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "ok\n") // the client may be gone
}

// ready answers whether the engine watches: not before its secrets are there. Its listeners open only then, so that whoever gets an
// answer gets this one.
func (e *Engine) ready(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	select {
	case <-e.resolved:
		_, _ = io.WriteString(w, "ready\n") // the client may be gone
	default:
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, "secrets are not there yet\n")
	}
}
