package demo

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// millis is RFC 3339 with milliseconds, as resetAt is written.
const millis = "2006-01-02T15:04:05.000Z07:00"

// problem is an error body of the reference API with its status.
type problem struct {
	status  int
	resetAt time.Time

	Error   string         `json:"error"`
	Message string         `json:"message"`
	Errors  []string       `json:"errors,omitempty"`
	Details map[string]any `json:"details,omitempty"`
	ResetAt string         `json:"resetAt,omitempty"`
}

func invalid(message string, errors []string) *problem {
	return &problem{status: http.StatusBadRequest, Error: "Invalid input", Message: message, Errors: errors}
}

func unauthorized(message string) *problem {
	return &problem{status: http.StatusUnauthorized, Error: "Invalid API key", Message: message}
}

func forbidden(message string, details map[string]any) *problem {
	return &problem{status: http.StatusForbidden, Error: "Access denied", Message: message, Details: details}
}

func noModel(message string) *problem {
	return &problem{status: http.StatusNotFound, Error: "Model not found", Message: message}
}

func limited(limit int, window time.Duration, reset, now time.Time) *problem {
	return &problem{
		status: http.StatusTooManyRequests, resetAt: reset,
		Error:   "Rate limit exceeded",
		Message: fmt.Sprintf("Too many requests. Try again in %d seconds.", seconds(reset.Sub(now))),
		Details: map[string]any{"limit": limit, "window": window.String()},
		ResetAt: reset.UTC().Format(millis),
	}
}

// upstream is a failure of the provider behind the API.
func upstream(status int, provider, message string) *problem {
	kind := http.StatusText(status)
	if status == http.StatusInternalServerError {
		kind = "Generation failed"
	}
	return &problem{status: status, Error: kind, Message: message, Details: map[string]any{"provider": provider}}
}

// seconds rounds up, so that a client that waits that long is not too early.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// write answers with the problem.
func (p *problem) write(w http.ResponseWriter, now time.Time) {
	if !p.resetAt.IsZero() {
		w.Header().Set("Retry-After", strconv.Itoa(seconds(p.resetAt.Sub(now))))
	}
	writeJSON(w, p.status, p)
}

// writeJSON answers with a value. Errors are ignored: the client has gone away.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
