package ingest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"errtop/internal/logline"
	"errtop/tracker"
)

const (
	maxPush      = 8 << 20          // bytes of a push, before and after decompression
	maxPushLines = 250_000          // of a push; results in 8 MiB are rarely more than 100,000
	pushTime     = 30 * time.Second // for all of a body
	pushGrace    = 2 * time.Second  // before a body must have come at pushRate
	pushRate     = 8 << 10          // bytes a second that a body comes at least with
)

// pushAnswer is what a push is answered with.
type pushAnswer struct {
	Accepted   uint64        `json:"accepted"`
	Unreadable uint64        `json:"unreadable"`
	Marks      uint64        `json:"marks,omitempty"`    // lines that told an event such as a deploy
	Problems   []pushProblem `json:"problems,omitempty"` // the last ten
	Error      string        `json:"error,omitempty"`
}

// pushProblem says what was wrong with a line or an array's element.
type pushProblem struct {
	Number uint64 `json:"number"` // from 1
	Reason string `json:"reason"`
}

// pushError is a push that is refused.
type pushError struct {
	status int
	err    error
}

func (e *pushError) Error() string { return e.err.Error() }

func (e *pushError) Unwrap() error { return e.err }

// take reads a push and hands on its results.
func (h *pushHandler) take(w http.ResponseWriter, r *http.Request) {
	h.withBody(w, r, refuse, func(body *pushBody, zipped bool) error {
		answer, err := h.record(body, zipped)
		switch {
		case err != nil:
			return err
		case answer.Accepted+answer.Marks == 0 && answer.Unreadable > 0:
			answer.Error = "no line is a result"
			reply(w, http.StatusUnprocessableEntity, answer)
		default:
			reply(w, http.StatusOK, answer)
		}
		return nil
	})
}

// refuser answers a push with a status and the reason, and closes the connection, so that nothing more of its body is read.
type refuser func(w http.ResponseWriter, status int, reason string)

// withBody receives a body, waits for its turn and calls use, whose error refuses the push.
func (h *pushHandler) withBody(w http.ResponseWriter, r *http.Request, refuse refuser, use func(body *pushBody, zipped bool) error) {
	encoding := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))) // RFC 9110, section 8.4.1: in any case
	if encoding != "" && encoding != "identity" && encoding != "gzip" {
		refuse(w, http.StatusUnsupportedMediaType, "content encoding is not gzip")
		return
	}
	if r.ContentLength > maxPush {
		refuse(w, http.StatusRequestEntityTooLarge, "the body is larger than 8 MiB") // before any of it is read
		return
	}
	control := http.NewResponseController(w)
	body := &pushBody{peer: peerOf(r), length: r.ContentLength, evict: func() { _ = control.SetReadDeadline(time.Unix(1, 0)) }}
	if err := h.reception.waitForPlace(r.Context(), body); err != nil {
		refuseError(w, err, refuse)
		return
	}
	defer h.reception.leave(body)
	if err := h.receive(w, r, body, control); err != nil {
		refuseError(w, err, refuse)
		return
	}
	h.turns.take(body.size, time.Now())
	defer func() { h.turns.done(time.Now()) }()
	_ = control.SetWriteDeadline(time.Now().Add(pushTime)) // it may have waited
	if err := use(body, encoding == "gzip"); err != nil {
		refuseError(w, err, refuse)
	}
}

// peerOf returns the address a request comes from, without its port.
func peerOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// receive reads a body into chunks.
func (h *pushHandler) receive(w http.ResponseWriter, r *http.Request, body *pushBody, control *http.ResponseController) error {
	limited := http.MaxBytesReader(w, r.Body, maxPush)
	began, waited := time.Now(), time.Duration(0)
	for {
		before := time.Now()
		chunk, err := h.reception.grow(r.Context(), body)
		if err != nil {
			return err
		}
		waited += time.Since(before)
		body.chunks = append(body.chunks, chunk)
		for err == nil && len(chunk) < pushChunk {
			allowed := min(pushGrace+time.Second*time.Duration(body.size)/pushRate, pushTime)
			_ = control.SetReadDeadline(began.Add(waited + allowed))
			var n int
			n, err = limited.Read(chunk[len(chunk):pushChunk])
			chunk, body.size = chunk[:len(chunk)+n], body.size+n
		}
		body.chunks[len(body.chunks)-1] = chunk
		switch {
		case errors.Is(err, io.EOF):
			_ = control.SetReadDeadline(time.Time{}) // net/http watches the connection meanwhile
			return h.reception.finish(body)
		case errors.Is(err, os.ErrDeadlineExceeded):
			if evicted := h.reception.finish(body); evicted != nil {
				return evicted
			}
			return &pushError{http.StatusRequestTimeout, errors.New("the body came too slowly")}
		case err != nil:
			return bodyError(err)
		}
	}
}

// bodyError returns an error in a body with the status that answers it.
func bodyError(err error) error {
	status := http.StatusBadRequest
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		status = http.StatusRequestEntityTooLarge
	}
	return &pushError{status, fmt.Errorf("body: %w", err)}
}

// content returns a body, unpacked, from its start. Beyond maxPush it is errTooLarge.
func (b *pushBody) content(zipped bool) (io.Reader, error) {
	pieces := make([]io.Reader, len(b.chunks))
	for i, chunk := range b.chunks {
		pieces[i] = bytes.NewReader(chunk)
	}
	all := io.MultiReader(pieces...)
	if !zipped {
		return all, nil
	}
	z, err := gzip.NewReader(all)
	if err != nil {
		return nil, bodyError(err)
	}
	return &capped{r: z, left: maxPush}, nil
}

