package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"errtop/internal/logline"
	"errtop/tracker"
)

// Marks tell what was done: a deploy, a rollback, a change of settings. They come by POST /v1/marks, and as lines of a JSON log
// that have an event instead of a request.
const (
	marksPath    = "/v1/marks"
	maxMarkLine  = 16 << 10 // bytes of one mark
	maxPushMarks = 200      // of a push: as many as are kept
	maxMarkText  = 200
)

// takeMarks reads a push of marks, one a line or a JSON array, and hands them on: all or none.
func (h *pushHandler) takeMarks(w http.ResponseWriter, r *http.Request) {
	if h.pump.sink.Mark == nil {
		refuse(w, http.StatusNotFound, "marks are not taken here")
		return
	}
	h.withBody(w, r, refuse, func(body *pushBody, zipped bool) error {
		marks, answer, err := readMarks(body, zipped)
		if err != nil {
			return err
		}
		if answer.Unreadable > 0 {
			answer.Error = "nothing was taken: a line is not a mark"
			reply(w, http.StatusUnprocessableEntity, answer)
			return nil
		}
		for _, mark := range marks {
			h.pump.sink.Mark(mark)
		}
		answer.Accepted = uint64(len(marks))
		reply(w, http.StatusOK, answer)
		return nil
	})
}

// readMarks reads the marks of a body, and says of the first ten lines that are none what is wrong.
func readMarks(body *pushBody, zipped bool) (marks []tracker.Mark, answer pushAnswer, err error) {
	number := uint64(0)
	err = eachLine(body, zipped, func(text []byte, tooLong bool) error {
		number++
		if text = bytes.TrimSpace(text); len(text) == 0 {
			return nil
		}
		if len(marks) == maxPushMarks || number > maxPushLines {
			return &pushError{http.StatusRequestEntityTooLarge, fmt.Errorf("body: more than %d marks", maxPushMarks)}
		}
		mark, wrong := readMark(text, tooLong)
		if wrong == nil {
			marks = append(marks, mark)
			return nil
		}
		if answer.Unreadable++; answer.Unreadable <= logline.MaxSamples {
			answer.Problems = append(answer.Problems, pushProblem{number, logline.SafeLine([]byte(wrong.Error()), maxMarkText)})
		}
		return nil
	})
	return marks, answer, err
}

// readMark reads one mark: {"text": …, "target": …, "version": …, "at": RFC 3339}; text or event is required.
func readMark(text []byte, tooLong bool) (tracker.Mark, error) {
	if tooLong || len(text) > maxMarkLine {
		return tracker.Mark{}, errors.New("longer than 16 KiB")
	}
	var m struct {
		Text    string    `json:"text"`
		Event   string    `json:"event"`
		Target  string    `json:"target"`
		Version string    `json:"version"`
		At      time.Time `json:"at"`
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		return tracker.Mark{}, fmt.Errorf("expected {\"text\": …, \"target\": …, \"version\": …, \"at\": RFC 3339}: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return tracker.Mark{}, errors.New("something stands behind the mark")
	}
	said := m.Text
	if strings.TrimSpace(said) == "" {
		said = m.Event
	}
	if strings.TrimSpace(said) == "" {
		return tracker.Mark{}, errors.New("a mark needs a text: what was done")
	}
	return newMark(m.At, said, m.Target, m.Version, "push"), nil
}

// newMark returns a mark whose texts are harmless.
func newMark(at time.Time, text, target, version, source string) tracker.Mark {
	safe := func(s string) string { return logline.SafeLine([]byte(s), maxMarkText) }
	return tracker.Mark{At: at, Text: safe(text), Target: safe(target), Version: safe(version), Source: source}
}

// eventLine is a line of a JSON log that tells an event. Keys as the common writers have them.
type eventLine struct {
	Event    string          `json:"event"`
	Message  string          `json:"message"`
	Msg      string          `json:"msg"`
	Text     string          `json:"text"`
	Target   string          `json:"target"`
	Service  string          `json:"service"`
	App      string          `json:"app"`
	Version  json.RawMessage `json:"version"`
	Release  json.RawMessage `json:"release"`
	Time     json.RawMessage `json:"time"`
	TS       json.RawMessage `json:"ts"`
	Stamp    json.RawMessage `json:"timestamp"`
	AtStamp  json.RawMessage `json:"@timestamp"`
	At       json.RawMessage `json:"at"`
	Datetime json.RawMessage `json:"datetime"`
}

// eventMark returns the mark that a line tells which is not a request's: a JSON object whose event is a deploy or the like. What other
// programs call an event, such as every line of some loggers, is none.
func eventMark(line []byte, source string) (tracker.Mark, bool) {
	line = bytes.TrimSpace(logline.TrimStart(line))
	if len(line) == 0 || len(line) > maxMarkLine || line[0] != '{' || !bytes.Contains(line, []byte(`"event"`)) {
		return tracker.Mark{}, false
	}
	var e eventLine
	if json.Unmarshal(line, &e) != nil || e.Event == "" {
		return tracker.Mark{}, false
	}
	target := firstText(e.Target, e.Service, e.App)
	version := firstText(scalar(e.Version), scalar(e.Release))
	if !isChange(e.Event, target != "" || version != "") {
		return tracker.Mark{}, false
	}
	text := e.Event
	if !strings.ContainsAny(text, " \t") { // a name, not a text
		if said := firstText(e.Message, e.Msg, e.Text); said != "" {
			text = said
		} else {
			text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '_' || r == '.' }), " ")
			for _, more := range [...]string{target, version} {
				if more != "" && !strings.Contains(text, more) {
					text += " " + more
				}
			}
		}
	}
	at := time.Time{}
	for _, raw := range [...]json.RawMessage{e.Time, e.TS, e.AtStamp, e.Stamp, e.At, e.Datetime} {
		if at = momentOf(scalar(raw)); !at.IsZero() {
			break
		}
	}
	return newMark(at, text, target, version, source), true
}

func firstText(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// scalar returns a JSON string or number as text, "" for anything else.
func scalar(raw json.RawMessage) string {
	var text string
	var number json.Number
	switch {
	case json.Unmarshal(raw, &text) == nil:
		return text
	case json.Unmarshal(raw, &number) == nil:
		return number.String()
	}
	return ""
}

// momentOf reads RFC 3339, with or without "T", or seconds, milliseconds, microseconds or nanoseconds since 1970; the zero time for
// anything else.
func momentOf(text string) time.Time {
	for _, layout := range [...]string{time.RFC3339Nano, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		if at, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return at
		}
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n < 1e8 || n > 1e19 {
		return time.Time{}
	}
	for n > 1e11 {
		n /= 1000
	}
	return time.UnixMilli(int64(n * 1000))
}

// isChange reports whether an event is a change that may explain what happens after it. Words that other events have too count only
// where the line names what was changed.
func isChange(event string, named bool) bool {
	words := strings.FieldsFunc(strings.ToLower(event), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	for i, word := range words {
		switch {
		case strings.HasPrefix(word, "deploy"), strings.HasPrefix(word, "redeploy"), strings.HasPrefix(word, "rollback"), strings.HasPrefix(word, "rollout"),
			strings.HasPrefix(word, "failover"), (word == "rolled" || word == "roll") && i+1 < len(words) && (words[i+1] == "back" || words[i+1] == "out"):
			return true
		case !named:
		case word == "release", word == "released", word == "restart", word == "restarted", word == "migration", word == "migrated", word == "maintenance",
			strings.HasPrefix(word, "upgrade"), strings.HasPrefix(word, "config"), word == "flag", word == "scaled", word == "mark":
			return true
		}
	}
	return false
}
