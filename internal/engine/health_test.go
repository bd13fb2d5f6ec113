package engine

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestHealthAndReadiness(t *testing.T) {
	e := newEngine(t)
	ask := func(door http.HandlerFunc) int {
		w := httptest.NewRecorder()
		door(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
		return w.Code
	}
	if got := ask(e.healthy); got != http.StatusOK {
		t.Errorf("healthy: %d", got)
	}
	if got := ask(e.ready); got != http.StatusServiceUnavailable {
		t.Errorf("ready before the secrets are there: %d", got)
	}
	close(e.resolved)
	if got := ask(e.ready); got != http.StatusOK {
		t.Errorf("ready: %d", got)
	}
}