// errTooLarge is what a body ends with that is unpacked to more than is taken.
var errTooLarge = &pushError{http.StatusRequestEntityTooLarge, errors.New("body: larger than 8 MiB")}

// capped reads at most so many bytes.
type capped struct {
	r    io.Reader
	left int
}

func (c *capped) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	if c.left -= n; c.left < 0 {
		return 0, errTooLarge
	}
	return n, err //nolint:wrapcheck // the caller names it
}

// record hands the results in a body to the sink, all or none: what is wrong with the body as a whole is found first.
func (h *pushHandler) record(body *pushBody, zipped bool) (pushAnswer, error) {
	lines := 0
	err := eachLine(body, zipped, func([]byte, bool) error {
		if lines++; lines > maxPushLines {
			return &pushError{http.StatusRequestEntityTooLarge, fmt.Errorf("body: more than %d lines", maxPushLines)}
		}
		return nil
	})
	if err != nil {
		return pushAnswer{}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.pump
	before, marks := p.health, p.marks
	p.health.State, p.health.Problem, p.health.Live = tracker.SourceReading, "", true
	p.health.LastSeen = time.Now()
	err = eachLine(body, zipped, func(line []byte, tooLong bool) error {
		p.health.BytesRead += int64(len(line))
		p.line(line, tooLong)
		return nil
	})
	p.flush()
	answer := pushAnswer{Accepted: p.health.Results - before.Results, Unreadable: p.health.Unreadable - before.Unreadable, Marks: p.marks - marks}
	for _, sample := range p.health.Samples {
		if sample.Number > before.Lines {
			answer.Problems = append(answer.Problems, pushProblem{sample.Number - before.Lines, sample.Reason})
		}
	}
	return answer, err
}

// eachLine calls line for each line of a body, or each element where the body is a JSON array, until it returns an error.
func eachLine(body *pushBody, zipped bool, line func(text []byte, tooLong bool) error) error {
	content, err := body.content(zipped)
	if err != nil {
		return err
	}
	buffered := bufio.NewReaderSize(content, pushChunk)
	first, err := firstByte(buffered)
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return namedBodyError(err)
	case first == '[':
		return eachElement(buffered, line)
	}
	var lines splitter
	var wrong error
	each := func(text []byte, tooLong bool) {
		if wrong == nil {
			wrong = line(text, tooLong)
		}
	}
	buffer := make([]byte, pushChunk)
	for wrong == nil {
		n, err := buffered.Read(buffer)
		lines.feed(buffer[:n], each)
		if errors.Is(err, io.EOF) {
			lines.end(each)
			break
		}
		if err != nil {
			return namedBodyError(err)
		}
	}
	return wrong
}

// firstByte returns the first byte that is not white space, without consuming it.
func firstByte(r *bufio.Reader) (byte, error) {
	for {
		b, err := r.ReadByte()
		if err != nil {
			return 0, err //nolint:wrapcheck // named by the caller
		}
		if b != ' ' && b != '\t' && b != '\r' && b != '\n' {
			return b, r.UnreadByte() //nolint:wrapcheck // it was read just now
		}
	}
}

// eachElement calls element for each element of a JSON array.
func eachElement(r io.Reader, element func(text []byte, tooLong bool) error) error {
	ahead := &readAhead{r: r}
	decoder := json.NewDecoder(ahead)
	_, err := decoder.Token() // "["
	var text json.RawMessage
	for err == nil && decoder.More() {
		ahead.taken = decoder.InputOffset()
		if err = decoder.Decode(&text); err == nil {
			if wrong := element(text, len(text) > logline.MaxLine); wrong != nil {
				return wrong
			}
		}
	}
	if err == nil {
		_, err = decoder.Token() // "]"
	}
	if err == nil {
		if _, err = decoder.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = errors.New("something stands behind the array")
		}
	}
	if refused, ok := errors.AsType[*pushError](err); ok {
		return refused
	}
	return &pushError{http.StatusBadRequest, fmt.Errorf("body: not a JSON array: %w", err)}
}

// readAhead bounds how much of one element a JSON decoder reads ahead, which it keeps in memory.
type readAhead struct {
	r           io.Reader
	read, taken int64
}

func (a *readAhead) Read(b []byte) (int, error) {
	if a.read-a.taken > 2*logline.MaxLine {
		return 0, &pushError{http.StatusRequestEntityTooLarge, errors.New("body: an element of the array is longer than 1 MiB")}
	}
	n, err := a.r.Read(b)
	a.read += int64(n)
	return n, err //nolint:wrapcheck // the caller names it
}

// namedBodyError returns an error that came while a body was unpacked as one of the body.
func namedBodyError(err error) error {
	if refused, ok := errors.AsType[*pushError](err); ok {
		return refused
	}
	return bodyError(err)
}

// refuseError answers with an error and its status.
func refuseError(w http.ResponseWriter, err error, refuse refuser) {
	status := http.StatusBadRequest
	switch refused, ok := errors.AsType[*pushError](err); {
	case ok:
		status = refused.status
	case errors.Is(err, errBusy), errors.Is(err, errEvicted), errors.Is(err, context.Canceled):
		w.Header().Set("Retry-After", "1")
		status = http.StatusServiceUnavailable
	}
	refuse(w, status, err.Error())
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
	_ = json.NewEncoder(w).Encode(answer) // the client may be gone
}
