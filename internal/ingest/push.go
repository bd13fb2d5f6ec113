package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/klauspost/compress/gzip"

	"errtop/internal/logline"
	"errtop/tracker"
)

// pushAnswer is what a push is answered with.
type pushAnswer struct {
	Accepted   uint64        `json:"accepted"`
	Unreadable uint64        `json:"unreadable"`
	Problems   []pushProblem `json:"problems,omitempty"` // the last ten
	Error      string        `json:"error,omitempty"`
}

// pushProblem says what was wrong with a line or an array's element.
type pushProblem struct {
	Number uint64 `json:"number"` // from 1
	Reason string `json:"reason"`
}

// take reads a push and hands on its results.
func (h *pushHandler) take(w http.ResponseWriter, r *http.Request) {
	body, status, err := pushBody(w, r)
	if err != nil {
		refuse(w, status, err.Error())
		return
	}
	lines, err := pushLines(body)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	answer := h.record(lines)
	if answer.Accepted == 0 && answer.Unreadable > 0 {
		answer.Error = "no line is a result"
		reply(w, http.StatusUnprocessableEntity, answer)
		return
	}
	reply(w, http.StatusOK, answer)
}

// record hands the results of lines to the sink.
func (h *pushHandler) record(lines [][]byte) pushAnswer {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.pump
	before := p.health
	p.health.State, p.health.Problem, p.health.Live = tracker.SourceReading, "", true
	p.health.LastSeen = time.Now()
	for _, line := range lines {
		p.health.BytesRead += int64(len(line))
		p.line(line, len(line) > logline.MaxLine)
	}
	p.flush()
	answer := pushAnswer{Accepted: p.health.Results - before.Results, Unreadable: p.health.Unreadable - before.Unreadable}
	for _, sample := range p.health.Samples {
		if sample.Number > before.Lines {
			answer.Problems = append(answer.Problems, pushProblem{sample.Number - before.Lines, sample.Reason})
		}
	}
	return answer
}

// pushBody reads the body, at most maxPush bytes of it before and after decompression.
func pushBody(w http.ResponseWriter, r *http.Request) (body []byte, status int, err error) {
	limited := http.MaxBytesReader(w, r.Body, maxPush)
	var in io.Reader = limited
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(limited)
		if err != nil {
			return nil, pushStatus(err), fmt.Errorf("body: %w", err)
		}
		defer z.Close() //nolint:errcheck // only read from
		in = io.LimitReader(z, maxPush+1)
	default:
		return nil, http.StatusUnsupportedMediaType, errors.New("content encoding is not gzip")
	}
	body, err = io.ReadAll(in)
	if err != nil {
		return nil, pushStatus(err), fmt.Errorf("body: %w", err)
	}
	if len(body) > maxPush {
		return nil, http.StatusRequestEntityTooLarge, errors.New("body: larger than 8 MiB")
	}
	return body, 0, nil
}

// pushStatus returns the status that answers an error while reading the body.
func pushStatus(err error) int {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
}

// pushLines cuts a body into lines, or into the elements of the array that it is.
func pushLines(body []byte) ([][]byte, error) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 || body[0] != '[' {
		return bytes.Split(body, []byte{'\n'}), nil
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(body, &elements); err != nil {
		return nil, fmt.Errorf("body: no JSON array: %w", err)
	}
	lines := make([][]byte, len(elements))
	for i, e := range elements {
		lines[i] = e
	}
	return lines, nil
}

// refuse answers with an error and closes the connection, so that nothing more of the body is read.
func refuse(w http.ResponseWriter, status int, reason string) {
	w.Header().Set("Connection", "close")
	reply(w, status, pushAnswer{Error: reason})
}

// reply answers with JSON.
func reply(w http.ResponseWriter, status int, answer pushAnswer) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // whoever pushed may be gone
}
